import { heldCounts } from '@spatile/coordinator/correct/counts/memory';
import { type SlideTypes, settleTypes } from '@spatile/coordinator/correct/rctd/cell-types';
import { neighbourGraph, secondTypeShares } from '@spatile/coordinator/correct/split/neighbours';
import { planSplit } from '@spatile/coordinator/correct/split/plan';
import { sentCounts } from '@spatile/coordinator/correct/split/reassign';
import { CELL_CLASSES, countsFrame, readCounted } from '@spatile/formats/tile/correct';
import { purifyCounts } from '@spatile/worker/correct/split/counts';
import { exactPart, mixtureOf, primaryShare } from '@spatile/worker/correct/split/purify';
import { expect, test } from 'vitest';
import { TOY, toyCounts } from './toy.ts';

const rates = {
  shares: TOY.shares,
  genes: TOY.genes,
  sharedOf: Int32Array.from({ length: 60 }, (_, j) => j),
  unreferencedGenes: 'keep',
} as const;

test('the toy: what stays is what the first type would have shown', () => {
  const counts = toyCounts(2000, [0.7, 0.3, 0]);
  const mixture = mixtureOf(0, [0, 1], [0.7, 0.3])!;
  for (let j = 0; j < 60; j++) {
    const stays = counts[j] * primaryShare(mixture, j, rates);
    // Counts were rounded before: 31 stands for 31, 59 for 59.
    expect(stays).toBeCloseTo(
      0.7 * 2000 * TOY.shares[j] * (counts[j] / (2000 * (0.7 * TOY.shares[j] + 0.3 * TOY.shares[60 + j]))),
      4,
    );
  }
  expect(counts[0] * primaryShare(mixture, 0, rates)).toBeCloseTo(56, 0);
  expect(counts[20] * primaryShare(mixture, 20, rates)).toBeCloseTo(7, 0);
});

test('one type, or none with a weight, is no mixture', () => {
  expect(mixtureOf(0, [0, 1], [1, 0])).toBeNull();
  expect(mixtureOf(0, [], [])).toBeNull();
  expect(mixtureOf(2, [0, 1, 2], [0.2, 0, 0.6])).toEqual({
    primary: 2,
    types: [0, 2],
    weights: [0.25, 0.7499999999999999],
  });
});

test('a gene that the reference lacks is kept, or divided as in the original', () => {
  const mixture = mixtureOf(0, [0, 1], [0.6, 0.4])!;
  const lacking = { ...rates, sharedOf: new Int32Array(60).fill(-1) };
  expect(primaryShare(mixture, 3, lacking)).toBe(1);
  expect(primaryShare(mixture, 3, { ...lacking, unreferencedGenes: 'split-like' })).toBeCloseTo(0.5, 12);
});

test('a gene scaled in all profiles gives the same share', () => {
  const scaled = { ...rates, shares: TOY.shares.map((x, i) => (i % 60 === 5 ? 7 * x : x)) };
  const mixture = mixtureOf(1, [0, 1], [0.3, 0.7])!;
  expect(primaryShare(mixture, 5, scaled)).toBeCloseTo(primaryShare(mixture, 5, rates), 6);
});

test('the part that stays and the rest are exact in 32-bit floats', () => {
  for (const count of [1, 2, 3, 7, 100, 1023, 65_537]) {
    for (const share of [0, 1e-9, 0.1, 1 / 3, 0.7, 0.999999, 1]) {
      const part = exactPart(count, share);
      expect(Math.fround(part)).toBe(part);
      expect(Math.fround(count - part)).toBe(count - part);
      expect(part + (count - part)).toBe(count);
      expect(Math.abs(part - count * share)).toBeLessThanOrEqual(count * 2 ** -23);
    }
  }
});

/** Cells in a row, 10 um apart, with a class, a first and a second type each. */
function typedCells(cells: readonly [(typeof CELL_CLASSES)[number], number, number][]): SlideTypes {
  const n = cells.length;
  const weights = new Float32Array(n * 3);
  cells.forEach(([, first, second], i) => {
    if (first >= 0) weights[3 * i + first] = 0.7;
    if (second >= 0) weights[3 * i + second] = 0.3;
  });
  return {
    cellClass: Uint8Array.from(cells, ([cellClass]) => CELL_CLASSES.indexOf(cellClass)),
    first: Int16Array.from(cells, ([, first]) => first),
    second: Int16Array.from(cells, ([, , second]) => second),
    firstCertain: new Uint8Array(n).fill(1),
    secondCertain: new Uint8Array(n).fill(1),
    firstWeight: new Float32Array(n).fill(0.7),
    secondWeight: new Float32Array(n).fill(0.3),
    minScore: new Float32Array(n),
    singletScore: new Float32Array(n),
    convergedAll: new Uint8Array(n).fill(1),
    convergedDoublet: new Uint8Array(n).fill(1),
    weights,
    subWeights: new Float32Array(0),
    confident: new Uint8Array(0),
  };
}

