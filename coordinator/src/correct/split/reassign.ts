import type { CorrectConfig } from '@spatile/formats/config/schema';
import { CELL_CLASSES } from '@spatile/formats/tile/correct';
import { exp, ln } from '@spatile/random/elementary';
import { type Block, blockOf } from '../blocks.ts';
import type { CountTable } from '../counts/table.ts';
import type { SplitPlan } from './plan.ts';

type Reassigning = Pick<CorrectConfig['split'], 'reassign' | 'reassignPower' | 'reassignKeep'>;

const REJECT = CELL_CLASSES.indexOf('reject');

/** A share of what is removed from one cell, given to another. */
export interface Sent {
  from: number;
  to: number;
  share: number;
}

/** Who sends removed counts to whom, by block of the receiver, in order of receiver and sender. */
export async function sentCounts(
  table: CountTable,
  plan: SplitPlan,
  blocks: readonly Block[],
  { reassign, reassignPower, reassignKeep }: Reassigning,
): Promise<Sent[][]> {
  const sent: Sent[][] = blocks.map(() => []);
  if (reassign === 'none') return sent;
  const totals = reassign === 'uniform' ? null : await totalsOf(table, blocks);
  for (let from = 0; from < plan.first.length; from++) {
    const receivers = receiversOf(plan, from);
    const sizes = receivers.map((to) => (totals === null ? 1 : power(totals[to], reassignPower)));
    const sum = sizes.reduce((a, b) => a + b, 0);
    if (!(sum > 0)) continue;
    if (reassignKeep > 0) sent[blockOf(from)].push({ from, to: from, share: reassignKeep });
    receivers.forEach((to, i) => {
      const share = ((1 - reassignKeep) * sizes[i]) / sum;
      if (share > 0) sent[blockOf(to)].push({ from, to, share });
    });
  }
  for (const list of sent) list.sort((a, b) => a.to - b.to || a.from - b.from);
  return sent;
}

/** A power of a total, the same on every machine. */
const power = (total: number, exponent: number): number =>
  exponent === 1 ? total : total > 0 ? exp(exponent * ln(total)) : 0;

/** Neighbours whose first type is the second of a purified cell. */
function receiversOf({ graph, first, second, purify, cellClass }: SplitPlan, i: number): number[] {
  if (purify[i] === 0) return [];
  const out: number[] = [];
  for (let e = graph.start[i]; e < graph.start[i + 1]; e++) {
    const j = graph.cell[e];
    if (first[j] === second[i] && cellClass[j] !== REJECT) out.push(j);
  }
  return out;
}

/** Transcripts of each cell. */
async function totalsOf(table: CountTable, blocks: readonly Block[]): Promise<Float64Array> {
  const totals = new Float64Array(table.cells);
  for (const { from, to } of blocks) {
    const { data } = await table.rows(from, to);
    for (let row = from; row < to; row++)
      for (let e = table.start[row]; e < table.start[row + 1]; e++)
        totals[row] += data[e - table.start[from]];
  }
  return totals;
}
