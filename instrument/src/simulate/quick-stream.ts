import type { RandomStream } from '@spatile/random/stream';
import type { WordSource } from './share.ts';

const AHEAD = 1024;

/**
 * Random words for what is drawn by the million within one block: xoshiro128++ 1.0 (Blackman and Vigna, "Scrambled linear
 * pseudorandom number generators", ACM TOMS 2021), started from four words of a counter-based stream. A sixth of that
 * stream's time per word; blocks stay independent, since each has a stream of its own.
 */
export class QuickStream implements WordSource {
  readonly #state: Int32Array;
  /** Words drawn ahead, so that taking one is a few instructions that fit into any caller. */
  readonly #words = new Uint32Array(AHEAD);
  #at = AHEAD;

  /** Takes four words of `stream`. */
  constructor(stream: RandomStream) {
    this.#state = Int32Array.from({ length: 4 }, () => stream.uint32());
    // Four zeros are the one state that never leaves itself.
    this.#state[3] |= 1;
  }

  /** Uniform on 0..2^32-1. */
  uint32(): number {
    if (this.#at === AHEAD) this.#drawAhead();
    return this.#words[this.#at++];
  }

  #drawAhead(): void {
    const words = this.#words;
    let [a, b, c, d] = this.#state;
    for (let i = 0; i < AHEAD; i++) {
      const sum = (a + d) | 0;
      words[i] = ((sum << 7) | (sum >>> 25)) + a;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
    }
    this.#state.set([a, b, c, d]);
    this.#at = 0;
  }
}