const CELLS: [(typeof CELL_CLASSES)[number], number, number][] = [
  ['doublet_certain', 0, 1],
  ['singlet', 1, 2],
  ['doublet_uncertain', 2, 0],
  ['reject', 0, 1],
  ['filtered', -1, -1],
  ['doublet_certain', 0, 2],
];

const SPLIT = {
  cells: 'neighbours',
  radiusUm: 15,
  neighbours: 19,
  threshold: 0.05,
  minWeight: 0.05,
  counts: 'fractions',
  unreferencedGenes: 'keep',
  reassign: 'none',
  reassignPower: 1,
  reassignKeep: 0,
  shift: { swap: false, neighbours: 100, cells: 10_000, components: 50, genes: 2000 },
} as const;

function tableOf(n: number) {
  const counts = toyCounts(300, [0.6, 0.3, 0.1]);
  const genes = counts.flatMap((c, j) => (c > 0 ? [j] : []));
  const matrix = {
    indptr: Int32Array.from({ length: n + 1 }, (_, i) => i * genes.length),
    indices: Int32Array.from({ length: n * genes.length }, (_, e) => genes[e % genes.length]),
    data: Int32Array.from({ length: n * genes.length }, (_, e) => counts[genes[e % genes.length]]),
  };
  const held = heldCounts(matrix, {
    geneNames: counts.map((_, j) => `g${j}`),
    geneIds: counts.map((_, j) => `g${j}`),
    spatial: Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? 5 * i : 0)),
  });
  return { ...matrix, ...held };
}

test('which cells are purified, by mode', () => {
  const typed = typedCells([...CELLS]);
  const table = tableOf(CELLS.length);
  const purified = (cells: 'all' | 'doublets' | 'neighbours') => [
    ...planSplit(table, typed, 3, { ...SPLIT, cells }).purify,
  ];
  expect(purified('all')).toEqual([1, 1, 2, 0, 0, 1]);
  expect(purified('doublets')).toEqual([1, 0, 2, 0, 0, 1]);
  // The last cell's second type, 2, is not among its neighbours within 15 um.
  expect(purified('neighbours')).toEqual([1, 1, 2, 0, 0, 0]);
});

test('the second type goes where one weight counts, both where none does', () => {
  const typed = typedCells([...CELLS]);
  typed.weights.set([0.9, 0.04, 0], 0);
  typed.weights.set([0.01, 0.02, 0], 3);
  const settled = settleTypes(typed, 3, 0.05);
  expect([settled.first[0], settled.second[0], CELL_CLASSES[settled.cellClass[0]]]).toEqual([
    0,
    -1,
    'singlet',
  ]);
  expect([settled.first[1], settled.second[1], CELL_CLASSES[settled.cellClass[1]]]).toEqual([
    -1,
    -1,
    'reject',
  ]);
  expect(CELL_CLASSES[settled.cellClass[4]]).toBe('filtered');
});

test('neighbours are the nearest within the radius, whichever way cells are numbered', () => {
  const spatial = Float64Array.of(0, 0, 3, 0, 0, 4, 14, 0, 40, 0);
  const { start, cell } = neighbourGraph(spatial, 15, 2);
  expect([...cell.subarray(start[0], start[1])]).toEqual([1, 2]);
  expect([...cell.subarray(start[3], start[4])]).toEqual([1, 0]);
  expect(start[5]).toBe(start[4]);
  const share = secondTypeShares(neighbourGraph(spatial, 15, 19), {
    first: Int16Array.of(0, 1, 1, 2, 0),
    second: Int16Array.of(1, -1, 0, -1, 1),
    firstWeight: Float32Array.of(0.5, 1, 0.75, 1, 0.5),
    secondWeight: Float32Array.of(0.5, 0, 0.25, 0, 0.5),
  });
  // Neighbours of cell 0: 1 (1), 1 (0.75) with 0 (0.25), 2 (1).
  expect(share[0]).toBeCloseTo(1.75 / 3, 6);
  expect(share[4]).toBe(0);
});

