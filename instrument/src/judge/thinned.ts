import { thinnedCoexpression } from './coexpression.ts';
import type { MarkerFacts } from './marker-facts.ts';

/** Shares of a result's transcripts that are kept, most first. */
export const KEPT_SHARES = [1, 0.8, 0.6, 0.45, 0.3, 0.2, 0.15, 0.1, 0.05, 0.02, 0.01] as const;

/** What is left of a result's co-expression when a share of its transcripts is kept at random. */
export interface Thinned {
  /** 0 to 1. */
  keep: number;
  /** 0 to 1, less is better; null without pairs of markers. */
  coexpression: number | null;
}

/**
 * Co-expression of exclusive markers in the result's cells by the share of transcripts that is kept at random. Losing transcripts
 * lowers it, right or wrong ones; read at the depth of another result, two can be held against each other.
 */
export function thinnedRates({ ofPredicted, markers }: MarkerFacts): Thinned[] {
  return KEPT_SHARES.map((keep) => ({ keep, coexpression: thinnedCoexpression(ofPredicted, markers, keep) }));
}

/** The rate at any share (0 to 1), between those listed and 0 at 0; null where one of them has none. */
export function thinnedTo(rates: readonly Thinned[], keep: number): number | null {
  const rising = [{ keep: 0, coexpression: 0 }, ...rates].sort((a, b) => a.keep - b.keep);
  const after = rising.findIndex((one) => one.keep >= keep);
  if (after === 0) return 0;
  const [below, above] = [rising[after - 1], rising[after]];
  if (above === undefined || below.coexpression === null || above.coexpression === null) return null;
  const part = (keep - below.keep) / (above.keep - below.keep);
  return below.coexpression + part * (above.coexpression - below.coexpression);
}
