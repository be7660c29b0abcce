import { type AssignTile, CONTROL_GENE } from '@spatile/formats/tile/assign';
import type { BaysorSettings } from '@spatile/formats/tile/baysor';
import { indexOfCell } from '../../index-of-cell.ts';
import { labelAt } from '../geometric-result.ts';
import { labelPrior } from '../label-prior.ts';

/** The model's transcripts of one place, in an order that keeps neighbours together. Controls are not among them. */
export interface Molecules {
  n: number;
  dimensions: 2 | 3;
  /** Microns from the corner of the region. */
  x: Float64Array;
  y: Float64Array;
  /** All 0 in two dimensions. */
  z: Float64Array;
  gene: Uint32Array;
  /** Row of the input: names the molecule in every tile that sees it. */
  row: Uint32Array;
  /** Place in the tile's table of transcripts. */
  at: Uint32Array;
  /** Segment of the prior: k = the (k-1)-th cell of the tile, 0 = none. */
  segment: Uint32Array;
}

/** Rings that a transcript is looked up in, the first kind that a cell has. */
const RINGS = {
  outlines: ['nucleus', 'cell'],
  'nucleus-outlines': ['nucleus'],
  'cell-outlines': ['cell', 'nucleus'],
} as const;
/** Edge of the squares in whose order molecules are kept, microns. */
const ORDER_UM = 8;

/** The molecules of a tile, ordered by squares of 8 um and then by row. */
export function moleculesOf(tile: AssignTile, settings: BaysorSettings): Molecules {
  const { transcripts, meta } = tile;
  const { x0, y0, x1 } = meta.region;
  const columns = Math.ceil((x1 - x0) / ORDER_UM) + 1;
  const wanted: number[] = [];
  const key = new Float64Array(transcripts.row.length);
  for (let i = 0; i < key.length; i++) {
    if (transcripts.gene[i] === CONTROL_GENE) continue;
    const column = Math.floor((transcripts.x[i] - x0) / ORDER_UM);
    key[i] = Math.floor((transcripts.y[i] - y0) / ORDER_UM) * columns + column;
    wanted.push(i);
  }
  const at = Uint32Array.from(wanted).sort((a, b) => key[a] - key[b] || a - b);
  const segments = segmentsOf(tile, settings);
  const pick = (from: ArrayLike<number>, origin: number): Float64Array =>
    Float64Array.from(at, (i) => from[i] - origin);
  return {
    n: at.length,
    dimensions: settings.dimensions,
    x: pick(transcripts.x, x0),
    y: pick(transcripts.y, y0),
    z: settings.dimensions === 3 ? pick(transcripts.z, 0) : new Float64Array(at.length),
    gene: Uint32Array.from(at, (i) => transcripts.gene[i]),
    row: Uint32Array.from(at, (i) => transcripts.row[i]),
    at,
    segment: Uint32Array.from(at, (i) => segments[i]),
  };
}

/** Segment of every transcript of the tile (k = its (k-1)-th cell, 0 = none). */
function segmentsOf(tile: AssignTile, settings: BaysorSettings): Uint32Array {
  const { prior, nuclear, x, y } = tile.transcripts;
  const { segments, pixelSizeUm } = settings;
  const out = new Uint32Array(prior.length);
  if (segments !== 'ids' && segments !== 'nuclear-ids') {
    const { window, labels } = labelPrior(tile, { pixelSizeUm, parts: 'all', kinds: RINGS[segments] });
    for (let i = 0; i < out.length; i++) out[i] = Math.abs(labelAt(labels, window, x[i], y[i]));
    return out;
  }
  const all = segments === 'ids';
  for (let i = 0; i < out.length; i++)
    if (prior[i] !== 0 && (all || nuclear[i] === 1)) out[i] = indexOfCell(tile.cells.cell, prior[i]) + 1;
  return out;
}
