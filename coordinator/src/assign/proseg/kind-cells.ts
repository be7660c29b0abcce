import type { ProsegPreparation } from '@spatile/formats/tile/proseg';
import { exp } from '@spatile/random/elementary';

/** Most cells that kinds are learned from, split evenly among the pilots: those nearest to the middle of each. */
const MOST_CELLS = 2500;
/** Standard deviation of the weights with which cells count as neighbours, and where those end, microns. */
const NEAR_UM = 12;
const REACH_UM = 36;

/** Cells with counts by gene, and their neighbours. */
export interface KindCells {
  /** Cell c has entries [start[c], start[c + 1]) of `gene` and `count`. */
  start: Uint32Array;
  gene: Uint32Array;
  count: Uint32Array;
  /** Transcripts of each cell. */
  total: Float64Array;
  /** Neighbours of cell c: entries [nearStart[c], nearStart[c + 1]) of `near` and `weight`. */
  nearStart: Uint32Array;
  near: Uint32Array;
  weight: Float64Array;
}

/** Cells of the pilots in the order of `preparations`, at most 2,500; cells of different pilots are no neighbours. */
export function kindCells(preparations: readonly ProsegPreparation[]): KindCells {
  const quota = Math.max(1, Math.floor(MOST_CELLS / Math.max(1, preparations.length)));
  const start = [0];
  const nearStart = [0];
  const gene: number[] = [];
  const count: number[] = [];
  const near: number[] = [];
  const weight: number[] = [];
  const total: number[] = [];
  for (const part of preparations) {
    const first = total.length;
    const chosen = middleCells(part, quota);
    const from = startsOf(part);
    for (const cell of chosen) {
      let sum = 0;
      for (let i = from[cell]; i < from[cell + 1]; i++) {
        gene.push(part.countGene[i]);
        count.push(part.count[i]);
        sum += part.count[i];
      }
      total.push(sum);
      start.push(gene.length);
    }
    for (const list of neighboursOf(part, chosen)) {
      for (const [other, distance2] of list) {
        near.push(first + other);
        weight.push(exp(-distance2 / (2 * NEAR_UM * NEAR_UM)));
      }
      nearStart.push(near.length);
    }
  }
  return {
    start: Uint32Array.from(start),
    gene: Uint32Array.from(gene),
    count: Uint32Array.from(count),
    total: Float64Array.from(total),
    nearStart: Uint32Array.from(nearStart),
    near: Uint32Array.from(near),
    weight: Float64Array.from(weight),
  };
}

/** Up to `quota` cells nearest to the middle of all, ascending; of equally near ones the lower. */
function middleCells({ cellX, cellY }: ProsegPreparation, quota: number): number[] {
  const all = Array.from(cellX.keys());
  if (all.length <= quota) return all;
  const mean = (values: Float64Array): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [x, y] = [mean(cellX), mean(cellY)];
  const distance = Float64Array.from(all, (c) => (cellX[c] - x) ** 2 + (cellY[c] - y) ** 2);
  return all
    .sort((a, b) => distance[a] - distance[b] || a - b)
    .slice(0, quota)
    .sort((a, b) => a - b);
}

/** Where the counts of each cell begin; they are sorted by cell. */
function startsOf({ cellX, countCell }: ProsegPreparation): Uint32Array {
  const start = new Uint32Array(cellX.length + 1);
  for (const cell of countCell) start[cell + 1]++;
  for (let c = 0; c < cellX.length; c++) start[c + 1] += start[c];
  return start;
}

/** Of each chosen cell the others within reach (positions in `chosen`, ascending) with squared distances. */
function neighboursOf({ cellX, cellY }: ProsegPreparation, chosen: readonly number[]): [number, number][][] {
  const bins = new Map<string, number[]>();
  const bin = (um: number): number => Math.floor(um / REACH_UM);
  chosen.forEach((cell, k) => {
    const key = `${bin(cellX[cell])},${bin(cellY[cell])}`;
    const held = bins.get(key);
    if (held === undefined) bins.set(key, [k]);
    else held.push(k);
  });
  return chosen.map((cell, k) => {
    const found: [number, number][] = [];
    for (let by = bin(cellY[cell]) - 1; by <= bin(cellY[cell]) + 1; by++)
      for (let bx = bin(cellX[cell]) - 1; bx <= bin(cellX[cell]) + 1; bx++)
        for (const other of bins.get(`${bx},${by}`) ?? []) {
          const at = chosen[other];
          const distance2 = (cellX[at] - cellX[cell]) ** 2 + (cellY[at] - cellY[cell]) ** 2;
          if (other !== k && distance2 <= REACH_UM * REACH_UM) found.push([other, distance2]);
        }
    return found.sort(([a], [b]) => a - b);
  });
}
