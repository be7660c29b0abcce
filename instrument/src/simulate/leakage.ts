import { normalOf } from './normal-quantiles.ts';
import type { Settings } from './options.ts';
import type { Panel } from './panel.ts';
import { share, type WordSource } from './share.ts';
import { SmoothField } from './smooth-field.ts';
import { directions } from './star-ring.ts';

/** Localisation error of a transcript that stays where it was born. */
const NOISE_SD_UM = 0.4;
/** No transcript leaks farther than this. */
export const LEAK_LIMIT_UM = 60;
const DIRECTIONS = 4096;
const REGION_SCALE_UM = 250;
/** Damaged tissue: where a field of its own is above this, rising to half as much again leaked and twice as far. */
const DAMAGE_SCALE_UM = 150;
const DAMAGE_FROM = 0.7;

/** How a place leaks, against the slide's average: factors on the chance and on the distance. */
export interface LeakRegion {
  chance: number;
  reach: number;
}

/**
 * Where a transcript is seen: most stay within the localisation error; some leak. Distances of leaked ones follow a
 * bivariate Student t of 2 degrees of freedom, cut off at `LEAK_LIMIT_UM`: with the usual scale of 4 um one in eight goes
 * beyond 15 um, where a normal distribution has one in a thousand. The chance differs between genes and between regions
 * of the slide; in damaged regions more leaks, and farther.
 */
export class Leakage {
  readonly #settings: Settings;
  readonly #panel: Panel;
  readonly #regions: SmoothField;
  readonly #damages: SmoothField;

  constructor(settings: Settings, panel: Panel) {
    this.#settings = settings;
    this.#panel = panel;
    this.#regions = new SmoothField(settings.seed, 'leak-region', REGION_SCALE_UM);
    this.#damages = new SmoothField(settings.seed, 'leak-damage', DAMAGE_SCALE_UM);
  }

  /** What a place on the slide (microns) adds to the leak. */
  regionAt(x: number, y: number): LeakRegion {
    const damage = Math.max(0, this.#damages.at(x, y) - DAMAGE_FROM) / (1 - DAMAGE_FROM);
    return { chance: (0.5 + this.#regions.at(x, y)) * (1 + 1.5 * damage), reach: 1 + damage };
  }

  /** Adds the displacement to `place[0..1]`; true when the transcript leaked. */
  displace(source: WordSource, gene: number, region: LeakRegion, place: Float64Array): boolean {
    const { leakShare, leakScaleUm } = this.#settings;
    const chance = leakShare * this.#panel.leakFactor[gene] * region.chance;
    if (share(source) >= Math.min(0.9, chance)) {
      const bits = source.uint32();
      place[0] += NOISE_SD_UM * normalOf(bits & 0xffff);
      place[1] += NOISE_SD_UM * normalOf(bits >>> 16);
      return false;
    }
    const distance = leakDistance(share(source), leakScaleUm * region.reach);
    const way = source.uint32() >>> 20;
    const { cos, sin } = directions(DIRECTIONS);
    place[0] += distance * cos[way];
    place[1] += distance * sin[way];
    return true;
  }
}

/**
 * Length of a bivariate t of 2 degrees of freedom and a scale in microns, at quantile 1 - `beyond` of what lies within
 * `LEAK_LIMIT_UM`: P(length > r) = 1 / (1 + r^2 / (2 scale^2)), so that no logarithm is needed.
 */
export function leakDistance(beyond: number, scaleUm: number): number {
  const twice = 2 * scaleUm * scaleUm;
  const cut = twice / (twice + LEAK_LIMIT_UM * LEAK_LIMIT_UM);
  const probability = cut + (1 - cut) * beyond;
  return Math.sqrt(twice * (1 / probability - 1));
}
