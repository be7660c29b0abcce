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
  const bins = binned(spatial, radiusUm);
  const start = new Float64Array(n + 1);
  let cell = new Uint32Array(Math.max(16, n * 4));
  let near: { other: number; squared: number }[] = [];
  for (let i = 0; i < n; i++) {
    near = [];
    for (const other of bins.around(i)) {
      if (other === i) continue;
      const [dx, dy] = [spatial[2 * other] - spatial[2 * i], spatial[2 * other + 1] - spatial[2 * i + 1]];
      const squared = dx * dx + dy * dy;
      if (squared <= radiusUm * radiusUm) near.push({ other, squared });
    }
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

/** Cells by square bins as wide as the radius; cells without a place are in none. */
function binned(spatial: Float64Array, radiusUm: number): { around: (i: number) => Generator<number> } {
  const bins = new Map<string, number[]>();
  const binOf = (i: number): [number, number] => [
    Math.floor(spatial[2 * i] / radiusUm),
    Math.floor(spatial[2 * i + 1] / radiusUm),
  ];
  for (let i = 0; i < spatial.length / 2; i++) {
    const key = binOf(i).join();
    const bin = bins.get(key);
    if (bin === undefined) bins.set(key, [i]);
    else bin.push(i);
  }
  return {
    *around(i) {
      const [x, y] = binOf(i);
      for (let dx = -1; dx <= 1; dx++)
        for (let dy = -1; dy <= 1; dy++) yield* bins.get(`${x + dx},${y + dy}`) ?? [];
    },
  };
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
