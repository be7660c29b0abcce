import type { ModelFrame, ProsegGlobals, ProsegPreparation } from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';
import { type KindCells, kindCells } from './kind-cells.ts';
import { type KindMixture, stepKinds } from './kind-mixture.ts';
import { heldShares, startFrom, startKinds } from './kind-start.ts';

/** Starts from single cells, steps after which the best of all goes on alone, and most steps in all. */
const STARTS = 3;
const FIRST_STEPS = 10;
const MOST_STEPS = 40;
/** Transcripts that are added to every kind: like the slide, or like the component it starts from; and more by factored gene. */
const WORTH = 200;
const WORTH_PER_FACTORED = 4;
/** A step that gains less log likelihood per cell is the last. */
const LEAST_GAIN = 1e-2;

/** What kinds are learned from; plain data, so that a thread can have it. */
export interface KindsInput {
  cells: KindCells;
  /** Share of each model gene on the slide. */
  slide: Float64Array;
  kinds: number;
  /** Starts from single cells. */
  starts: number;
  /** Transcripts that are added to every kind. */
  worth: number;
  seed: number;
}

/** The best start from single cells: how likely it is after the first steps, and the shares it leads to. */
export interface CellStart {
  logLikelihood: number;
  /** As `fitKinds` gives them. */
  share: Float64Array;
}

/** The cells of the pilots and what else kinds are learned from. `geneTotals`: transcripts of each model gene on the slide. */
export function kindsInput(
  preparations: readonly ProsegPreparation[],
  geneTotals: ArrayLike<number>,
  model: ModelFrame,
  seed: number,
): KindsInput {
  return {
    cells: kindCells(preparations),
    slide: slideShares(geneTotals, model.genes),
    kinds: model.components,
    // Of thousands of genes a single cell shows too few to start a kind from.
    starts: model.factors > 0 ? 0 : STARTS,
    worth: WORTH + WORTH_PER_FACTORED * (model.genes - model.privateGenes),
    seed,
  };
}

/**
 * The best of some starts from single cells, taken to its end; null without a start. It needs no fit: whoever has a core to spare
 * finds it while the fit runs.
 */
export function bestCellStart({ cells, slide, kinds, starts, worth, seed }: KindsInput): CellStart | null {
  if (cells.total.length === 0) return null;
  let best: KindMixture | null = null;
  for (let start = 0; start < starts; start++) {
    const stream = new RandomStream(seed, 'assign.fit.kinds', start);
    const mixture = steps(cells, slide, startKinds(cells, slide, kinds, worth, stream));
    if (best === null || mixture.logLikelihood > best.logLikelihood) best = mixture;
  }
  return best && { logLikelihood: best.logLikelihood, share: climb(cells, slide, best).share };
}

/**
 * What each kind of cell makes: shares of genes by kind (`genes x components`, columns sum to 1), learned from the pilots' cells
 * under their first labels, strays from the cells around taken out. The better of a start from the components of the sampler
 * (`globals`), which hold what their cells hold, and of that from single cells. Why: docs/decisions/components.md.
 */
export function fitKinds(
  { cells, slide, kinds, worth }: KindsInput,
  fromCells: CellStart | null,
  model: ModelFrame,
  globals: ProsegGlobals,
): Float32Array {
  const held = heldShares(globals, slide, model);
  if (cells.total.length === 0) return Float32Array.from(held);
  const prior = held.map((share) => worth * share);
  const fromHeld = steps(cells, slide, startFrom(held, prior, kinds, cells.total.length));
  return Float32Array.from(
    fromCells !== null && fromCells.logLikelihood > fromHeld.logLikelihood
      ? fromCells.share
      : climb(cells, slide, fromHeld).share,
  );
}

function steps(cells: KindCells, slide: Float64Array, start: KindMixture): KindMixture {
  let mixture = start;
  for (let step = 0; step < FIRST_STEPS; step++) mixture = stepKinds(cells, slide, mixture);
  return mixture;
}

function climb(cells: KindCells, slide: Float64Array, from: KindMixture): KindMixture {
  let mixture = from;
  for (let step = FIRST_STEPS; step < MOST_STEPS; step++) {
    const next = stepKinds(cells, slide, mixture);
    const gain = next.logLikelihood - mixture.logLikelihood;
    mixture = next;
    if (Math.abs(gain) < LEAST_GAIN * cells.total.length) break;
  }
  return mixture;
}

/** Shares of genes with half a transcript added to each, so that none is 0. */
function slideShares(totals: ArrayLike<number>, genes: number): Float64Array {
  let total = 0;
  for (let g = 0; g < genes; g++) total += totals[g] + 0.5;
  return Float64Array.from({ length: genes }, (_, g) => (totals[g] + 0.5) / total);
}
