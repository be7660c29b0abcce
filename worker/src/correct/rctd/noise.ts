import { exp } from '@spatile/random/elementary';

/** Where the normal part ends, in standard deviations. */
const KNEE = 3;
/** The tail falls as 1 / (z - POLE)^2: value and slope meet those of the normal density at the knee. */
const POLE = 7 / 3;
const DENSITY_AT_KNEE = exp(-(KNEE * KNEE) / 2) / Math.sqrt(2 * Math.PI);
const TAIL = (KNEE - POLE) ** 2 * DENSITY_AT_KNEE;
/** Normal probability below -3. */
const BELOW_KNEE = 0.0013498980316300933;
const NORMALISER = 1 / (1 + 2 * (TAIL / (KNEE - POLE) - BELOW_KNEE));

/**
 * Density of the log-scale noise of a gene at `u` for scale `sigma` > 0: normal within three sigma, with tails of order
 * u^-2 beyond, so that one outlying gene cannot force a cell type (Cable et al., Nat Biotechnol 40:517, 2022).
 */
export function noiseDensity(u: number, sigma: number): number {
  const z = Math.abs(u) / sigma;
  const value =
    z < KNEE ? exp(-0.5 * z * z) * (1 / Math.sqrt(2 * Math.PI)) : TAIL / ((z - POLE) * (z - POLE));
  return (NORMALISER * value) / sigma;
}
