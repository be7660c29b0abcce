import type { RandomStream } from '@spatile/random/stream';
import type { WordSource } from './share.ts';

/**
 * Random words for what is drawn by the million within one block: xoshiro128++ 1.0 (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", ACM TOMS 2021), started from four words of a counter-based stream. A sixth of that
 * stream's time per word; blocks stay independent, since each has a stream of its own.
 */
export class QuickStream implements WordSource {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Takes four words of `stream`. */
  constructor(stream: RandomStream) {
    this.#a = stream.uint32() | 0;
    this.#b = stream.uint32() | 0;
    this.#c = stream.uint32() | 0;
    // Four zeros are the one state that never leaves itself.
    this.#d = stream.uint32() | 1;
  }

  /** Uniform on 0..2^32-1. */
  uint32(): number {
    const a = this.#a;
    const b = this.#b;
    const sum = (a + this.#d) | 0;
    const c = this.#c ^ a;
    const d = this.#d ^ b;
    this.#b = b ^ c;
    this.#a = a ^ d;
    this.#c = c ^ (b << 9);
    this.#d = (d << 11) | (d >>> 21);
    return (((sum << 7) | (sum >>> 25)) + a) >>> 0;
  }
}
