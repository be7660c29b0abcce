import type { Sampler } from './sampler.ts';

/** Steps of an iteration that the fit, the tile round and the border round share. Order and meaning: 1.5 to 1.7 of the method notes. */

/** Number in the random streams of what is drawn before the first iteration. */
export const START_ITERATION = 0xffffffff;

/** Classes of voxels that the kernel's sweeps tell apart: so many sweeps visit every voxel once. */
const CLASSES = 5;

/**
 * Label moves of one iteration: every voxel at a boundary proposes `perVoxel` times on average, in whole sweeps of a fifth of
 * the voxels each; a share of a sweep waits for the next iteration.
 */
export function moveLabels(
  { bound }: Sampler,
  iteration: number,
  perVoxel: number,
  temperature: number,
): { proposed: number; accepted: number } {
  const before = Math.floor(iteration * perVoxel * CLASSES);
  const sweeps = Math.floor((iteration + 1) * perVoxel * CLASSES) - before;
  // By iteration, not by what this process has swept so far: a fit's next block goes on where the last one stopped.
  bound.setInteger('sweep', before);
  const accepted = bound.kernel.moveLabels(bound.tile, iteration, sweeps, temperature);
  return { proposed: bound.integer('proposed'), accepted };
}

/** Sorts the transcripts by voxel again after they have moved. */
export function rebucket({ bound }: Sampler): void {
  bound.kernel.bucketTranscripts(bound.tile);
}

/** Repositions the transcripts (or leaves them) and brings their cached rates up to date. Returns the accepted moves. */
export function refresh({ bound }: Sampler, iteration: number, reposition: boolean): number {
  if (reposition) return bound.kernel.movePlaces(bound.tile, iteration);
  bound.kernel.refreshRates(bound.tile);
  return 0;
}

/** Foreground, components and loadings; the rates must be current. */
export function drawExpression({ bound }: Sampler, iteration: number): void {
  const { kernel, tile } = bound;
  kernel.drawForeground(tile, iteration, false);
  kernel.drawComponents(tile, iteration);
  kernel.drawLoadings(tile, iteration);
}

/**
 * First loadings: every cell at the mean of its prior over components, then foreground and components given them; with
 * `loadings` also the loadings.
 */
export function firstExpression(sampler: Sampler, upTo: 'components' | 'loadings'): void {
  const { bound, arrays, task } = sampler;
  const { kernel, tile } = bound;
  const iteration = START_ITERATION;
  const latent = bound.integer('latent');
  const width = bound.integer('componentWidth');
  const { pi } = task.globals!;
  const total = pi.reduce((sum, p) => sum + p, 0);
  for (let k = 0; k < latent; k++) {
    if (arrays.thetaSum[k] === 0) continue;
    let mean = 0;
    for (let t = 0; t < pi.length; t++)
      mean += (pi[t] / total) * arrays.shape[k * width + t] * arrays.scale[k * width + t];
    for (let c = 1; c <= sampler.cells.length; c++)
      if (arrays.frozen[c] === 0) arrays.loading[c * latent + k] = mean;
  }
  kernel.sumRates(tile);
  kernel.refreshRates(tile);
  kernel.drawForeground(tile, iteration, false);
  kernel.drawComponents(tile, iteration);
  if (upTo === 'loadings') kernel.drawLoadings(tile, iteration);
}

/**
 * Components and loadings of the cells that are not frozen, given labels, places and loadings that another task left: total rates
 * go with the law of the loadings, of which the state carries but one value each, and what it calls components are kinds of the
 * last rounds.
 */
export function firstLoadings({ bound }: Sampler): void {
  const { kernel, tile } = bound;
  kernel.refreshRates(tile);
  kernel.drawForeground(tile, START_ITERATION, false);
  kernel.drawComponents(tile, START_ITERATION);
  kernel.drawLoadings(tile, START_ITERATION);
}
