import { blocksOf } from '@spatile/coordinator/correct/blocks';
import { runCorrect } from '@spatile/coordinator/correct/correct';
import { heldCounts } from '@spatile/coordinator/correct/counts/memory';
import type { CorrectStage } from '@spatile/coordinator/correct/method';
import type { SettledTypes, SlideTypes } from '@spatile/coordinator/correct/rctd/cell-types';
import { shiftTypes, withSwaps } from '@spatile/coordinator/correct/split/shift';
import type { RoundRunner } from '@spatile/coordinator/run/rounds';
import { defaultConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import { CELL_CLASSES } from '@spatile/formats/tile/correct';
import { RandomStream } from '@spatile/random/stream';
import { expressionSpace } from '@spatile/worker/correct/split/space';
import { expect, test } from 'vitest';
import { InlineRunner } from './celladmix/drive.ts';
import { TOY } from './toy.ts';

/** Cells enough for two blocks. */
const CELLS = 1100;
const WRONG = new Set([0, 5, 300, 1024, 1099]);

/** Cells of three types in turn, 40 transcripts each from the toy's profiles. */
function drawn() {
  const indptr = [0];
  const indices: number[] = [];
  const data: number[] = [];
  for (let cell = 0; cell < CELLS; cell++) {
    const random = new RandomStream(7, 'test.shift', cell);
    const profile = TOY.shares.subarray((cell % 3) * 60, (cell % 3) * 60 + 60);
    const counts = new Map<number, number>();
    for (let t = 0; t < 40; t++) {
      const gene = random.categorical(profile);
      counts.set(gene, (counts.get(gene) ?? 0) + 1);
    }
    for (const [gene, count] of [...counts].sort(([a], [b]) => a - b)) {
      indices.push(gene);
      data.push(count);
    }
    indptr.push(indices.length);
  }
  return {
    indptr: Int32Array.from(indptr),
    indices: Int32Array.from(indices),
    data: Int32Array.from(data),
  };
}

const genes = Array.from({ length: 60 }, (_, j) => `g${j}`);
const matrix = drawn();
const table = heldCounts(matrix, {
  geneNames: genes,
  geneIds: genes,
  spatial: new Float64Array(2 * CELLS),
});

function stageOf(runner: InlineRunner, cells: number): CorrectStage {
  const config = defaultConfig();
  Object.assign(config.correct.split.shift, { swap: true, neighbours: 20, cells, components: 5 });
  return {
    ...{ config, table, reference: null, transcripts: null },
    runner: runner as unknown as RoundRunner,
  };
}

/** Every cell with a second type; the first is its own, but for a few, whose own is the second. */
function types(): SettledTypes & SlideTypes {
  const own = (row: number): number => row % 3;
  const other = (row: number): number => (row + 1) % 3;
  const rows = Array.from({ length: CELLS }, (_, row) => row);
  return {
    cellClass: new Uint8Array(CELLS).fill(CELL_CLASSES.indexOf('doublet_certain')),
    first: Int16Array.from(rows, (row) => (WRONG.has(row) ? other(row) : own(row))),
    second: Int16Array.from(rows, (row) => (WRONG.has(row) ? own(row) : other(row))),
    firstWeight: new Float32Array(CELLS).fill(0.75),
    secondWeight: new Float32Array(CELLS).fill(0.25),
  } as SettledTypes & SlideTypes;
}

const OWN_CLASSES = Int32Array.of(0, 1, 2);

test('cells whose like are of their second type have their types and weights swapped', async () => {
  const typed = types();
  const shifted = await shiftTypes(stageOf(new InlineRunner(), 10_000), typed, typed, OWN_CLASSES);
  const swapped = [...shifted.swapped.keys()].filter((row) => shifted.swapped[row] === 1);
  expect(swapped).toEqual([...WRONG]);
  for (let row = 0; row < CELLS; row++) {
    expect([shifted.first[row], shifted.second[row]]).toEqual([row % 3, (row + 1) % 3]);
    expect(shifted.firstWeight[row]).toBe(WRONG.has(row) ? 0.25 : 0.75);
  }
  const after = withSwaps(typed, shifted);
  expect(after.first).toEqual(shifted.first);
  expect(after.secondWeight[5]).toBe(0.75);
  expect(typed.first[5]).not.toBe(after.first[5]);
});

test('types of one class do not change places, and cells of one type stay', async () => {
  const typed = types();
  const oneClass = await shiftTypes(
    stageOf(new InlineRunner(), 10_000),
    typed,
    typed,
    Int32Array.of(0, 0, 0),
  );
  expect(Math.max(...oneClass.swapped)).toBe(0);
  const single = { ...typed, second: new Int16Array(CELLS).fill(-1) };
  const alone = await shiftTypes(stageOf(new InlineRunner(), 10_000), single, single, OWN_CLASSES);
  expect(Math.max(...alone.swapped)).toBe(0);
});

test('a sample of the cells says the same, whatever the order of the tasks', async () => {
  const typed = types();
  const forward = new InlineRunner();
  const backward = new InlineRunner((tasks) => [...tasks].reverse());
  const one = await shiftTypes(stageOf(forward, 300), typed, typed, OWN_CLASSES);
  const other = await shiftTypes(stageOf(backward, 300), typed, typed, OWN_CLASSES);
  expect([...one.swapped.keys()].filter((row) => one.swapped[row] === 1)).toEqual([...WRONG]);
  expect(other).toEqual(one);
  expect(forward.bytes).toEqual(new Map([...backward.bytes].sort(([a], [b]) => order(a, b))));
  expect(blocksOf(CELLS).length).toBe(2);
});

/** The space first, then blocks by number. */
const order = (a: string, b: string): number =>
  Number(b.includes('space')) - Number(a.includes('space')) || (a < b ? -1 : 1);

const sparse = (rows: number) => ({
  length: Uint32Array.from({ length: rows }, (_, i) => matrix.indptr[i + 1] - matrix.indptr[i]),
  gene: Uint32Array.from(matrix.indices.subarray(0, matrix.indptr[rows])),
  count: Uint32Array.from(matrix.data.subarray(0, matrix.indptr[rows])),
});

test('a chain with swaps: what a swapped cell keeps is what it would have lost', async () => {
  const reference: ReferenceProfiles = {
    ...{ types: ['a', 'b', 'c'], genes: Int32Array.from(genes, (_, j) => j), shares: TOY.shares },
    ...{ cells: null, from: 'test', warnings: [] },
  };
  const mixed = heldCounts(mixtures(), { geneNames: genes, geneIds: genes, spatial: new Float64Array(180) });
  const corrected = async (swap: boolean) => {
    const stage = { ...stageOf(new InlineRunner(), 10_000), reference, table: mixed };
    const { correct } = stage.config;
    Object.assign(correct, { methods: ['rctd', 'split'] });
    Object.assign(correct.split, { cells: 'all' });
    Object.assign(correct.split.shift, { swap, neighbours: 10 });
    const { obs } = await runCorrect(stage);
    return (name: string) => obs.find((column) => column.name === name)!.values as ArrayLike<number>;
  };
  const [plain, shifted] = [await corrected(false), await corrected(true)];
  const swapped = shifted('split_swapped');
  // The last cells are mostly of one type beside cells of which all are mostly of the other.
  expect(Array.from(swapped).filter(Boolean).length).toBeGreaterThan(0);
  for (let row = 0; row < 90; row++) {
    if (
      shifted('split_status')[row] !== 1 ||
      CELL_CLASSES[shifted('split_class')[row]] === 'doublet_uncertain'
    )
      continue;
    const [first, second] = swapped[row] ? ['rctd_second', 'rctd_first'] : ['rctd_first', 'rctd_second'];
    expect(shifted('split_first')[row]).toBe(plain(first)[row]);
    expect(shifted('split_second')[row]).toBe(plain(second)[row]);
    const keeps = swapped[row] ? 400 - plain('split_counts')[row] : plain('split_counts')[row];
    expect(Math.abs(shifted('split_counts')[row] - keeps)).toBeLessThan(1e-2);
  }
});

/** 90 cells of 400 transcripts: 80 of type a with a little of b, 10 of b with a little less of a. */
function mixtures() {
  const rows = Array.from({ length: 90 }, (_, cell) => {
    const random = new RandomStream(9, 'test.mixed', cell);
    const ofA = cell < 80 ? 0.7 : 0.48;
    const counts = new Array<number>(60).fill(0);
    for (let t = 0; t < 400; t++) {
      const type = random.uniform() < ofA ? 0 : 1;
      counts[random.categorical(TOY.shares.subarray(60 * type, 60 * type + 60))]++;
    }
    return counts;
  });
  const entries = rows.flatMap((counts) => counts.flatMap((n, j) => (n > 0 ? [{ n, j }] : [])));
  let end = 0;
  return {
    indptr: Int32Array.from([0, ...rows.map((counts) => (end += counts.filter((n) => n > 0).length))]),
    indices: Int32Array.from(entries, ({ j }) => j),
    data: Int32Array.from(entries, ({ n }) => n),
  };
}

test('the space has orthonormal axes over the most variable genes and tells the types apart', () => {
  const input = { genes: 60, components: 4, mostGenes: 50, seed: 3, cells: sparse(600) };
  const space = expressionSpace(input, () => {});
  expect(space.gene.length).toBe(50);
  const dot = (a: number, b: number): number =>
    Array.from({ length: 50 }, (_, g) => space.loading[4 * g + a] * space.loading[4 * g + b]).reduce(
      (x, y) => x + y,
      0,
    );
  for (const a of [0, 1, 2, 3])
    for (const b of [0, 1, 2, 3]) expect(dot(a, b)).toBeCloseTo(a === b ? 1 : 0, 5);
  const between = (i: number, j: number): number => {
    let sum = 0;
    for (let c = 0; c < 4; c++) sum += (space.place[4 * i + c] - space.place[4 * j + c]) ** 2;
    return sum;
  };
  // Of 100 cells nearly all are nearer to the next of their type than to the next of another.
  const nearer = Array.from({ length: 100 }, (_, i) => between(i, i + 300) < between(i, i + 301));
  expect(nearer.filter(Boolean).length).toBeGreaterThan(90);
});

test('a space of fewer cells than axes, and of one cell', () => {
  const few = expressionSpace(
    { genes: 60, components: 50, mostGenes: 50, seed: 3, cells: sparse(6) },
    () => {},
  );
  expect(few.components).toBe(6);
  expect([...few.place].every(Number.isFinite)).toBe(true);
  const one = expressionSpace(
    { genes: 60, components: 50, mostGenes: 50, seed: 3, cells: sparse(1) },
    () => {},
  );
  expect(one.components).toBe(0);
});
