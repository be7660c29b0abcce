import * as Plot from '@observablehq/plot';
import { count, percent } from '../../cli/format.ts';
import { type Html, html } from '../html.ts';
import { dataTable, figure, figures, type Section, swatch } from '../parts.ts';
import { COLOURS, draw } from '../plot.ts';
import type { ReportedSlide } from '../slide.ts';
import { fatesOf } from './headline.ts';

/** Genes that are drawn; the most abundant ones. */
const MAX_GENES = 1000;
const LOWEST_SHARES = 8;

/** What became of every transcript of the input, and how that differs between genes. */
export function assignmentSection(slide: ReportedSlide): Section | null {
  const fates = fatesOf(slide);
  if (fates === null) return null;
  const reasons = Object.entries(fates.filtered)
    .filter(([, rows]) => rows > 0)
    .map(([reason, rows]) => [`left out: ${words(reason)}`, rows] as const);
  const greys = ['var(--filter-1)', 'var(--filter-2)', 'var(--filter-3)', 'var(--filter-4)'];
  const parts = [
    { what: 'assigned to a cell', n: fates.assigned, colour: COLOURS.accent },
    { what: 'background', n: fates.genes - fates.assigned, colour: COLOURS.second },
    { what: 'controls', n: fates.controls, colour: COLOURS.warn },
    ...reasons.map(([what, n], i) => ({ what, n, colour: greys[i % greys.length] })),
  ].filter(({ n }) => n > 0);
  const bar = html`<div class="stack" role="img" aria-label="${parts.map(({ what, n }) => `${what} ${percent(n, fates.input)}`).join(', ')}">${parts.map(
    ({ what, n, colour }) =>
      html`<i style="flex:${n} 0 0;background:${colour}" title="${what}: ${count(n)} (${percent(n, fates.input)})"></i>`,
  )}</div>`;
  const table = dataTable(
    ['Transcripts', 'number', 'of the input', 'of genes kept'],
    parts.map(({ what, n, colour }, i) => [
      html`${swatch(colour)}${what}`,
      count(n),
      percent(n, fates.input),
      i < 2 && what !== 'controls' ? percent(n, fates.genes) : '',
    ]),
  );
  return {
    id: 'assignment',
    title: 'Transcripts',
    body: html`${figure(
      `${percent(fates.assigned, fates.genes)} of the transcripts of genes were assigned to a cell.`,
      html`${bar}${table}`,
      null,
      true,
    )}${genes(slide)}`,
  };
}

/** `lowQuality` as `low quality`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function genes({ genes: { name, total, assigned } }: ReportedSlide): Html | null {
  const rows = name
    .map((gene, i) => ({ gene, total: total[i], share: assigned[i] / total[i], assigned: assigned[i] }))
    .filter((row) => row.total > 0)
    .sort((a, b) => b.total - a.total || (a.gene < b.gene ? -1 : 1));
  if (rows.length === 0) return null;
  const drawn = rows.slice(0, MAX_GENES);
  const plot = draw({
    describe: `Share of assigned transcripts by gene, ${drawn.length} genes`,
    width: 560,
    height: 320,
    x: { label: 'Transcripts of the gene', type: 'log', tickFormat: 's' },
    y: { label: 'Share assigned (%)', domain: [0, 100], grid: true },
    marks: [
      Plot.dot(drawn, {
        x: 'total',
        y: (row) => 100 * row.share,
        r: 2.5,
        fill: COLOURS.accent,
        fillOpacity: 0.6,
        title: (row) => `${row.gene}: ${percent(row.assigned, row.total)} of ${count(row.total)} assigned`,
      }),
    ],
  });
  const abundant = drawn.slice(0, Math.max(LOWEST_SHARES, Math.ceil(drawn.length / 2)));
  const lowest = abundant
    .slice()
    .sort((a, b) => a.share - b.share || (a.gene < b.gene ? -1 : 1))
    .slice(0, LOWEST_SHARES);
  return figures(
    2,
    figure(
      'Share assigned by gene.',
      plot,
      `${count(drawn.length)}${drawn.length < rows.length ? ` most abundant of ${count(rows.length)}` : ''} genes; point at a dot for its name.`,
    ),
    figure(
      'Genes that stay in the background most.',
      dataTable(
        ['Gene', 'transcripts', 'assigned'],
        lowest.map((row) => [row.gene, count(row.total), percent(row.assigned, row.total)]),
      ),
      'Of the more abundant half of those drawn.',
    ),
  );
}
