import type { CorrectConfig } from '@spatile/formats/config/schema';
import { RandomStream } from '@spatile/random/stream';
import type { NeighbourGraph } from '../split/neighbours.ts';
import type { CellTypes } from './cell-types.ts';

type Settings = CorrectConfig['celladmix']['bridge'];

/** A pair of neighbouring cells of two types, and the cells that stand in for the source. */
export interface Pair {
  target: number;
  source: number;
  standIns: number[];
}

/** What pairs are chosen by. */
export interface PairCells {
  types: CellTypes;
  graph: NeighbourGraph;
  /** Molecules of each factor by cell, cells x factors. */
  counts: Uint32Array;
  factors: number;
}

/** Share of a pool that counts as alike. */
const ALIKE = 0.1;

/**
 * Chooses pairs of neighbouring cells for each ordered pair of types, each cell once as target and once as source of a pair of
 * types, and for each the stand-ins of its source: drawn from the tenth of a pool that is most alike in factors.
 * @param order rows in random order.
 */
export function choosePairs(cells: PairCells, order: Uint32Array, settings: Settings, seed: number): Pair[] {
  const { types, graph } = cells;
  const pools = poolsOf(cells, order, settings.pool);
  const chosen = new Map<number, number>();
  const used = new Set<number>();
  const pairs: Pair[] = [];
  for (const target of order) {
    const t = types.type[target];
    if (t < 0 || labelledOf(cells, target) <= settings.links) continue;
    const tried = new Set<number>();
    for (let e = graph.start[target]; e < graph.start[target + 1]; e++) {
      const source = graph.cell[e];
      const s = types.type[source];
      if (s < 0 || s === t || tried.has(s) || labelledOf(cells, source) === 0) continue;
      const kind = t * types.names.length + s;
      const key = source * types.names.length + t;
      if ((chosen.get(kind) ?? 0) >= settings.pairs || used.has(key)) continue;
      tried.add(s);
      const stream = new RandomStream(seed, 'correct.celladmix.standIns', target, source);
      const standIns = standInsOf(cells, source, pools[s], around(graph, target), settings.draws, stream);
      if (standIns === null) continue;
      used.add(key);
      chosen.set(kind, (chosen.get(kind) ?? 0) + 1);
      pairs.push({ target, source, standIns });
    }
  }
  return pairs.sort((a, b) => a.target - b.target || a.source - b.source);
}

const around = ({ start, cell }: NeighbourGraph, i: number): Set<number> =>
  new Set(cell.subarray(start[i], start[i + 1]));

function labelledOf({ counts, factors }: PairCells, row: number): number {
  let n = 0;
  for (let f = 0; f < factors; f++) n += counts[row * factors + f];
  return n;
}

function poolsOf(cells: PairCells, order: Uint32Array, size: number): number[][] {
  const pools: number[][] = cells.types.names.map(() => []);
  for (const row of order) {
    const t = cells.types.type[row];
    if (t >= 0 && pools[t].length < size && labelledOf(cells, row) > 0) pools[t].push(row);
  }
  return pools;
}

function standInsOf(
  cells: PairCells,
  source: number,
  pool: readonly number[],
  near: ReadonlySet<number>,
  draws: number,
  stream: RandomStream,
): number[] | null {
  const others = pool.filter((row) => row !== source && !near.has(row));
  const alike = Math.max(draws, Math.ceil(ALIKE * others.length));
  if (others.length < alike) return null;
  const sorted = others
    .map((row) => ({ row, far: distance(cells, source, row) }))
    .sort((a, b) => a.far - b.far || a.row - b.row)
    .slice(0, alike)
    .map(({ row }) => row);
  return stream.shuffle(sorted).slice(0, draws);
}

/** Squared distance of two cells in shares of factors. */
function distance(cells: PairCells, a: number, b: number): number {
  const { counts, factors } = cells;
  const [ownAll, otherAll] = [labelledOf(cells, a), labelledOf(cells, b)];
  let sum = 0;
  for (let f = 0; f < factors; f++) {
    const d = counts[a * factors + f] / ownAll - counts[b * factors + f] / otherAll;
    sum += d * d;
  }
  return sum;
}
