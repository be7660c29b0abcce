import type { RandomStream } from '@spatile/random/stream';
import type { Settings } from './options.ts';
import type { Panel } from './panel.ts';
import { share } from './share.ts';
import { SmoothField } from './smooth-field.ts';

/** Localisation error of a transcript that stays where it was born. */
const NOISE_SD_UM = 0.4;
/** Of the transcripts that leak, the share that goes far, its mean distance and the farthest one. */
const FAR_SHARE = 0.1;
const FAR_MEAN_UM = 12;
const FAR_LIMIT_UM = 35;
const REGION_SCALE_UM = 250;

/**
 * Where a transcript is seen: most stay within the localisation error; some leak, by a normal distance or, one in ten, by
 * an exponential one (a tail no normal has). The chance differs between genes and between regions of the slide.
 */
export class Leakage {
  readonly #settings: Settings;
  readonly #panel: Panel;
  readonly #region: SmoothField;

  constructor(settings: Settings, panel: Panel) {
    this.#settings = settings;
    this.#panel = panel;
    this.#region = new SmoothField(settings.seed, 'leak-region', REGION_SCALE_UM);
  }

  /** Factor on the chance to leak in a region, 0.5 to 1.5. */
  regionFactor(x: number, y: number): number {
    return 0.5 + this.#region.at(x, y);
  }

  /** Adds the displacement to `place[0..1]`; true when the transcript leaked. */
  displace(stream: RandomStream, gene: number, regionFactor: number, place: Float64Array): boolean {
    const chance = this.#settings.leakShare * this.#panel.leakFactor[gene] * regionFactor;
    const leaks = share(stream) < Math.min(0.9, chance);
    if (leaks && share(stream) < FAR_SHARE) {
      const distance = Math.min(FAR_LIMIT_UM, FAR_MEAN_UM * stream.exponential());
      const angle = 2 * Math.PI * share(stream);
      place[0] += distance * Math.cos(angle);
      place[1] += distance * Math.sin(angle);
      return true;
    }
    const sd = leaks ? this.#settings.leakSdUm : NOISE_SD_UM;
    place[0] += sd * stream.normal();
    place[1] += sd * stream.normal();
    return leaks;
  }
}
