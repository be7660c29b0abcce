import {
  LOST_PIECE,
  LOST_UNITS,
  type LostCounts,
  lostCountsIn,
  TILE_STRAYS,
} from '@spatile/formats/tile/strays';
import { StoredPieces } from '../run/pieces.ts';
import type { RunStore } from '../run/store.ts';
import { STRAY_ROUND } from './states.ts';

/** Expected count that the transcripts taken for strays took out of a cell, by gene of the model. */
export interface Strays {
  of: (cell: number, gene: number) => number;
}

/**
 * What the tiles of a run say together; nothing is lost where no strays were taken out. 6 bytes by (cell, gene), and 24 more
 * while they are put together: it grows with strays (no Map: those end at 2^24 entries). Errors: `RUN_CORRUPT`.
 */
export async function readStrays(store: RunStore): Promise<Strays> {
  const folder = `results/${STRAY_ROUND}`;
  const results = new StoredPieces(store, TILE_STRAYS);
  const tiles: LostCounts[] = [];
  for (const file of await store.list(folder)) {
    const { frame, as } = await results.one(`${folder}/${file}`, LOST_PIECE);
    tiles.push(lostCountsIn(frame, as));
  }
  const { start, gene, lost } = merged(tiles);
  const of = (cell: number, wanted: number): number => {
    if (cell + 1 >= start.length) return 0;
    const end = start[cell + 1];
    const at = lowerBound(gene, wanted, start[cell], end);
    return at < end && gene[at] === wanted ? lost[at] : 0;
  };
  return { of };
}

interface Merged {
  /** The pairs of cell c begin at `start[c]` and end at `start[c + 1]`. */
  start: Uint32Array;
  /** Ascending by cell. */
  gene: Uint16Array;
  lost: Float32Array;
}

/** All pairs by (cell, gene), those of several tiles added up. */
function merged(tiles: readonly LostCounts[]): Merged {
  const end = endsOf(tiles);
  const n = end[end.length - 1];
  const all = { gene: new Uint16Array(n), lost: new Float64Array(n) };
  const next = Uint32Array.from(end, (_, cell) => (cell === 0 ? 0 : end[cell - 1]));
  const start = new Uint32Array(end.length + 1);
  for (const { cell, gene, lost } of tiles)
    cell.forEach((number, i) => {
      all.gene[next[number]] = gene[i];
      all.lost[next[number]++] = lost[i];
    });
  const out = { gene: new Uint16Array(n), lost: new Float32Array(n) };
  let filled = 0;
  for (let cell = 0, from = 0; cell < end.length; from = end[cell++]) {
    start[cell] = filled;
    const own = Uint32Array.from({ length: end[cell] - from }, (_, i) => from + i);
    own.sort((a, b) => all.gene[a] - all.gene[b]);
    for (let i = 0; i < own.length; filled++) {
      const gene = all.gene[own[i]];
      let sum = 0;
      for (; i < own.length && all.gene[own[i]] === gene; i++) sum += all.lost[own[i]];
      out.gene[filled] = gene;
      out.lost[filled] = sum / LOST_UNITS;
    }
  }
  start[end.length] = filled;
  return { start, gene: out.gene.slice(0, filled), lost: out.lost.slice(0, filled) };
}

/** Where the pairs of each cell end when they are ordered by cell, up to the highest cell. */
function endsOf(tiles: readonly LostCounts[]): Uint32Array {
  const most = (cell: Uint32Array): number => cell.reduce((high, number) => Math.max(high, number), 0);
  const end = new Uint32Array(1 + Math.max(0, ...tiles.map(({ cell }) => most(cell))));
  for (const { cell } of tiles) for (const number of cell) end[number]++;
  for (let cell = 1; cell < end.length; cell++) end[cell] += end[cell - 1];
  return end;
}

/** First of the ascending `values` [from, to) that is not below `wanted`; `to` without one. */
function lowerBound(values: Uint16Array, wanted: number, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
