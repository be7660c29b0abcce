import type { RandomStream } from '@spatile/random/stream';

/**
 * Uniform number in (0, 1) from one 32-bit word: half the work of `uniform()`, and fine enough for places in a cell and
 * for choices whose probabilities are not tiny.
 */
export function share(stream: RandomStream): number {
  return (stream.uint32() + 0.5) / 4294967296;
}
