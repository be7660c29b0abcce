import { type Bins, binned, ringOf } from '../cell-bins.ts';

/** Neighbours of every cell, nearest first: those of cell i are `cell[start[i]] .. cell[start[i + 1] - 1]`. */
export interface NeighbourGraph {
  start: Float64Array;
  cell: Uint32Array;
}

/**
 * The nearest other cells within a radius; equally far ones in order of their number. Memory grows with cells.
 * @param spatial x, y pairs in microns; @param most neighbours of a cell.
 */
export function neighbourGraph(spatial: Float64Array, radiusUm: number, most: number): NeighbourGraph {
  const n = spatial.length / 2;
  const placed = Uint32Array.from({ length: n }, (_, i) => i).filter(
    (i) => Number.isFinite(spatial[2 * i]) && Number.isFinite(spatial[2 * i + 1]),
  );
  // Wider by a little: what a rounded quotient puts one bin farther is still beside.
  const bins = binned(spatial, placed, radiusUm * (1 + 1e-9));
  const start = new Float64Array(n + 1);
  let cell = new Uint32Array(Math.max(16, n * 4));
  for (let i = 0; i < n; i++) {
    const near = within(spatial, i, radiusUm, bins);
    near.sort((a, b) => a.squared - b.squared || a.other - b.other);
    const taken = Math.min(most, near.length);
    start[i + 1] = start[i] + taken;
    if (start[i + 1] > cell.length) {
      const grown = new Uint32Array(cell.length * 2 + taken);
      grown.set(cell);
      cell = grown;
    }
    for (let k = 0; k < taken; k++) cell[start[i] + k] = near[k].other;
  }
  return { start, cell: cell.slice(0, start[n]) };
}

/** Other cells within a radius that is less than a bin; none for a cell without a place. */
function within(spatial: Float64Array, i: number, radius: number, bins: Bins): Near[] {
  const [x, y] = [spatial[2 * i], spatial[2 * i + 1]];
  const near: Near[] = [];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return near;
  const [column, line] = [bins.column(x), bins.line(y)];
  for (const ring of [0, 1])
    for (const b of ringOf(bins, column, line, ring))
      for (let e = bins.start[b]; e < bins.start[b + 1]; e++) {
        const other = bins.rows[e];
        const [dx, dy] = [spatial[2 * other] - x, spatial[2 * other + 1] - y];
        const squared = dx * dx + dy * dy;
        if (other !== i && squared <= radius * radius) near.push({ other, squared });
      }
  return near;
}

interface Near {
  other: number;
  squared: number;
}

/** Types of cells with weights, as the neighbourhood sees them. */
export interface WeightedTypes {
  /** -1 where there is none. */
  first: Int16Array;
  second: Int16Array;
  firstWeight: Float32Array;
  secondWeight: Float32Array;
}

/**
 * Share of each cell's second type in the types of its neighbours, weighted (the score of SPLIT's spatially aware mode);
 * 0 for cells without a second type or without neighbours.
 */
export function secondTypeShares({ start, cell }: NeighbourGraph, typed: WeightedTypes): Float32Array {
  const { first, second, firstWeight, secondWeight } = typed;
  return Float32Array.from(first, (_, i) => {
    if (second[i] < 0) return 0;
    let all = 0;
    let own = 0;
    for (let e = start[i]; e < start[i + 1]; e++) {
      const j = cell[e];
      if (first[j] < 0) continue;
      const w1 = second[j] < 0 ? 1 : firstWeight[j];
      const w2 = second[j] < 0 ? 0 : secondWeight[j];
      all += w1 + w2;
      own += (first[j] === second[i] ? w1 : 0) + (second[j] === second[i] ? w2 : 0);
    }
    return all > 0 ? own / all : 0;
  });
}
