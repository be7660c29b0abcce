import { normalOf } from '@spatile/instrument/simulate/normal-quantiles';
import { QuickStream } from '@spatile/instrument/simulate/quick-stream';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

/** xoshiro128++ as its authors' C code has it, in BigInt. */
function* xoshiro(seed: readonly number[]): Generator<number> {
  const mask = 0xffffffffn;
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & mask;
  let [a, b, c, d] = seed.map(BigInt);
  for (;;) {
    yield Number((rotate((a + d) & mask, 7n) + a) & mask);
    const t = (b << 9n) & mask;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11n);
  }
}

describe('the quick stream', () => {
  it('is xoshiro128++ from the first words of a stream', () => {
    // The first outputs of the published generator from state 1, 2, 3, 4.
    expect([641, 1573767, 3222811527, 3517856514]).toEqual(
      Array.from(
        { length: 4 },
        (
          (words) => () =>
            words.next().value
        )(xoshiro([1, 2, 3, 4])),
      ),
    );
    for (let item = 0; item < 20; item++) {
      const words = new RandomStream(5, 'quick', item);
      const seed = [words.uint32(), words.uint32(), words.uint32(), (words.uint32() | 1) >>> 0];
      const expected = xoshiro(seed);
      const quick = new QuickStream(new RandomStream(5, 'quick', item));
      for (let i = 0; i < 50; i++) expect(quick.uint32()).toBe(expected.next().value);
    }
  });
});

describe('the table of normal values', () => {
  const values = Array.from({ length: 65536 }, (_, bits) => normalOf(bits));

  it('has mean 0, sd 1 and the quantiles of a normal', () => {
    expect(values.reduce((sum, v) => sum + v, 0)).toBe(0);
    expect(Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / 65536)).toBeCloseTo(1, 4);
    expect(normalOf(Math.floor(0.975 * 65536))).toBeCloseTo(1.96, 3);
    expect(normalOf(Math.floor(0.8413447 * 65536))).toBeCloseTo(1, 3);
    expect(normalOf(65535)).toBeCloseTo(4.32, 1);
  });

  it('ascends', () => {
    expect(values.filter((value, bits) => bits > 0 && !(value > values[bits - 1]))).toEqual([]);
  });
});
