import { effectiveSize, splitRHat } from './convergence.ts';
import type { Sampler } from './sampler.ts';
import type { Watch } from './watch.ts';

/** A cell whose volume has a larger split R-hat counts as still drifting (the bound of Gelman et al. for single series, 1.2, once usual). */
const DRIFTING = 1.2;

/** Numbers of a chain that has finished: the likelihood, what was taken, and how well the recorded samples have mixed. */
export function diagnosticsOf(sampler: Sampler, watch: Watch): Record<string, number> {
  const { arrays, bound, source, cells } = sampler;
  const { ln } = bound.kernel;
  let logLikelihood = 0;
  let counted = 0;
  for (let i = 0; i < source.length; i++) {
    if ((arrays.role[i] & 1) === 0) continue;
    logLikelihood += ln(arrays.rate[i] + arrays.background[i]);
    counted++;
  }
  let empty = 0;
  for (let c = 1; c <= cells.length; c++) if (arrays.owned[c] === 1 && arrays.size[c] === 0) empty++;
  return {
    transcripts: counted,
    logLikelihoodPerTranscript: counted === 0 ? 0 : logLikelihood / counted,
    labelAcceptance: watch.proposed === 0 ? 0 : watch.accepted / watch.proposed,
    repositionAcceptance: watch.places === 0 ? 0 : watch.moved / watch.places,
    mismatchPairs: bound.integer('pairCount'),
    cellsWithoutVoxel: empty,
    ...mixing(sampler, watch),
  };
}

function mixing({ arrays, cells }: Sampler, watch: Watch): Record<string, number> {
  const sizes: number[] = [];
  let drifting = 0;
  for (let c = 1; c <= cells.length; c++) {
    if (arrays.owned[c] === 0 || arrays.size[c] === 0) continue;
    const volumes = watch.volumesOf(c);
    sizes.push(effectiveSize(volumes));
    if (splitRHat(volumes) > DRIFTING) drifting++;
  }
  sizes.sort((a, b) => a - b);
  const [likelihood, foreground] = [halvesOf(watch.logLikelihood), halvesOf(watch.foreground)];
  return {
    recorded: watch.recorded,
    essLogLikelihood: effectiveSize(watch.logLikelihood),
    essForeground: effectiveSize(watch.foreground),
    essVolume: sizes.length === 0 ? 0 : sizes[Math.floor(sizes.length / 2)],
    rHatLogLikelihood: splitRHat(watch.logLikelihood),
    rHatForeground: splitRHat(watch.foreground),
    logLikelihoodDrift: likelihood[1] - likelihood[0],
    foregroundDrift: foreground[0] === 0 ? 0 : foreground[1] / foreground[0] - 1,
    cellsDrifting: sizes.length === 0 ? 0 : drifting / sizes.length,
  };
}

/** Means of the first and the second half. */
function halvesOf(values: readonly number[]): [number, number] {
  const half = Math.ceil(values.length / 2);
  const mean = (part: readonly number[]): number =>
    part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length);
  return [mean(values.slice(0, half)), mean(values.slice(-half))];
}
