import * as Plot from '@observablehq/plot';
import { count, percent } from '../../cli/format.ts';
import { type Html, html } from '../html.ts';
import { dataTable, figure, figures, type Section, swatch } from '../parts.ts';
import { COLOURS, draw } from '../plot.ts';
import type { CellColumns, ReportedSlide } from '../slide.ts';

/** Squares of the two-dimensional histogram along each axis. */
const SQUARES = 40;

/** The bundle's own segmentation beside ours: transcript by transcript, and cell by cell. */
export function vendorSection({ cells, run }: ReportedSlide): Section | null {
  const id = 'vendor';
  const title = "The bundle's own segmentation";
  const anyPrior = cells.prior.some((n) => n > 0);
  if (run !== null && run.vendor === null)
    return {
      id,
      title,
      body: html`<p>No comparison: the bundle says of no transcript which cell it belongs to, or the cells of this run come from a file of the user's and have other ids.</p>`,
    };
  if (!anyPrior && run === null) return null;
  return {
    id,
    title,
    body: figures(
      2,
      run?.vendor ? byTranscript(run.vendor) : null,
      anyPrior
        ? byCell(cells)
        : html`<p>No cell of the output has transcripts in the bundle's own segmentation.</p>`,
    ),
  };
}

function byTranscript(vendor: NonNullable<NonNullable<ReportedSlide['run']>['vendor']>): Html {
  const { same, different, vendorOnly, spatileOnly, neither } = vendor;
  const all = same + different + vendorOnly + spatileOnly + neither;
  const kinds = [
    { what: 'same cell in both', n: same, colour: COLOURS.accent },
    { what: 'another cell', n: different, colour: COLOURS.warn },
    { what: 'assigned here only', n: spatileOnly, colour: COLOURS.second },
    { what: 'assigned in the bundle only', n: vendorOnly, colour: 'var(--filter-2)' },
    { what: 'assigned in neither', n: neither, colour: 'var(--filter-4)' },
  ];
  const bar = html`<div class="stack" role="img" aria-label="${kinds.map(({ what, n }) => `${what} ${percent(n, all)}`).join(', ')}">${kinds
    .filter(({ n }) => n > 0)
    .map(
      ({ what, n, colour }) =>
        html`<i style="flex:${n} 0 0;background:${colour}" title="${what}: ${count(n)} (${percent(n, all)})"></i>`,
    )}</div>`;
  return figure(
    `${percent(same, same + different)} of the transcripts that both assign go to the same cell.`,
    html`${bar}${dataTable(
      ['Transcripts of genes', 'number', 'share'],
      kinds.map(({ what, n, colour }) => [html`${swatch(colour)}${what}`, count(n), percent(n, all)]),
    )}`,
  );
}

/** Counts of cells on a logarithmic lattice of (the bundle's, our) transcripts; 0 is drawn where 1/2 would be. */
function byCell(cells: CellColumns): Html {
  const most = cells.prior.reduce((top, n, i) => Math.max(top, n, cells.transcripts[i]), 1);
  const [low, high] = [Math.log10(0.5), Math.log10(most * 1.1)];
  const step = (high - low) / SQUARES;
  const square = (n: number): number =>
    Math.min(SQUARES - 1, Math.floor((Math.log10(Math.max(n, 0.5)) - low) / step));
  const counts = new Uint32Array(SQUARES * SQUARES);
  cells.prior.forEach((n, i) => {
    counts[square(cells.transcripts[i]) * SQUARES + square(n)]++;
  });
  const edge = (k: number): number => 10 ** (low + k * step);
  const squares = Array.from(counts, (n, k) => ({ n, i: k % SQUARES, j: Math.floor(k / SQUARES) })).filter(
    ({ n }) => n > 0,
  );
  const lost = cells.prior.filter((n, i) => n > 0 && cells.transcripts[i] < n / 2).length;
  const domain = [edge(0), edge(SQUARES)];
  return figure(
    'Transcripts per cell, here and in the bundle.',
    draw({
      describe: 'Two-dimensional histogram of transcripts per cell, in the bundle and here',
      width: 440,
      height: 400,
      x: { type: 'log', domain, label: 'Transcripts per cell in the bundle', ticks: 5, tickFormat: 's' },
      y: { type: 'log', domain, label: 'Transcripts per cell here', ticks: 5, tickFormat: 's', grid: true },
      opacity: { type: 'sqrt', range: [0.15, 1] },
      marks: [
        Plot.rect(squares, {
          x1: ({ i }) => edge(i),
          x2: ({ i }) => edge(i + 1),
          y1: ({ j }) => edge(j),
          y2: ({ j }) => edge(j + 1),
          fill: COLOURS.accent,
          fillOpacity: 'n',
          inset: 0.25,
          title: ({ n, i, j }) =>
            `${count(n)} cells: ${range(edge(i), edge(i + 1))} in the bundle, ${range(edge(j), edge(j + 1))} here`,
        }),
        Plot.line(
          [
            [domain[0], domain[0]],
            [domain[1], domain[1]],
          ],
          { stroke: COLOURS.second, strokeDasharray: '4,3' },
        ),
      ],
    }),
    `The dashed line is equality; cells without transcripts lie at the edge. ${count(lost)} of ${count(cells.id.length)} cells keep less than half of what the bundle gave them.`,
  );
}

/** The whole numbers from `low` up to, but without, `high`. */
function range(low: number, high: number): string {
  const [from, to] = [Math.ceil(low), Math.max(Math.ceil(low), Math.ceil(high) - 1)];
  if (low < 1 && high <= 1) return '0';
  return from === to ? count(from) : `${count(from)} to ${count(to)}`;
}
