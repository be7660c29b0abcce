/** Anything that gives uniform 32-bit words: `RandomStream`, or a `QuickStream` of it. */
export interface WordSource {
  uint32(): number;
}

/**
 * Uniform number in (0, 1) from one 32-bit word: half the work of `uniform()`, and fine enough for places in a cell and
 * for choices whose probabilities are not tiny.
 */
export function share(source: WordSource): number {
  return (source.uint32() + 0.5) / 4294967296;
}
