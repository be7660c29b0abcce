import { isMissingNumber, parseDecimal, parseUnsigned } from '@spatile/formats/csv/decimal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const parse = (text: string) => {
  const bytes = Buffer.from(`#${text}#`);
  return parseDecimal(bytes, 1, bytes.length - 1);
};
const unsigned = (text: string) => parseUnsigned(Buffer.from(text), 0, text.length);

describe('parseDecimal', () => {
  it('gives exactly the double that Number gives, for any decimal text', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 20 });
    const sign = fc.constantFrom('', '-', '+');
    const exponent = fc.oneof(
      fc.constant(''),
      fc.integer({ min: -330, max: 310 }).map((e) => `e${e}`),
    );
    fc.assert(
      fc.property(sign, digits, digits, fc.boolean(), exponent, (s, whole, fraction, point, e) => {
        fc.pre(whole.length + (point ? fraction.length : 0) > 0);
        const text = `${s}${whole}${point ? `.${fraction}` : ''}${e}`;
        expect(parse(text)).toBe(Number(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives back every double that was printed', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (value) => {
        expect(parse(String(value))).toBe(Number(String(value)));
      }),
      { numRuns: 1000 },
    );
  });

  it('knows infinity and refuses everything else', () => {
    expect([parse('inf'), parse('-Infinity')]).toEqual([Infinity, -Infinity]);
    for (const text of ['', '.', '-', '1,5', '1.2.3', '0x10', '1e', 'nan', '1 2', 'ten'])
      expect(parse(text)).toBeNaN();
  });

  it('tells words for missing numbers from other text', () => {
    const missing = (text: string) => isMissingNumber(Buffer.from(text), 0, text.length);
    expect(['', 'NA', 'nan', 'NaN', 'null', 'None'].every(missing)).toBe(true);
    expect(['1,5', 'ten', '.', 'NAN1'].some(missing)).toBe(false);
  });
});

describe('parseUnsigned', () => {
  it('reads any 64-bit integer exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
        expect(BigInt(unsigned(String(value))!)).toBe(value);
      }),
    );
  });

  it('refuses signs, points, emptiness and what does not fit', () => {
    for (const text of ['', '-1', '1.0', '1e3', '18446744073709551616', '123456789012345678901', 'x'])
      expect(unsigned(text)).toBeNull();
  });
});
