import type { CorrectConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import { CELL_CLASSES, countsFrame, SPLIT_STATUS } from '@spatile/formats/tile/correct';
import type { Frame } from '@spatile/formats/tile/frame';
import type { Block } from '../blocks.ts';
import { type CountTable, rowsOf } from '../counts/table.ts';
import { type SettledTypes, type SlideTypes, settleTypes } from '../rctd/cell-types.ts';
import { type NeighbourGraph, neighbourGraph, secondTypeShares, type WeightedTypes } from './neighbours.ts';
import type { Sent } from './reassign.ts';

type SplitConfig = CorrectConfig['split'];

/** What SPLIT decided for each cell. */
export interface SplitPlan extends SettledTypes, WeightedTypes {
  /** 0: raw; 1: by two weights; 2: by all weights. */
  purify: Uint8Array;
  /** Index in `SPLIT_STATUS`. */
  status: Uint8Array;
  /** Share of the second type among the neighbours. */
  score: Float32Array;
  graph: NeighbourGraph;
}

const code = (name: (typeof CELL_CLASSES)[number]): number => CELL_CLASSES.indexOf(name);
const status = (name: (typeof SPLIT_STATUS)[number]): number => SPLIT_STATUS.indexOf(name);

/** Decides which cells are purified and how (SPLIT, Bilous et al. 2026). */
export function planSplit(
  table: CountTable,
  typed: SlideTypes,
  types: number,
  split: SplitConfig,
): SplitPlan {
  const settled = settleTypes(typed, types, split.minWeight);
  const graph = neighbourGraph(table.spatial, split.radiusUm, split.neighbours);
  const score = secondTypeShares(graph, { ...typed, ...settled });
  const purify = Uint8Array.from(settled.cellClass, (cellClass, i) => {
    if (cellClass === code('reject') || cellClass === code('filtered') || settled.second[i] < 0) return 0;
    if (cellClass === code('doublet_uncertain')) return 2;
    if (split.cells === 'neighbours') return score[i] > split.threshold ? 1 : 0;
    return split.cells === 'doublets' && cellClass === code('singlet') ? 0 : 1;
  });
  const statuses = Uint8Array.from(settled.cellClass, (cellClass, i) => {
    if (cellClass === code('filtered')) return status('filtered');
    if (cellClass === code('reject')) return status('reject');
    return status(purify[i] > 0 ? 'purified' : 'raw');
  });
  const { firstWeight, secondWeight } = typed;
  return { ...settled, firstWeight, secondWeight, purify, status: statuses, score, graph };
}

/** The input of one block: its own cells, then the senders outside of it. */
export async function countsInput(
  table: CountTable,
  reference: ReferenceProfiles,
  place: Int32Array,
  typed: SlideTypes,
  plan: SplitPlan,
  block: Block,
  sent: readonly Sent[],
  split: SplitConfig,
  seed: number,
): Promise<Frame> {
  const types = reference.types.length;
  const own = Array.from({ length: block.to - block.from }, (_, i) => block.from + i);
  const outside = [...new Set(sent.map(({ from }) => from))]
    .filter((row) => row < block.from || row >= block.to)
    .sort((a, b) => a - b);
  const rows = [...own, ...outside];
  const local = new Map(rows.map((row, i) => [row, i]));
  const weights = new Float32Array(rows.length * types);
  rows.forEach((row, i) => {
    weights.set(typed.weights.subarray(row * types, (row + 1) * types), i * types);
  });
  return countsFrame({
    types,
    shares: reference.shares,
    sharedOf: place,
    settings: { counts: split.counts, unreferencedGenes: split.unreferencedGenes, seed },
    cells: await rowsOf(table, rows, null),
    row: Uint32Array.from(rows),
    purify: Uint8Array.from(rows, (row) => plan.purify[row]),
    first: Int16Array.from(rows, (row) => plan.first[row]),
    second: Int16Array.from(rows, (row) => plan.second[row]),
    firstWeight: Float32Array.from(rows, (row) => plan.firstWeight[row]),
    secondWeight: Float32Array.from(rows, (row) => plan.secondWeight[row]),
    weights,
    own: own.length,
    sender: Uint32Array.from(sent, ({ from }) => local.get(from)!),
    receiver: Uint32Array.from(sent, ({ to }) => local.get(to)!),
    share: Float32Array.from(sent, ({ share }) => share),
  });
}
