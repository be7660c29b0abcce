import type { SlideBundle } from './slide.ts';

/** What a platform's reader gives; priors are found afterwards, with the version that decides their layout. */
export type OpenedBundle = Omit<SlideBundle, 'priors'> & {
  /** `3.1.0` where `platformVersion` says it in words; null when unknown. */
  layoutVersion: string | null;
};
