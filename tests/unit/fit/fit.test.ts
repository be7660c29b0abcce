import { type FitInput, type FitStep, fitProseg } from '@spatile/coordinator/assign/proseg/fit';
import { bestCellStart, type KindsInput } from '@spatile/coordinator/assign/proseg/kinds';
import { decodeModel, encodeModel, type ProsegModel } from '@spatile/coordinator/assign/proseg/model';
import { defaultConfig, type ProsegConfig } from '@spatile/formats/config/schema';
import { decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import {
  FIXED_POINT,
  type FitBlock,
  globalsOfTask,
  PROJECTION_WIDTH,
  preparationTables,
  statisticsTables,
} from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';
import { drawCells, statisticsOf, testFrame, testGlobals } from '../../support/model-statistics.ts';

const frame = testFrame({ densityCuts: [] });
const truth = testGlobals(frame, new RandomStream(1, 'truth'));
const CELLS = 30;

function configure(fit: Partial<ProsegConfig['fit']>): ProsegConfig {
  const config = defaultConfig().assign.proseg;
  return { ...config, fit: { ...config.fit, ...fit } };
}

function inputOf(overrides: Partial<FitInput> = {}): FitInput {
  const totals = [500, 400, 300, 200, 100, 60];
  return {
    pilots: ['t1', 't0'],
    frame,
    config: configure({ parameterIterations: 4, coarseIterations: 8, fineIterations: 8, blockIterations: 2 }),
    seed: 7,
    geneTotals: totals,
    pilotTotals: totals,
    ...overrides,
  };
}

const globalsOf = (pieces: Frame['pieces']) => globalsOfTask({ kind: 'task', meta: {}, tables: {}, pieces });

/** A worker that answers from the model itself. */
function answer(
  { tile, kind, meta, pieces }: FitStep['tasks'][number],
  logLikelihood: (block: number) => number,
): Frame {
  const number = Number(tile.slice(1));
  if (kind === 'assign.proseg.prepare') {
    const stream = new RandomStream(3, 'prepare', number);
    return {
      kind: 'proseg-preparation',
      meta: {},
      tables: preparationTables({
        densityHistogram: new Uint32Array(4096).fill(1),
        cell: Uint32Array.from({ length: CELLS }, (_, i) => 1 + number * CELLS + i),
        projection: Float32Array.from(
          { length: CELLS * PROJECTION_WIDTH },
          (_, i) => (Math.floor(i / PROJECTION_WIDTH) % 2) * 4 + stream.normal(),
        ),
        transcripts: new Uint32Array(CELLS).fill(40),
        voxels: new Uint32Array(CELLS).fill(20),
        farCounts: new Uint32Array(frame.genes),
        farColumns: new Uint32Array(1),
        cellX: Float64Array.from({ length: CELLS }, (_, i) => 10 * i),
        cellY: new Float64Array(CELLS),
        countCell: Uint32Array.from({ length: CELLS }, (_, i) => i),
        countGene: Uint32Array.from({ length: CELLS }, (_, i) => i % frame.genes),
        count: new Uint32Array(CELLS).fill(3),
      }),
    };
  }
  const block = meta.block as FitBlock;
  const stream = new RandomStream(3, 'fit', number, block.index);
  // Counts come from the truth, auxiliary draws from the globals of the task.
  const globals = { ...globalsOf(pieces), theta: truth.theta, beta: truth.beta };
  const statistics = statisticsOf(stream, drawCells(stream, CELLS, truth, frame), globals, frame, 400);
  statistics.logLikelihood[0] = BigInt(Math.round(logLikelihood(block.index) * FIXED_POINT));
  return {
    kind: 'proseg-statistics',
    meta: {},
    tables: statisticsTables(statistics),
    pieces: { chain: Uint8Array.of(block.index) },
  };
}

async function drive(
  input: FitInput,
  visit: (step: FitStep) => void = () => undefined,
  logLikelihood: (block: number) => number = (block) => -5 + block,
): Promise<ProsegModel> {
  const fit = fitProseg(input);
  let step = await fit.next();
  while (!step.done) {
    visit(step.value);
    const results = new Map<string, Frame>();
    for (const task of [...step.value.tasks].reverse()) results.set(task.tile, answer(task, logLikelihood));
    step = await fit.next(results);
  }
  return step.value;
}

describe('fit', () => {
  it('prepares, then runs blocks with growing iterations, and carries each chain along', async () => {
    const steps: FitStep[] = [];
    await drive(inputOf(), (step) => steps.push(step));
    expect(steps.map(({ round }) => round)).toEqual(
      Array.from({ length: 11 }, (_, i) => `assign-fit-${String(i).padStart(3, '0')}`),
    );
    expect(steps[0].tasks.map(({ kind, tile }) => [kind, tile])).toEqual([
      ['assign.proseg.prepare', 't0'],
      ['assign.proseg.prepare', 't1'],
    ]);
    const blocks = steps.slice(1).map(({ tasks }) => tasks[0].meta.block as FitBlock);
    expect(blocks.map(({ phase }) => phase[0]).join('')).toBe('ppccccffff');
    expect(blocks.map(({ firstIteration }) => firstIteration)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    expect(blocks.map(({ fixedDispersion }) => fixedDispersion)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
    for (const block of blocks) expect(block).toMatchObject({ iterations: 2, recorded: 1, diffusion: true });
    const [first] = steps[1].tasks;
    expect([...first.tables.initial.cell]).toEqual(Array.from({ length: CELLS }, (_, i) => i + 1));
    expect(first.pieces.chain).toBeUndefined();
    expect((first.meta.model as { densityCuts: number[] }).densityCuts).toHaveLength(1);
    for (const [i, step] of steps.slice(2).entries()) {
      for (const task of step.tasks) {
        expect([...task.pieces.chain]).toEqual([i]);
        expect(task.tables.initial).toBeUndefined();
      }
    }
  });

  it('holds the background until transcripts are repositioned', async () => {
    const seen: { phase: string; beta: string }[] = [];
    await drive(inputOf(), ({ tasks }) => {
      if (tasks[0].kind === 'assign.proseg.fit')
        seen.push({
          phase: (tasks[0].meta.block as FitBlock).phase,
          beta: globalsOf(tasks[0].pieces).beta.join(),
        });
    });
    const held = seen.filter(({ phase }) => phase !== 'fine').map(({ beta }) => beta);
    expect(new Set(held).size).toBe(1);
    // The first fine block still runs with what was held; the others with draws.
    expect(new Set(seen.map(({ beta }) => beta)).size).toBe(4);
  });

  it('gives the same bytes for the same seed and any order of pilots and results, others for another seed', async () => {
    const model = await drive(inputOf());
    expect((await drive(inputOf({ pilots: ['t0', 't1'] }))).hash).toBe(model.hash);
    expect((await drive(inputOf({ seed: 8 }))).hash).not.toBe(model.hash);
  });

  it('takes the start of the kinds from whoever found it meanwhile, with the same result', async () => {
    const asked: KindsInput[] = [];
    const model = await drive({
      ...inputOf(),
      cellStart: async (kinds) => {
        asked.push(kinds);
        return bestCellStart(kinds);
      },
    });
    expect(asked).toHaveLength(1);
    expect(model.hash).toBe((await drive(inputOf())).hash);
    await expect(
      drive({ ...inputOf(), cellStart: () => Promise.reject(new Error('the thread ended')) }),
    ).rejects.toThrow('the thread ended');
  });

  it('separates the two components and freezes near the truth', async () => {
    const config = configure({
      parameterIterations: 4,
      coarseIterations: 20,
      fineIterations: 40,
      blockIterations: 2,
    });
    const { globals, frame: fitted } = await drive(
      inputOf({ config, pilots: Array.from({ length: 8 }, (_, i) => `t${i}`) }),
    );
    expect(fitted.densityCuts).toEqual([2048 / 64]);
    for (let t = 0; t < 2; t++) {
      expect(Math.abs(globals.pi[t] - truth.pi[t])).toBeLessThan(0.08);
      expect(Math.abs(globals.mu[t] - truth.mu[t])).toBeLessThan(0.1);
    }
    for (let i = 0; i < truth.beta.length; i++)
      expect(Math.abs(globals.beta[i] - truth.beta[i])).toBeLessThan(0.003);
    for (let i = 0; i < truth.theta.length; i++)
      expect(Math.abs(globals.theta[i] - truth.theta[i])).toBeLessThan(0.05);
  });

  it('ends a phase early when the log likelihood has settled, never the parameters', async () => {
    const phases: string[] = [];
    const config = configure({
      parameterIterations: 12,
      coarseIterations: 24,
      fineIterations: 24,
      blockIterations: 2,
    });
    await drive(
      inputOf({ config }),
      ({ tasks }) => phases.push(((tasks[0].meta.block as FitBlock)?.phase ?? '-')[0]),
      () => -5,
    );
    expect(phases.join('')).toBe('-ppppppccccccccffff');
  });

  it('gives genes that no pilot holds the rates of an average gene', async () => {
    const pilotTotals = [500, 0, 300, 200, 100, 0];
    const { globals } = await drive(
      inputOf({ geneTotals: [5000, 4000, 3000, 2000, 1000, 600], pilotTotals }),
    );
    const width = 4;
    for (let t = 0; t < 2; t++) {
      // Private gene 1: expected counts 0.8 of gene 0's.
      expect(globals.r[t * width + 1]).toBe(1);
      expect(globals.s[t * width + 1]).toBeGreaterThan(0.005);
    }
    const rowSum = (g: number): number => globals.theta[(g - 2) * 2] + globals.theta[(g - 2) * 2 + 1];
    expect(rowSum(5)).toBeGreaterThan(0.02);
  });

  it('says so when no pilot cell has a voxel', async () => {
    const fit = fitProseg(inputOf({ pilots: ['t0'] }));
    const step = (await fit.next()).value as FitStep;
    const prepared = answer(step.tasks[0], () => 0);
    for (const name of ['cell', 'projection', 'transcripts', 'voxels']) {
      prepared.tables[`preparation.${name}`] = {
        value: prepared.tables[`preparation.${name}`].value.slice(0, 0),
      };
    }
    await expect(fit.next(new Map([['t0', prepared]]))).rejects.toThrow(/no prior cell covers a voxel/);
  });

  it('survives storage, and damage is noticed', async () => {
    const model = await drive(inputOf());
    const stored = decodeFrame(encodeFrame(encodeModel(model)), 'assign-model');
    expect(decodeModel(stored)).toEqual(model);
    const pi = stored.tables['globals.pi'].value as Float64Array;
    pi[0] += 1e-6;
    expect(() => decodeModel(stored)).toThrow(/not what was stored/);
  });
});
