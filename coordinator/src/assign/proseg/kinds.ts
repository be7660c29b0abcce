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

/**
 * What each kind of cell makes: shares of genes by kind (`genes x components`, columns sum to 1), learned from the pilots' cells
 * under their first labels, strays from the cells around taken out. The best of a start from the components of the sampler
 * (`globals`), which hold what their cells hold, and some from single cells. `geneTotals`: transcripts of each model gene on the
 * slide. Why: docs/decisions/components.md.
 */
export function fitKinds(
  preparations: readonly ProsegPreparation[],
  geneTotals: ArrayLike<number>,
  model: ModelFrame,
  globals: ProsegGlobals,
  seed: number,
): Float32Array {
  const cells = kindCells(preparations);
  const slide = slideShares(geneTotals, model.genes);
  const { components } = model;
  const held = heldShares(globals, slide, model);
  if (cells.total.length === 0) return Float32Array.from(held);
  const worth = WORTH + WORTH_PER_FACTORED * (model.genes - model.privateGenes);
  const prior = held.map((share) => worth * share);
  let best = steps(cells, slide, startFrom(held, prior, components, cells.total.length));
  // Of thousands of genes a single cell shows too few to start a kind from.
  const starts = model.factors > 0 ? 0 : STARTS;
  for (let start = 0; start < starts; start++) {
    const stream = new RandomStream(seed, 'assign.fit.kinds', start);
    const mixture = steps(cells, slide, startKinds(cells, slide, components, worth, stream));
    if (mixture.logLikelihood > best.logLikelihood) best = mixture;
  }
  return Float32Array.from(climb(cells, slide, best).share);
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
