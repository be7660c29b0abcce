import type { ModelFrame, ProsegGlobals, ProsegPreparation } from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';
import { type KindCells, kindCells } from './kind-cells.ts';
import { type KindMixture, stepKinds } from './kind-mixture.ts';
import { heldShares, startFrom, startGroups, startKinds } from './kind-start.ts';

/** Starts from single cells, steps after which the best of all goes on alone, and most steps in all. */
const STARTS = 3;
const FIRST_STEPS = 10;
const MOST_STEPS = 40;
/** The same on wide panels, where a step takes longest and leaves kinds nearly where they are after the first. */
const WIDE_STEPS = 16;
/** Transcripts that are added to every kind: like the slide, or like the component it starts from. */
const WORTH = 200;
/** A step that gains less log likelihood per cell is the last. */
const LEAST_GAIN = 1e-2;

/** What kinds are learned from; plain data, so that a thread can have it. */
export interface KindsInput {
  cells: KindCells;
  /** Share of each model gene on the slide. */
  slide: Float64Array;
  kinds: number;
  /** More genes than have a loading of their own: too many for a single cell to show what its kind makes. */
  isWide: boolean;
  seed: number;
}

/** The best start from cells: how likely it is after the first steps, and the shares it leads to. */
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
    isWide: model.factors > 0,
    seed,
  };
}

/**
 * The best of some starts from single cells, or on wide panels the start from groups of cells, taken to its end; null without
 * cells. It needs no fit: whoever has a core to spare finds it while the fit runs.
 */
export function bestCellStart({ cells, slide, kinds, isWide, seed }: KindsInput): CellStart | null {
  if (cells.total.length === 0) return null;
  if (isWide) {
    const start = startGroups(cells, slide, kinds, new RandomStream(seed, 'assign.fit.groups'));
    const { logLikelihood, share } = climb(cells, slide, start, 0, WIDE_STEPS);
    return { logLikelihood, share };
  }
  let best: KindMixture | null = null;
  for (let start = 0; start < STARTS; start++) {
    const stream = new RandomStream(seed, 'assign.fit.kinds', start);
    const mixture = steps(cells, slide, startKinds(cells, slide, kinds, WORTH, stream));
    if (best === null || mixture.logLikelihood > best.logLikelihood) best = mixture;
  }
  return best && { logLikelihood: best.logLikelihood, share: climb(cells, slide, best).share };
}

/**
 * What each kind of cell makes: shares of genes by kind (`genes x components`, columns sum to 1), learned from the pilots' cells
 * under their first labels, strays from the cells around taken out. The better of a start from the components of the sampler
 * (`globals`), which hold what their cells hold, and of that from single cells; on wide panels, whose components mix kinds, that
 * from groups of cells. Why: docs/decisions/components.md.
 */
export function fitKinds(
  { cells, slide, kinds, isWide }: KindsInput,
  fromCells: CellStart | null,
  model: ModelFrame,
  globals: ProsegGlobals,
): Float32Array {
  if (isWide && fromCells !== null) return Float32Array.from(fromCells.share);
  const held = heldShares(globals, slide, model);
  if (cells.total.length === 0) return Float32Array.from(held);
  const prior = held.map((share) => WORTH * share);
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

function climb(
  cells: KindCells,
  slide: Float64Array,
  from: KindMixture,
  first = FIRST_STEPS,
  most = MOST_STEPS,
): KindMixture {
  let mixture = from;
  for (let step = first; step < most; step++) {
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
