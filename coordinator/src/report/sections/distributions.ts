import * as Plot from '@observablehq/plot';
import { count } from '../../cli/format.ts';
import { type Html, html } from '../html.ts';
import { figure, figures, type Section } from '../parts.ts';
import { COLOURS, draw } from '../plot.ts';
import type { ReportedSlide } from '../slide.ts';
import { median, quantile } from '../statistics.ts';

/** How cells are distributed by what was counted and measured on them. */
export function distributionsSection({ cells }: ReportedSlide): Section | null {
  if (cells.id.length === 0) return null;
  const confident = cells.confidence.filter((_, i) => cells.transcripts[i] > 0);
  return {
    id: 'cells',
    title: 'Cells',
    body: figures(
      2,
      histogram('Transcripts per cell', cells.transcripts, { whole: true }),
      histogram('Genes per cell', cells.genes, { whole: true }),
      histogram('Area of cells', cells.areaUm2, { unit: 'µm²' }),
      confident.length === 0
        ? html`<p>No cell holds a transcript, so there is no confidence to show.</p>`
        : confidence(confident),
    ),
  };
}

/** Values above the 99.5th percentile are counted in the last bar: a few huge cells must not squeeze all others. */
function histogram(
  title: string,
  values: Float64Array,
  { unit = '', whole = false }: { unit?: string; whole?: boolean },
): Html {
  const sorted = values.slice().sort();
  const most = quantile(sorted, 0.995);
  const cut = whole ? Math.ceil(most) + 1 : Math.max(most, Number.MIN_VALUE);
  const middle = median(values);
  const label = unit === '' ? title : `${title} (${unit})`;
  const width = whole ? Math.max(1, Math.ceil(cut / barsFor(values.length))) : cut / barsFor(values.length);
  const thresholds = Array.from({ length: Math.ceil(cut / width) + 1 }, (_, i) => i * width);
  const shown = values.map((value) => Math.min(value, cut - width / 2));
  const largest = sorted[sorted.length - 1];
  const caption = [
    `Median ${format(middle, whole)}${unit === '' ? '' : ` ${unit}`} (dashed)`,
    `middle half ${format(quantile(sorted, 0.25), whole)} to ${format(quantile(sorted, 0.75), whole)}`,
    `largest ${format(largest, whole)}${largest > cut ? ` (all above ${format(most, whole)} are in the last bar)` : ''}`,
  ].join(', ');
  return figure(`${title}.`, bars(shown, thresholds, label, middle, `Histogram: ${title}`), `${caption}.`);
}

/** Twice the cube root of the number of values (Rice's rule), but no more than can be told apart. */
const barsFor = (values: number): number => Math.max(5, Math.min(50, Math.ceil(2 * Math.cbrt(values))));

function confidence(values: Float64Array): Html {
  if (values.every((value) => value === 1))
    return figure(
      'Confidence per cell.',
      html`<p>Every assigned transcript has the probability 1: this method assigns by place alone and has no doubts to show.</p>`,
    );
  const thresholds = Array.from({ length: 41 }, (_, i) => i / 40);
  const shown = values.map((value) => Math.min(value, 1 - 1e-6));
  const sure = values.filter((value) => value >= 0.9).length;
  return figure(
    'Confidence per cell.',
    bars(
      shown,
      thresholds,
      'Mean probability of the transcripts of a cell',
      median(values),
      'Histogram: confidence per cell',
    ),
    `${count(sure)} of ${count(values.length)} cells with transcripts have a mean probability of 0.9 or more.`,
  );
}

function bars(
  values: Float64Array,
  thresholds: number[],
  label: string,
  middle: number,
  describe: string,
): Html {
  const counts = new Uint32Array(thresholds.length - 1);
  const [first, width] = [thresholds[0], thresholds[1] - thresholds[0]];
  for (const value of values) counts[Math.min(counts.length - 1, Math.floor((value - first) / width))]++;
  const rows = Array.from(counts, (n, i) => ({ n, from: thresholds[i], to: thresholds[i + 1] }));
  return draw({
    describe: `${describe}, ${values.length} cells, median ${tick(middle)}`,
    x: { label, domain: [thresholds[0], thresholds[thresholds.length - 1]] },
    y: { label: 'Cells', grid: true, tickFormat: 's' },
    marks: [
      Plot.rectY(rows, {
        x1: 'from',
        x2: 'to',
        y: 'n',
        fill: COLOURS.accent,
        insetLeft: 0.5,
        title: ({ n, from, to }) => `${tick(from)} to ${tick(to)}: ${count(n)} cells`,
      }),
      Plot.ruleX([middle], { stroke: COLOURS.second, strokeDasharray: '4,3' }),
      Plot.ruleY([0], { stroke: COLOURS.muted }),
    ],
  });
}

const format = (value: number, whole: boolean): string => (whole ? count(value) : tick(value));
const tick = (value: number): string => String(Number(value.toPrecision(3)));
