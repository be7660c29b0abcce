import * as Plot from '@observablehq/plot';
import { count, percent } from '../../cli/format.ts';
import { driftOf, type TileTrace } from '../convergence.ts';
import type { RunReportData } from '../data.ts';
import { type Html, html } from '../html.ts';
import { dataTable, figure, figures, rampKey, type Section } from '../parts.ts';
import type { Crop, Pictures } from '../pictures.ts';
import { COLOURS, draw } from '../plot.ts';
import { colourOf, type Ramp, viridis } from '../ramp.ts';
import { extentOf, type ReportedSlide } from '../slide.ts';
import { number, pathOf, pixelUm, slideMap } from '../slide-map.ts';
import { quantile } from '../statistics.ts';
import { tileMap } from './tiles.ts';

const MOST_ROWS = 8;
const PHASES = ['coarse voxels', 'fine voxels', 'hill climb'];

/** How well the chains of the tiles have mixed and how sure boundaries are; null for methods without chains. */
export function mixingSection(slide: ReportedSlide, { crop }: Pictures): Section | null {
  const convergence = slide.run?.convergence ?? null;
  if (slide.run === null || convergence === null) return null;
  const tiles = slide.run.tiles.filter(({ diagnostics }) => diagnostics.rHatLogLikelihood !== undefined);
  return {
    id: 'mixing',
    title: 'Mixing',
    body: html`<p class="verdict">${capital(convergence.verdict)}.</p><p>A tile has settled when the two halves of its recorded samples agree: the log likelihood of a transcript to 0.02 and the transcripts in cells to 1 %, beyond what the noise of the chain explains (split R-hat above 1.1). Boundaries of cells change slowly, so volumes have few independent samples even in a settled tile: intervals of single cells are too narrow rather than too wide.</p>${worst(tiles)}${figures(
      3,
      convergence.traces.map((trace) => traceFigure(trace)),
    )}${tiles.length > 1 ? maps(tiles, slide) : null}${boundaries(slide, crop)}`,
  };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

type Tile = RunReportData['tiles'][number];

function worst(tiles: readonly Tile[]): Html {
  const rows = tiles
    .slice()
    .sort((a, b) => driftOf(b.diagnostics) - driftOf(a.diagnostics) || (a.id < b.id ? -1 : 1))
    .slice(0, MOST_ROWS)
    .map(({ id, diagnostics: d }) => [
      id,
      signed(d.logLikelihoodDrift, 4),
      d.rHatLogLikelihood.toFixed(2),
      `${signed(100 * d.foregroundDrift, 2)} %`,
      d.rHatForeground.toFixed(2),
      `${d.essForeground.toFixed(0)} of ${d.recorded}`,
      d.essVolume.toFixed(0),
      percent(d.cellsDrifting, 1),
      percent(d.labelAcceptance, 1),
      percent(d.repositionAcceptance, 1),
    ]);
  return figure(
    tiles.length === 1 ? 'The chain in numbers.' : 'The tiles that drift most.',
    dataTable(
      [
        'Tile',
        'likelihood, change',
        'R-hat',
        'in cells, change',
        'R-hat',
        'effective samples',
        'of volumes',
        'cells drifting',
        'labels taken',
        'moves taken',
      ],
      rows,
    ),
    'Changes are between the halves of the recorded samples; effective samples of the transcripts in cells and, median over cells, of volumes; a cell drifts when the split R-hat of its volume is above 1.2.',
    true,
  );
}

const signed = (value: number, digits: number): string =>
  `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;

function traceFigure({ tile, iteration, phase, logLikelihood }: TileTrace): Html {
  const rows = iteration.map((at, i) => ({ at, phase: PHASES[phase[i]], value: logLikelihood[i] }));
  // The steep first points would flatten the rest of the curve.
  const sorted = Float64Array.from(logLikelihood).sort();
  const plot = draw({
    describe: `Log likelihood of tile ${tile} by iteration, from ${logLikelihood[0]?.toFixed(3)} to ${logLikelihood.at(-1)?.toFixed(3)}`,
    width: 330,
    height: 190,
    marginLeft: 56,
    x: { label: 'Iteration', ticks: 5 },
    y: {
      label: 'Log likelihood',
      grid: true,
      ticks: 4,
      domain: [quantile(sorted, 0.1), sorted[sorted.length - 1]],
      clamp: true,
      nice: true,
    },
    color: { type: 'categorical', domain: PHASES, range: [COLOURS.muted, COLOURS.accent, COLOURS.second] },
    marks: [
      Plot.line(rows, { x: 'at', y: 'value', stroke: 'phase', z: null }),
      Plot.dot(rows, {
        x: 'at',
        y: 'value',
        fill: 'phase',
        r: 2,
        title: (row) => `iteration ${row.at} (${row.phase}): ${row.value.toFixed(4)}`,
      }),
    ],
  });
  return figure(`Tile ${tile}.`, plot, 'Grey: coarse voxels; then fine voxels; last the hill climb.');
}

function maps(tiles: readonly Tile[], slide: ReportedSlide): Html {
  const frame = extentOf(slide);
  const has = ({ diagnostics }: Tile): boolean => diagnostics.essForeground !== undefined;
  return figures(
    4,
    tileMap(tiles, frame, {
      title: 'Effective samples (transcripts in cells).',
      value: ({ diagnostics }) => diagnostics.essForeground,
      format: (value) => value.toFixed(0),
      has,
    }),
    tileMap(tiles, frame, {
      title: 'Effective samples (volumes, median).',
      value: ({ diagnostics }) => diagnostics.essVolume,
      format: (value) => value.toFixed(1),
      has,
    }),
    tileMap(tiles, frame, {
      title: 'Change of the log likelihood.',
      value: ({ diagnostics }) => diagnostics.logLikelihoodDrift,
      format: (value) => signed(value, 4),
      has,
    }),
    tileMap(tiles, frame, {
      title: 'Label proposals taken.',
      value: ({ diagnostics }) => diagnostics.labelAcceptance,
      format: (value) => percent(value, 1),
      has,
    }),
  );
}

/** Cells of the close view by how often their voxels changed hands. */
function boundaries({ cells }: ReportedSlide, crop: Crop | null): Html | null {
  const { boundary } = cells;
  if (boundary === null || crop === null) return null;
  const sorted = boundary.slice().sort();
  const high = Math.max(0.01, quantile(sorted, 0.98));
  const ramp = viridis(0, high);
  const map = slideMap(
    crop.frame,
    `Close view of ${crop.cells.length} cells coloured by the uncertainty of their boundaries`,
    uncertainCells(crop, boundary, ramp),
    2,
  );
  return figures(
    2,
    figure(
      'How sure boundaries are, in the densest place.',
      html`${map}${rampKey(ramp.colours, 'Voxels that changed hands', '0 %', `${percent(high, 1)} and more`)}`,
      `Share of a cell's voxels that were not its own in the recorded samples, on the mean; median of all ${count(cells.id.length)} cells ${percent(quantile(sorted, 0.5), 1)}.`,
    ),
  );
}

function uncertainCells(crop: Crop, boundary: Float64Array, ramp: Ramp): Html {
  const paths = crop.cells.map(
    ({ row, polygons }) =>
      html`<path d="${pathOf(polygons)}" fill="${colourOf(ramp, boundary[row])}"><title>${percent(boundary[row], 1)}</title></path>`,
  );
  return html`<g fill-rule="evenodd" stroke="#0d1117" stroke-width="${number(1.5 * pixelUm(crop.frame, 2))}">${paths}</g>`;
}
