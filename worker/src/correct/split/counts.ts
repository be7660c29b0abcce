import { type CountsInput, countedFrame, readCountsInput } from '@spatile/formats/tile/correct';
import type { Handler } from '../../handler.ts';
import { drawnPart, exactPart, mixtureOf, type Purification, primaryShare } from './purify.ts';

/** Purified counts of a block of cells, and what they receive of their neighbours' removed counts (`split`). */
export const purifyCounts: Handler = async (frame, context) => {
  const input = readCountsInput(frame);
  const { cells, own } = input;
  const start = startsOf(cells.length);
  const rates = {
    shares: input.shares,
    genes: input.shares.length / input.types,
    sharedOf: input.sharedOf,
    unreferencedGenes: input.settings.unreferencedGenes,
  };
  const corrected = Float32Array.from(cells.count);
  for (let i = 0; i < cells.length.length; i++) {
    const mixture = purificationOf(input, i);
    if (mixture === null) continue;
    for (let e = start[i]; e < start[i + 1]; e++) {
      const share = primaryShare(mixture, cells.gene[e], rates);
      corrected[e] =
        input.settings.counts === 'fractions'
          ? exactPart(cells.count[e], share)
          : drawnPart(cells.count[e], share, input.settings.seed, input.row[i], cells.gene[e]);
    }
  }
  context.count({ cellsPurified: input.purify.subarray(0, own).filter((p) => p > 0).length });
  return countedFrame({
    corrected: corrected.slice(0, start[own]),
    received: receivedCounts(input, start, corrected),
  });
};

function startsOf(length: Uint32Array): Float64Array {
  const start = new Float64Array(length.length + 1);
  length.forEach((n, i) => {
    start[i + 1] = start[i] + n;
  });
  return start;
}

/** By which types a cell is purified; null when it stays as it is. */
function purificationOf(input: CountsInput, i: number): Purification | null {
  const { purify, first, second, firstWeight, secondWeight, weights, types } = input;
  if (purify[i] === 1) return mixtureOf(first[i], [first[i], second[i]], [firstWeight[i], secondWeight[i]]);
  if (purify[i] === 0) return null;
  const all = Array.from({ length: types }, (_, k) => k);
  return mixtureOf(first[i], all, weights.subarray(i * types, (i + 1) * types));
}

/** Removed counts of senders by receiver and gene, in the order of the list of what is sent. */
function receivedCounts(
  { cells, own, sender, receiver, share }: CountsInput,
  start: Float64Array,
  corrected: Float32Array,
): { length: Uint32Array; gene: Uint32Array; value: Float32Array } {
  const sums = new Map<number, Map<number, number>>();
  for (let i = 0; i < sender.length; i++) {
    const row = sums.get(receiver[i]) ?? new Map<number, number>();
    sums.set(receiver[i], row);
    for (let e = start[sender[i]]; e < start[sender[i] + 1]; e++) {
      const removed = (cells.count[e] - corrected[e]) * share[i];
      if (removed > 0) row.set(cells.gene[e], (row.get(cells.gene[e]) ?? 0) + removed);
    }
  }
  const length = new Uint32Array(own);
  const gene: number[] = [];
  const value: number[] = [];
  for (let i = 0; i < own; i++) {
    const row = [...(sums.get(i) ?? [])].sort(([a], [b]) => a - b);
    length[i] = row.length;
    for (const [g, v] of row) {
      gene.push(g);
      value.push(v);
    }
  }
  return { length, gene: Uint32Array.from(gene), value: Float32Array.from(value) };
}
