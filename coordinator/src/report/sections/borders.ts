import * as Plot from '@observablehq/plot';
import { count } from '../../cli/format.ts';
import {
  type BorderMeasure,
  borderMeasures,
  borderProfile,
  borderVerdict,
  checkBorders,
  NEAR_UM,
  signedPercent,
} from '../border-check.ts';
import { type Html, html } from '../html.ts';
import { dataTable, figure, figures, type Section } from '../parts.ts';
import { COLOURS, draw } from '../plot.ts';
import type { CellColumns, ReportedSlide } from '../slide.ts';

/** Are cells near borders between tiles like the others? */
export function bordersSection({ cells, stored, run }: ReportedSlide): Section {
  const title = 'Borders between tiles';
  const id = 'borders';
  if (stored.plan.tiles.length < 2)
    return { id, title, body: html`<p>The slide was one tile: there is no border to check.</p>` };
  const measures = checkBorders(cells);
  if (measures.length === 0) {
    const near = cells.borderUm.filter((distance) => distance < NEAR_UM).length;
    return {
      id,
      title,
      body: html`<p>Too few cells to compare: ${count(near)} nearer than ${NEAR_UM} µm to a border between tiles, ${count(cells.id.length - near)} others.</p>`,
    };
  }
  const settled =
    run === null || run.border.units === 0
      ? null
      : html` The border round sampled ${count(run.border.units)} strips again in ${count(run.border.phases)} phases.`;
  return {
    id,
    title,
    body: html`<p class="verdict">${borderVerdict(measures)}</p>${comparison(measures)}${figures(
      3,
      borderMeasures(cells).map(({ name, unit, values }) => profile(cells, name, unit, values)),
    )}<p class="small">Medians with 95 % intervals from order statistics; cells are taken as independent, which makes intervals on patterned tissue somewhat too narrow. A difference counts when its interval leaves out zero and it is above 5 %.${settled}</p>`,
  };
}

function comparison(measures: readonly BorderMeasure[]): Html {
  return dataTable(
    ['Median', `nearer than ${NEAR_UM} µm`, 'others', 'difference', '95 % interval', ''],
    measures.map(({ name, unit, near, inner, difference, low, high, verdict }) => [
      unit === '' ? name : `${name} (${unit})`,
      `${short(near.median)} (${count(near.n)} cells)`,
      `${short(inner.median)} (${count(inner.n)} cells)`,
      signedPercent(difference),
      `${signedPercent(low)} to ${signedPercent(high)}`,
      html`<span class="mark ${verdict}">${VERDICTS[verdict]}</span>`,
    ]),
  );
}

const VERDICTS = { same: 'no difference', different: 'differs', unclear: 'too few cells' } as const;

function profile(cells: CellColumns, name: string, unit: string, values: Float64Array): Html | null {
  const steps = borderProfile(cells, values);
  if (steps.length < 2) return null;
  const label = unit === '' ? name : `${name} (${unit})`;
  const top = steps.reduce((most, { high }) => Math.max(most, high), 0);
  const middle = (step: { fromUm: number; toUm: number }): number => (step.fromUm + step.toUm) / 2;
  return figure(
    `Median ${name} by distance to the border.`,
    draw({
      describe: `Median ${name} of cells by distance to the nearest border between tiles`,
      width: 380,
      height: 220,
      x: { label: 'Distance to the border (µm)', domain: [0, 100] },
      y: { label: `Median ${label}`, domain: [0, top * 1.1], grid: true },
      marks: [
        Plot.ruleX([NEAR_UM], { stroke: COLOURS.muted, strokeDasharray: '2,3' }),
        Plot.areaY(steps, { x: middle, y1: 'low', y2: 'high', fill: COLOURS.accent, fillOpacity: 0.18 }),
        Plot.lineY(steps, { x: middle, y: 'median', stroke: COLOURS.accent, strokeWidth: 1.5 }),
        Plot.dot(steps, {
          x: middle,
          y: 'median',
          r: 3,
          fill: COLOURS.accent,
          title: (step) =>
            `${step.fromUm} to ${step.toUm} µm: ${short(step.median)} (${short(step.low)} to ${short(step.high)}), ${count(step.n)} cells`,
        }),
      ],
    }),
  );
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
