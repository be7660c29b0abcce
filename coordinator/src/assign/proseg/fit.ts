import type { ProsegConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { Columns, Frame } from '@spatile/formats/tile/frame';
import {
  type FitBlock,
  GLOBALS_PIECE,
  globalsPiece,
  type ModelFrame,
  type ProsegGlobals,
  type ProsegSettings,
  preparationFrom,
  statisticsFrom,
} from '@spatile/formats/tile/proseg';
import { blocksOf, blocksToAverage, fitPhases, settled } from './blocks.ts';
import { freezeGlobals, meanOfBlock } from './freeze.ts';
import { initialState } from './initial.ts';
import { bestCellStart, type CellStart, fitKinds, type KindsInput, kindsInput } from './kinds.ts';
import { hashModel, type ProsegModel } from './model.ts';
import { densityCuts } from './model-frame.ts';
import { drawGlobals } from './posterior.ts';
import { missingCounts } from './rare-genes.ts';
import { prosegSettings } from './settings.ts';
import { type PooledStatistics, poolStatistics } from './statistics.ts';

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

/** What a pilot's task carries; that of preparing also its assign-tile frame, of which the others carry a copy (`WINDOW_PIECE`). */
export interface FitTask {
  tile: string;
  kind: 'assign.proseg.prepare' | 'assign.proseg.fit';
  meta: Record<string, unknown>;
  tables: Record<string, Columns>;
  pieces: Record<string, Uint8Array>;
}

/** One round of the fit: a task for every pilot. */
export interface FitStep {
  round: string;
  tasks: FitTask[];
  /** Part of what comes after the round and does not need it, for a moment in which workers are busy; may be left out. */
  meanwhile?: () => void;
}

/** What a pilot's next block starts from: its window, and the components of its cells or the chain that the block before left. */
type Carried = Pick<FitTask, 'tables' | 'pieces'>;

type Results = ReadonlyMap<string, Frame>;

/** Prior shares below this are not told apart: the prior is then negligible against the pilots. */
const LEAST_PRIOR_SHARE = 0.01;

/**
 * The pilot fit as a step machine: yields rounds of tasks, takes their results (by tile), returns the frozen model. It is a pure
 * function of its input and the results, so a run that was killed replays it from stored results.
 * Rounds: `assign-fit-000` prepares, the others run one block of iterations each. Chain state rides along unread.
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
  const first = start.components.map(
    (initial, i): Carried => ({ tables: { initial }, pieces: resultOf(prepared, pilots[i]).pieces ?? {} }),
  );
  const kindsStart = once(() => {
    const cells = kindsInput(preparations, input.geneTotals, frame, input.seed);
    const cellStart = (input.cellStart ?? (async () => bestCellStart(cells)))(cells);
    // Heard where it is awaited.
    cellStart.catch(() => undefined);
    return { cells, cellStart };
  });
  const fitted = yield* runBlocks(input, pilots, frame, settings, start.globals, first, kindsStart);
  const { cells, cellStart } = kindsStart();
  const kinds = fitKinds(cells, await cellStart, frame, fitted.globals);
  const globals = { ...fitted.globals, kinds };
  return { frame, globals, hash: hashModel(frame, globals), trace: fitted.trace };
}

/** @param beside what can be done while the first block runs. */
function* runBlocks(
  input: FitInput,
  pilots: readonly string[],
  frame: ModelFrame,
  settings: ProsegSettings,
  startGlobals: ProsegGlobals,
  start: Carried[],
  beside: () => void,
): Generator<FitStep, Pick<ProsegModel, 'trace'> & { globals: ProsegGlobals }, Results> {
  const priorShare = shareOf(input);
  const missing = missingCounts(input.geneTotals, input.pilotTotals);
  const records: { statistics: PooledStatistics; mean: () => ProsegGlobals }[] = [];
  const blocks: FitBlock[] = [];
  const trace: ProsegModel['trace'] = [];
  let draw = (): ProsegGlobals => startGlobals;
  let carried = start;
  let iteration = 0;
  const phases = fitPhases(input.config);
  for (const phase of phases) {
    const { fixedDispersion, fixedBackground } = phase;
    const logLikelihoods: number[] = [];
    let meanBefore: (() => void) | undefined;
    for (const block of blocksOf(
      phase,
      input.config.diffusion,
      input.config.fit.blockIterations,
      blocks.length,
      iteration,
    )) {
      const globals = draw();
      const meanwhile = blocks.length === 0 ? beside : meanBefore;
      const results = yield { ...blockStep(pilots, frame, settings, block, globals, carried), meanwhile };
      const frames = pilots.map((tile) => resultOf(results, tile));
      const statistics = poolStatistics(
        frames.map(({ tables }) => statisticsFrom(tables)),
        frame,
        block.recorded,
      );
      const mean = once(() =>
        meanOfBlock(statistics, globals, missing, frame, { fixedDispersion, priorShare }),
      );
      records.push({ statistics, mean });
      // What the last phase leaves is averaged.
      if (phase === phases[phases.length - 1]) meanBefore = mean;
      blocks.push(block);
      trace.push({ block: block.index, phase: block.phase, logLikelihood: statistics.logLikelihood });
      logLikelihoods.push(statistics.logLikelihood);
      // Nobody needs a draw after the last block.
      draw = () =>
        drawGlobals(statistics, globals, frame, {
          seed: input.seed,
          block: block.index,
          fixedDispersion,
          fixedBackground,
          priorShare,
        });
      carried = frames.map(({ pieces }, i) => ({ tables: {}, pieces: { ...carried[i].pieces, ...pieces } }));
      iteration = block.firstIteration + block.iterations;
      records.splice(0, records.length - Math.max(1, blocksToAverage(blocks)));
      if (phase.phase !== 'parameters' && settled(logLikelihoods)) break;
    }
  }
  const averaged = records.map(({ statistics, mean }) => ({ statistics, mean: mean() }));
  return { globals: freezeGlobals(averaged, missing, frame), trace };
}

/** Makes a value when it is first asked for, and keeps it. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

const roundName = (index: number): string => `assign-fit-${String(index).padStart(3, '0')}`;

function prepareTask(tile: string, model: ModelFrame, settings: ProsegSettings): FitTask {
  return { tile, kind: 'assign.proseg.prepare', meta: { model, settings }, tables: {}, pieces: {} };
}

function blockStep(
  pilots: readonly string[],
  model: ModelFrame,
  settings: ProsegSettings,
  block: FitBlock,
  globals: ProsegGlobals,
  carried: readonly Carried[],
): FitStep {
  const shared = globalsPiece(globals);
  const tasks = pilots.map((tile, i): FitTask => {
    return {
      tile,
      kind: 'assign.proseg.fit',
      meta: { model, settings, block },
      tables: carried[i].tables,
      pieces: { [GLOBALS_PIECE]: shared, ...carried[i].pieces },
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
