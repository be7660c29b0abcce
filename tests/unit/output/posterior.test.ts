import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectPosterior } from '@spatile/coordinator/output/posterior';
import { readPosterior } from '@spatile/coordinator/output/posterior-job';
import type { SlideContext } from '@spatile/coordinator/run/slide';
import { RunStore } from '@spatile/coordinator/run/store';
import { ThreadPool } from '@spatile/coordinator/threads/pool';
import { configSchema, type RunConfig } from '@spatile/formats/config/schema';
import { ASSIGN_RESULT } from '@spatile/formats/tile/assign';
import { encodeFrame } from '@spatile/formats/tile/frame';
import { SAMPLED_PIECE, sampledFrame } from '@spatile/formats/tile/parts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { heldBytes } from '../../support/held-bytes.ts';

/** Expected transcripts of a cell, by model gene. */
type Sampled = Record<number, Record<number, number>>;

/** Features 0, 1, 2 are the model genes 2, 0, 1. */
const MODEL_GENE = Uint32Array.of(2, 0, 1);

let store: RunStore;
beforeEach(async () => {
  store = new RunStore(await mkdtemp(join(tmpdir(), 'spatile-posterior-')));
});
afterEach(() => rm(store.directory, { recursive: true }));

const knownOf = (cells: number) => ({ cells, modelGene: MODEL_GENE, modelGenes: MODEL_GENE.length });

const slideOf = (cells: number, method: RunConfig['assign']['method'] = 'proseg'): SlideContext =>
  ({
    config: configSchema.parse({ assign: { method } }),
    cells: { priorId: Array.from({ length: cells }, (_, i) => `n${i}`) },
    features: { modelGene: MODEL_GENE, modelGenes: MODEL_GENE.length },
  }) as unknown as SlideContext;

/** Commits the result of one task: every cell with its counts, a variance of half the mean, and `claims` claims. */
async function put(round: string, id: string, sampled: Sampled, claims = 0): Promise<void> {
  const cells = Object.keys(sampled).map(Number);
  const entries = cells.flatMap((cell) =>
    Object.entries(sampled[cell]).map(([gene, mean]) => ({ cell, gene: Number(gene), mean })),
  );
  const totals = cells.map((cell) => Object.values(sampled[cell]).reduce((a, b) => a + b, 0));
  const said = sampledFrame({
    cells: { cell: Uint32Array.from(cells), component: new Uint16Array(cells.length) },
    posterior: {
      expected: Float32Array.from(totals),
      variance: Float32Array.from(totals, (total) => total / 2),
      flips: new Float32Array(cells.length),
    },
    expected: {
      cell: Uint32Array.from(entries, (entry) => entry.cell),
      gene: Uint16Array.from(entries, (entry) => entry.gene),
      mean: Float32Array.from(entries, (entry) => entry.mean),
      variance: Float32Array.from(entries, (entry) => entry.mean / 2),
    },
  });
  const pieces = { part4: new Uint8Array(15 * claims), [SAMPLED_PIECE]: encodeFrame(said) };
  const frame = { kind: ASSIGN_RESULT, meta: {}, tables: {}, pieces };
  await store.commit(`results/${round}/${id}.frame`, encodeFrame(frame));
}

async function makeRounds(...rounds: string[]): Promise<void> {
  for (const round of rounds) await store.makeFolder(`results/${round}`);
}

describe('the posterior of a slide', () => {
  it('takes each cell from the last round in which it was sampled', async () => {
    await makeRounds('assign', 'assign-border-1', 'assign-border-2');
    await put('assign', 't0000', { 1: { 0: 4, 2: 1 }, 2: { 1: 8 }, 3: { 0: 2 } });
    await put('assign-border-1', 'b0000', { 2: { 0: 1, 1: 5 }, 3: { 1: 3 } });
    // Nothing is left of cell 3 in the last round: it has no entries there.
    await put('assign-border-2', 'b0000', { 3: {} });
    const { expected, rows } = (await collectPosterior(store, knownOf(4), true))!;
    expect([...expected]).toEqual([5, 6, 0, 0]);
    expect([1, 2, 3, 4].map((cell) => ({ ...rows!.of(cell) }))).toEqual([
      { column: Int32Array.of(0, 1), mean: Float32Array.of(1, 4), variance: Float32Array.of(0.5, 2) },
      { column: Int32Array.of(1, 2), mean: Float32Array.of(1, 5), variance: Float32Array.of(0.5, 2.5) },
      { column: new Int32Array(0), mean: new Float32Array(0), variance: new Float32Array(0) },
      { column: new Int32Array(0), mean: new Float32Array(0), variance: new Float32Array(0) },
    ]);
  });

  it('has no rows when they are not wanted', async () => {
    await makeRounds('assign');
    await put('assign', 't0000', { 1: { 0: 4 } });
    const found = await collectPosterior(store, knownOf(1), false);
    expect(found).toMatchObject({ expected: Float32Array.of(4), rows: null });
  });

  it.each(['nucleus', 'expand', 'baysor'] as const)(
    'is not looked for in the results of %s',
    async (method) => {
      await makeRounds('assign');
      await put('assign', 't0000', { 1: { 0: 4 } });
      const stage = { slide: slideOf(1, method), store, threads: new ThreadPool(0) };
      expect(await readPosterior(stage, Uint32Array.of(1))).toBeNull();
      expect(store.traffic().results.filesRead).toBe(0);
    },
  );

  it('is the same from a thread, and so is what it took to read it', async () => {
    await makeRounds('assign', 'assign-border-1');
    await put('assign', 't0000', { 1: { 0: 4, 2: 1 }, 2: { 1: 8 }, 3: { 0: 2 } });
    await put('assign-border-1', 'b0000', { 2: { 0: 1, 1: 5 } });
    const read = async (size: number) => {
      const threads = new ThreadPool(size);
      const own = new RunStore(store.directory);
      const posterior = await readPosterior({ slide: slideOf(4), store: own, threads }, Uint32Array.of(1, 3));
      await threads.close();
      return { posterior, traffic: own.traffic() };
    };
    const here = await read(0);
    expect(here.posterior!.expected).toEqual(Float32Array.of(5, 6, 2, 0));
    expect(here.posterior!.layers!.expected).toEqual({
      indptr: Int32Array.of(0, 2, 3),
      indices: Int32Array.of(0, 1, 1),
      data: Float32Array.of(1, 4, 2),
    });
    expect(here.traffic.results.filesRead).toBe(2);
    expect(await read(1)).toEqual(here);
  });

  it('keeps the entries it needs and lets go of the results they came in', async () => {
    await makeRounds('assign', 'assign-border-1');
    // Each file holds 16 bytes for every claim.
    for (let i = 0; i < 8; i++) await put('assign', `t000${i}`, { [i + 1]: { 0: 1 } }, 50_000);
    for (let i = 0; i < 8; i++) await put('assign-border-1', `b000${i}`, { 9: { 0: 1 } }, 50_000);
    const { buffers } = heldBytes();
    const found = await collectPosterior(store, knownOf(9), true);
    expect(heldBytes().buffers - buffers).toBeLessThan(200_000);
    expect([...found!.rows!.of(8).mean]).toEqual([1]);
  });
});
