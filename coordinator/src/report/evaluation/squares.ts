import type { AccuracyGrid } from '@spatile/instrument/judge/detail';

/** Squares with less than this share of the median number of transcripts lie at the rim of the tissue or in a gap. */
const LEAST_SHARE = 0.25;

/** F1 by square; NaN also where too few transcripts were born to say anything about a method. */
export function f1OfFullSquares({ fromCells, background, f1 }: AccuracyGrid): number[] {
  const transcripts = Array.from(fromCells, (n, square) => n + background[square]);
  const filled = transcripts.filter((n) => n > 0).sort((a, b) => a - b);
  const least = LEAST_SHARE * (filled[filled.length >> 1] ?? 0);
  return transcripts.map((n, square) => (n > 0 && n >= least ? f1[square] : Number.NaN));
}
