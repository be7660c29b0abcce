import type { ProsegConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { Columns, Frame } from '@spatile/formats/tile/frame';
import {
  type FitBlock,
  globalsTables,
  type ModelFrame,
  type ProsegGlobals,
  type ProsegSettings,
  preparationFrom,
  statisticsFrom,
} from '@spatile/formats/tile/proseg';
import { blocksOf, blocksToAverage, fitPhases, settled } from './blocks.ts';
import { type FitRecord, freezeGlobals } from './freeze.ts';
import { initialState } from './initial.ts';
import { bestCellStart, type CellStart, fitKinds, type KindsInput, kindsInput } from './kinds.ts';
import { hashModel, type ProsegModel } from './model.ts';
import { densityCuts } from './model-frame.ts';
import { drawGlobals } from './posterior.ts';
import { missingCounts } from './rare-genes.ts';
import { prosegSettings } from './settings.ts';
import { poolStatistics } from './statistics.ts';

export interface FitInput {
  /** Ids of the pilot tiles; their order does not matter. */
  pilots: readonly string[];
  /** Frame of the model; its density cuts are found here. */
  frame: ModelFrame;
  config: ProsegConfig;
  seed: number;
  /** Transcripts of each model gene on the slide, and in the pilots' frames. */
  geneTotals: ArrayLike<number>;
  pilotTotals: ArrayLike<number>;
  /** Who finds the start of the kinds while the blocks run (`bestCellStart`); it is done in place when absent. */
  cellStart?: (input: KindsInput) => Promise<CellStart | null>;
}

/** What to add to a pilot's assign-tile frame. */
export interface FitTask {
  tile: string;
  kind: 'assign.proseg.prepare' | 'assign.proseg.fit';
  meta: Record<string, unknown>;
  tables: Record<string, Columns>;
}

/** One round of the fit: a task for every pilot. */
export interface FitStep {
  round: string;
  tasks: FitTask[];
}

type Results = ReadonlyMap<string, Frame>;

/** Prior shares below this are not told apart: the prior is then negligible against the pilots. */
const LEAST_PRIOR_SHARE = 0.01;

/**
 * The pilot fit as a step machine: yields rounds of tasks, takes their results (by tile), returns the frozen model. It is a pure
 * function of its input and the results, so a run that was killed replays it from stored results.
 * Rounds: `assign-fit-000` prepares, the others run one block of iterations each. Chain state rides along in `chain.*` tables.
 * Errors: `PRIOR_EMPTY` without pilot cells, `RUN_CORRUPT` on results that do not fit.
 */
export async function* fitProseg(input: FitInput): AsyncGenerator<FitStep, ProsegModel, Results> {
  const pilots = [...input.pilots].sort();
  const settings = prosegSettings(input.config);
  const prepared = yield {
    round: roundName(0),
    tasks: pilots.map((tile) => prepareTask(tile, input.frame, settings)),
  };
  const preparations = pilots.map((tile) => preparationFrom(resultOf(prepared, tile).tables));
  const histograms = preparations.map(({ densityHistogram }) => densityHistogram);
  const frame: ModelFrame = {
    ...input.frame,
    densityCuts: densityCuts(sumHistograms(histograms), input.frame.densityBins),
  };
  const start = initialState(preparations, input.pilotTotals, frame, input.seed);
  const first = start.components.map((initial) => ({ initial }));
  const cells = kindsInput(preparations, input.geneTotals, frame, input.seed);
  const cellStart = (input.cellStart ?? (async () => bestCellStart(cells)))(cells);
  // Heard where it is awaited.
  cellStart.catch(() => undefined);
  const fitted = yield* runBlocks(input, pilots, frame, settings, start.globals, first);
  const kinds = fitKinds(cells, await cellStart, frame, fitted.globals);
  const globals = { ...fitted.globals, kinds };
  return { frame, globals, hash: hashModel(frame, globals), trace: fitted.trace };
}

function* runBlocks(
  input: FitInput,
  pilots: readonly string[],
  frame: ModelFrame,
  settings: ProsegSettings,
  startGlobals: ProsegGlobals,
  startTables: Record<string, Columns>[],
): Generator<FitStep, Pick<ProsegModel, 'trace'> & { globals: ProsegGlobals }, Results> {
  const priorShare = shareOf(input);
  const records: FitRecord[] = [];
  const blocks: FitBlock[] = [];
  const trace: ProsegModel['trace'] = [];
  let globals = startGlobals;
  let carried = startTables;
  let iteration = 0;
  for (const phase of fitPhases(input.config)) {
    const logLikelihoods: number[] = [];
    for (const block of blocksOf(
      phase,
      input.config.diffusion,
      input.config.fit.blockIterations,
      blocks.length,
      iteration,
    )) {
      const step = blockStep(pilots, frame, settings, block, globals, carried);
      const results = yield step;
      const frames = pilots.map((tile) => resultOf(results, tile));
      const statistics = poolStatistics(
        frames.map(({ tables }) => statisticsFrom(tables)),
        frame,
        block.recorded,
      );
      records.push({ statistics, globals, fixedDispersion: block.fixedDispersion });
      blocks.push(block);
      trace.push({ block: block.index, phase: block.phase, logLikelihood: statistics.logLikelihood });
      logLikelihoods.push(statistics.logLikelihood);
      const { fixedDispersion, fixedBackground } = phase;
      globals = drawGlobals(statistics, globals, frame, {
        seed: input.seed,
        block: block.index,
        fixedDispersion,
        fixedBackground,
        priorShare,
      });
      carried = frames.map(({ tables }) => chainOf(tables));
      iteration = block.firstIteration + block.iterations;
      records.splice(0, records.length - Math.max(1, blocksToAverage(blocks)));
      if (phase.phase !== 'parameters' && settled(logLikelihoods)) break;
    }
  }
  const missing = missingCounts(input.geneTotals, input.pilotTotals);
  return { globals: freezeGlobals(records, missing, frame, priorShare), trace };
}

const roundName = (index: number): string => `assign-fit-${String(index).padStart(3, '0')}`;

function prepareTask(tile: string, model: ModelFrame, settings: ProsegSettings): FitTask {
  return { tile, kind: 'assign.proseg.prepare', meta: { model, settings }, tables: {} };
}

function blockStep(
  pilots: readonly string[],
  model: ModelFrame,
  settings: ProsegSettings,
  block: FitBlock,
  globals: ProsegGlobals,
  carried: Record<string, Columns>[],
): FitStep {
  const shared = globalsTables(globals);
  const tasks = pilots.map((tile, i): FitTask => {
    return {
      tile,
      kind: 'assign.proseg.fit',
      meta: { model, settings, block },
      tables: { ...shared, ...carried[i] },
    };
  });
  return { round: roundName(block.index + 1), tasks };
}

function resultOf(results: Results, tile: string): Frame {
  const frame = results.get(tile);
  if (frame === undefined) {
    throw new SpatileError(
      'INTERNAL',
      `fit round: no result for pilot tile ${tile}; expected one result for every task; report this as a bug`,
    );
  }
  return frame;
}

/** The opaque chain tables of a result, under the names the next task wants them by. */
function chainOf(tables: Record<string, Columns>): Record<string, Columns> {
  return Object.fromEntries(Object.entries(tables).filter(([name]) => name.startsWith('chain.')));
}

function sumHistograms(histograms: readonly Uint32Array[]): Float64Array {
  const total = new Float64Array(histograms.reduce((most, { length }) => Math.max(most, length), 0));
  for (const histogram of histograms) {
    for (let i = 0; i < histogram.length; i++) total[i] += histogram[i];
  }
  return total;
}

/** Share of the slide's transcripts that the pilots hold. */
function shareOf({ geneTotals, pilotTotals }: FitInput): number {
  const sum = (values: ArrayLike<number>): number => {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += values[i];
    return total;
  };
  const slide = sum(geneTotals);
  return slide > 0 ? Math.min(1, Math.max(LEAST_PRIOR_SHARE, sum(pilotTotals) / slide)) : 1;
}
