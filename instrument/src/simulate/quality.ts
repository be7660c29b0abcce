import { share, type WordSource } from './share.ts';

/** Calls below the usual cut-off of 20, and the share of them whose gene is wrong. */
const LOW_QUALITY = 0.1;
const MISCALLED = 0.3;
const BEST = 40;

/** A Phred-like call quality: 10 % below 20, most of the others at the best value. */
export function drawQuality(source: WordSource): number {
  const u = share(source);
  if (u < LOW_QUALITY) return 3 + 16.9 * (u / LOW_QUALITY);
  const rest = (u - LOW_QUALITY) / (1 - LOW_QUALITY);
  return rest < 0.7 ? BEST : 20 + ((rest - 0.7) / 0.3) * 20;
}

/** Whether a call of this quality names the wrong gene. */
export function isMiscalled(source: WordSource, qv: number): boolean {
  return qv < 20 && share(source) < MISCALLED;
}
