import { decodeRle } from '@spatile/formats/parquet/rle';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** A slow, obvious encoder: alternating runs and groups of eight packed values. */
function encode(values: number[], bitWidth: number, packed: boolean): Uint8Array {
  const bytes: number[] = [];
  const varint = (value: number): void => {
    for (let rest = value; ; rest >>>= 7) {
      if (rest < 128) return void bytes.push(rest);
      bytes.push((rest & 127) | 128);
    }
  };
  for (let i = 0; i < values.length; i += 8) {
    const group = values.slice(i, i + 8);
    if (packed) {
      varint((1 << 1) | 1);
      let bits = 0n;
      group.forEach((value, k) => {
        bits |= BigInt(value) << BigInt(k * bitWidth);
      });
      for (let b = 0; b < bitWidth; b++) bytes.push(Number((bits >> BigInt(8 * b)) & 255n));
    } else {
      for (const value of group) {
        varint(1 << 1);
        for (let b = 0; b < (bitWidth + 7) >> 3; b++) bytes.push((value >>> (8 * b)) & 255);
      }
    }
  }
  return Uint8Array.from(bytes);
}

describe('decodeRle', () => {
  it('gives back what was packed or run-length encoded, for every bit width', () => {
    const input = fc
      .integer({ min: 1, max: 24 })
      .chain((bitWidth) =>
        fc.tuple(
          fc.constant(bitWidth),
          fc.array(fc.integer({ min: 0, max: 2 ** bitWidth - 1 }), { maxLength: 60 }),
          fc.boolean(),
        ),
      );
    fc.assert(
      fc.property(input, ([bitWidth, values, packed]) => {
        const bytes = encode(values, bitWidth, packed);
        const out = new Uint32Array(values.length);
        decodeRle(bytes, 0, bytes.length, bitWidth, out, values.length);
        expect([...out]).toEqual(values);
      }),
    );
  });

  it('never writes past the count and either fills it or throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 50 }),
        (bytes, bitWidth, count) => {
          const out = new Uint32Array(count + 8).fill(0xdeadbeef);
          try {
            decodeRle(bytes, 0, bytes.length, bitWidth, out, count);
          } catch (cause) {
            expect((cause as Error).message).toMatch(/early|length 0|bits per value/);
          }
          expect([...out.subarray(count)]).toEqual(Array(8).fill(0xdeadbeef));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