async function purify(settings: {
  counts: 'fractions' | 'integers';
  reassign: 'none' | 'uniform' | 'proportional';
  reassignPower?: number;
  reassignKeep?: number;
}) {
  const typed = typedCells([...CELLS]);
  const table = tableOf(CELLS.length);
  const split = { ...SPLIT, cells: 'all' as const, ...settings };
  const plan = planSplit(table, typed, 3, split);
  const [sent] = await sentCounts(table, plan, [{ id: 'all', from: 0, to: 6 }], split);
  const frame = countsFrame({
    types: 3,
    shares: TOY.shares,
    sharedOf: rates.sharedOf,
    settings: { counts: settings.counts, unreferencedGenes: 'keep', seed: 4 },
    cells: {
      length: new Uint32Array(6).fill(60),
      gene: Uint32Array.from(table.indices),
      count: Uint32Array.from(table.data),
    },
    row: Uint32Array.from([0, 1, 2, 3, 4, 5]),
    purify: plan.purify,
    first: plan.first,
    second: plan.second,
    firstWeight: typed.firstWeight,
    secondWeight: typed.secondWeight,
    weights: typed.weights,
    own: 6,
    sender: Uint32Array.from(sent, ({ from }) => from),
    receiver: Uint32Array.from(sent, ({ to }) => to),
    share: Float32Array.from(sent, ({ share }) => share),
  });
  const counted = readCounted(await purifyCounts(frame, { progress: () => {}, count: () => {} }));
  return { table, plan, sent, ...counted };
}

test('whole counts are drawn between 0 and what was observed, the same each time', async () => {
  const first = await purify({ counts: 'integers', reassign: 'none' });
  const again = await purify({ counts: 'integers', reassign: 'none' });
  expect(first.corrected).toEqual(again.corrected);
  first.corrected.forEach((value, e) => {
    expect(Number.isInteger(value) && value >= 0 && value <= first.table.data[e]).toBe(true);
  });
  expect(first.corrected.reduce((a, b) => a + b, 0)).toBeLessThan(
    first.table.data.reduce((a, b) => a + b, 0),
  );
});

test.each(['uniform', 'proportional'] as const)(
  'what is removed reaches neighbours of its type (%s)',
  async (reassign) => {
    const { table, plan, sent, corrected, received } = await purify({ counts: 'fractions', reassign });
    // Cell 0 (0 with 1) sends to cell 1, cell 1 (1 with 2) to cell 2; the neighbour of cell 2 that is of type 0 is a reject.
    expect(sent.map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    const removed = (i: number) => {
      let sum = 0;
      for (let e = 60 * i; e < 60 * (i + 1); e++) sum += table.data[e] - corrected[e];
      return sum;
    };
    const got = (i: number) => {
      const from = received.length.subarray(0, i).reduce((a, b) => a + b, 0);
      return received.value.subarray(from, from + received.length[i]).reduce((a, b) => a + b, 0);
    };
    expect(got(1)).toBeCloseTo(removed(0), 3);
    expect(got(2)).toBeCloseTo(removed(1), 3);
    expect(got(0) + got(3) + got(4) + got(5)).toBe(0);
    expect([...plan.purify].filter((p) => p > 0).length).toBe(4);
  },
);

test('what reassignment keeps goes back to the cell; what has no receiver is lost as before', async () => {
  const { sent } = await purify({ counts: 'fractions', reassign: 'uniform', reassignKeep: 0.25 });
  expect(sent).toEqual([
    { from: 0, to: 0, share: 0.25 },
    { from: 0, to: 1, share: 0.75 },
    { from: 1, to: 1, share: 0.25 },
    { from: 1, to: 2, share: 0.75 },
  ]);
});

test('reassignment by a power of the totals', async () => {
  // Cell 0 sends to cells 1 and 2 of its second type, with totals of 100 and 200.
  const typed = typedCells([
    ['doublet_certain', 0, 1],
    ['singlet', 1, -1],
    ['singlet', 1, -1],
  ]);
  const table = heldCounts(
    { indptr: Int32Array.of(0, 1, 2, 3), indices: Int32Array.of(0, 0, 0), data: Int32Array.of(50, 100, 200) },
    { geneNames: ['g'], geneIds: ['g'], spatial: Float64Array.of(0, 0, 5, 0, 0, 5) },
  );
  const sharesBy = async (reassign: 'uniform' | 'proportional', reassignPower: number) => {
    const split = { ...SPLIT, cells: 'all' as const, reassign, reassignPower };
    const plan = planSplit(table, typed, 3, split);
    const [sent] = await sentCounts(table, plan, [{ id: 'all', from: 0, to: 3 }], split);
    return sent.map(({ share }) => share);
  };
  expect(await sharesBy('uniform', 1)).toEqual([0.5, 0.5]);
  expect(await sharesBy('proportional', 1)).toEqual([1 / 3, 2 / 3]);
  const squared = await sharesBy('proportional', 2);
  expect(squared[0]).toBeCloseTo(0.2, 12);
  expect(await sharesBy('proportional', 0)).toEqual([0.5, 0.5]);
});
