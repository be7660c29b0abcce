import * as Plot from '@observablehq/plot';
import { count } from '../../../cli/format.ts';
import { html } from '../../html.ts';
import { colourKey, dataTable, figure, figures, type Section } from '../../parts.ts';
import { COLOURS, draw } from '../../plot.ts';
import { resultColour } from '../colours.ts';
import type { JudgedInput } from '../judged.ts';
import { shownScores } from '../shown-scores.ts';

/** The same scores near tile borders and away from them, for results that were made in tiles. */
export function bordersSection(results: readonly JudgedInput[]): Section | null {
  const tiled = results.flatMap(({ name, evaluation }, nth) =>
    evaluation.border === null ? [] : [{ name, nth, border: evaluation.border }],
  );
  if (tiled.length === 0) return null;
  const [{ border }] = tiled;
  return {
    id: 'borders',
    title: 'Near tile borders',
    body: html`<p>Within ${border.bandUm} µm of a border between tiles (${border.within.trueCells} cells) and away from it (${border.away.trueCells} cells). Only results that name their tiles are shown; a method whose tiles leave no seam has both marks in one place.</p>
${dataTable(
  ['', 'near: transcripts once', 'missing', 'twice', 'away: transcripts once', 'missing', 'twice'],
  tiled.map(({ name, border: { conservation } }) => [
    name,
    ...[conservation.within, conservation.away].flatMap(({ passed, once, missing, duplicated }) => [
      `${count(once)} of ${count(passed)}`,
      count(missing),
      count(duplicated),
    ]),
  ]),
)}
${figures(2, tiled.map(borderFigure))}`,
  };
}

function borderFigure({
  name,
  nth,
  border,
}: {
  name: string;
  nth: number;
  border: NonNullable<JudgedInput['evaluation']['border']>;
}) {
  const { within, away } = border;
  const rows = shownScores([within, away]).flatMap(({ name: score, label, better }) => {
    const [near, far] = [within[score], away[score]];
    return better === null || near === null || far === null ? [] : [{ label, near, far }];
  });
  const colour = resultColour(nth);
  return figure(
    `${name}.`,
    html`${draw({
      describe: `Scores of ${name} near tile borders and away from them`,
      width: 560,
      height: 50 + 22 * rows.length,
      marginLeft: 270,
      x: { label: null, grid: true, domain: [0, 1], clamp: true },
      y: { domain: rows.map(({ label }) => label), label: null, tickSize: 0 },
      marks: [
        Plot.link(rows, {
          x1: 'near',
          x2: 'far',
          y1: 'label',
          y2: 'label',
          stroke: COLOURS.muted,
          strokeWidth: 2,
        }),
        Plot.dot(rows, {
          x: 'far',
          y: 'label',
          r: 4.5,
          fill: colour,
          title: ({ label, far }) => `${label}, away: ${far.toFixed(4)}`,
        }),
        Plot.dot(rows, {
          x: 'near',
          y: 'label',
          r: 4.5,
          stroke: '#111827',
          strokeWidth: 1.6,
          fill: 'none',
          title: ({ label, near }) => `${label}, near: ${near.toFixed(4)}`,
        }),
      ],
    })}${colourKey([
      [colour, 'away from borders (filled)'],
      ['#ffffff', 'near borders (ring)'],
    ])}`,
  );
}
