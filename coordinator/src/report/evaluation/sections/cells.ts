import * as Plot from '@observablehq/plot';
import { percent } from '../../../cli/format.ts';
import { type Html, html } from '../../html.ts';
import { colourKey, figure, figures, type Section } from '../../parts.ts';
import { COLOURS, draw } from '../../plot.ts';
import { median } from '../../statistics.ts';
import { resultColour } from '../colours.ts';
import type { JudgedInput } from '../judged.ts';

const BARS = 25;
/** At this index and above a cell counts as found. */
const FOUND = 0.5;

/** How well single true cells were found. */
export function cellsSection(results: readonly JudgedInput[]): Section {
  const byTranscripts = results.map(({ name, detail }) => ({ name, values: judged(detail.cells.jaccard) }));
  const byOutlines = results.map(({ name, detail }) => ({
    name,
    values: detail.cells.iou === null ? null : judged(detail.cells.iou),
  }));
  return {
    id: 'cells',
    title: 'Cell by cell',
    body: html`${colourKey(results.map(({ name }, i) => [resultColour(i), name]))}${figures(
      2,
      histogram(
        'Jaccard index of the transcripts of true cells.',
        'Jaccard index with the matched cell',
        byTranscripts,
      ),
      byOutlines.every(({ values }) => values === null)
        ? html`<p>No result has outlines.</p>`
        : histogram('Overlap of the outlines of true cells.', 'Largest IoU with any outline', byOutlines),
    )}`,
  };
}

/** Values of true cells that were judged; entry 0 stands for none. */
const judged = (values: Float64Array): Float64Array =>
  values.slice(1).filter((value) => !Number.isNaN(value));

function histogram(
  title: string,
  label: string,
  series: readonly { name: string; values: Float64Array | null }[],
): Html {
  const there = series.flatMap(({ name, values }, nth) =>
    values === null || values.length === 0 ? [] : [{ name, nth, values }],
  );
  const steps = there.flatMap(({ name, nth, values }) => {
    const counts = new Uint32Array(BARS);
    for (const value of values) counts[Math.min(BARS - 1, Math.floor(value * BARS))]++;
    // Stairs: each bar has its left and its right end.
    return Array.from(counts).flatMap((n, i) =>
      [i, i + 1].map((edge) => ({ name, nth, at: edge / BARS, share: n / values.length })),
    );
  });
  const said = there.map(({ name, values }) => {
    const found = values.filter((value) => value >= FOUND).length;
    return `${name}: median ${median(values).toFixed(2)}, ${percent(found, values.length)} at ${FOUND} or above`;
  });
  return figure(
    title,
    draw({
      describe: `${title} ${said.join('; ')}`,
      x: { label, domain: [0, 1] },
      y: { label: 'Share of true cells', grid: true, tickFormat: '%' },
      marks: [
        Plot.ruleX([FOUND], { stroke: COLOURS.muted, strokeDasharray: '4,3' }),
        Plot.line(steps, {
          x: 'at',
          y: 'share',
          z: 'nth',
          stroke: ({ nth }) => resultColour(nth),
          strokeWidth: 1.8,
        }),
        Plot.ruleY([0], { stroke: COLOURS.muted }),
      ],
    }),
    `${said.join('; ')}.`,
  );
}
