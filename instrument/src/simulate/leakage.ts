import type { Settings } from './options.ts';
import { SmoothField } from './smooth-field.ts';

/** No transcript leaks farther than this. */
export const LEAK_LIMIT_UM = 60;
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
 * Where a transcript is seen, region by region (the kernel moves the transcripts): most stay within the localisation error; some leak. Distances of leaked ones follow a
 * bivariate Student t of 2 degrees of freedom, cut off at `LEAK_LIMIT_UM`: with the usual scale of 4 um one in eight goes
 * beyond 15 um, where a normal distribution has one in a thousand. The chance differs between genes and between regions
 * of the slide; in damaged regions more leaks, and farther.
 */
export class Leakage {
  readonly #regions: SmoothField;
  readonly #damages: SmoothField;

  constructor(settings: Settings) {
    this.#regions = new SmoothField(settings.seed, 'leak-region', REGION_SCALE_UM);
    this.#damages = new SmoothField(settings.seed, 'leak-damage', DAMAGE_SCALE_UM);
  }

  /** What a place on the slide (microns) adds to the leak. */
  regionAt(x: number, y: number): LeakRegion {
    const damage = Math.max(0, this.#damages.at(x, y) - DAMAGE_FROM) / (1 - DAMAGE_FROM);
    return { chance: (0.5 + this.#regions.at(x, y)) * (1 + 1.5 * damage), reach: 1 + damage };
  }
}
