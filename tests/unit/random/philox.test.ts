import { philox, type Words2, type Words4 } from '@spatile/random/philox';
import { describe, expect, it } from 'vitest';

/** Known answers for philox4x32 with 10 rounds, from the Random123 distribution (kat_vectors). */
const KNOWN: [Words4, Words2, Words4][] = [
  [
    [0, 0, 0, 0],
    [0, 0],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  ],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

/** The same generator in plain 64-bit arithmetic. */
function slowPhilox(counter: Words4, key: Words2): number[] {
  let [x0, x1, x2, x3] = counter.map(BigInt);
  let [a, b] = key.map(BigInt);
  const mask = 0xffffffffn;
  for (let round = 0; round < 10; round++) {
    const p0 = x0 * 0xd2511f53n;
    const p1 = x2 * 0xcd9e8d57n;
    [x0, x1, x2, x3] = [(p1 >> 32n) ^ x1 ^ a, p1 & mask, (p0 >> 32n) ^ x3 ^ b, p0 & mask];
    a = (a + 0x9e3779b9n) & mask;
    b = (b + 0xbb67ae85n) & mask;
  }
  return [x0, x1, x2, x3].map(Number);
}

describe('philox4x32-10', () => {
  it.each(KNOWN)('gives the known answer for counter %j and key %j', (counter, key, expected) => {
    expect(philox(counter, key)).toEqual(expected);
  });

  it('equals 64-bit arithmetic on many counters', () => {
    let counter: Words4 = [1, 2, 3, 4];
    for (let i = 0; i < 2000; i++) {
      const key: Words2 = [counter[3], i];
      const fast = philox(counter, key);
      expect(fast).toEqual(slowPhilox(counter, key));
      counter = fast;
    }
  });
});
