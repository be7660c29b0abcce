import { atan2, cos, exp, ln, ln1p, lnGamma, sin } from '@spatile/random/elementary';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const relative = (a: number, b: number): number =>
  a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));

describe('elementary functions', () => {
  it('ln agrees with the engine to two units in the last place', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 5e-324, max: 1e308, noNaN: true }),
        (x) => relative(ln(x), Math.log(x)) < 5e-16,
      ),
      { numRuns: 5000 },
    );
    for (let x = 0.5; x < 2; x += 0.001) expect(relative(ln(x), Math.log(x))).toBeLessThan(5e-16);
    expect(ln(0)).toBe(-Infinity);
    expect(ln(-1)).toBeNaN();
    expect(ln(Infinity)).toBe(Infinity);
  });

  it('exp agrees with the engine, and with its limits', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -700, max: 709, noNaN: true }),
        (x) => relative(exp(x), Math.exp(x)) < 1e-15,
      ),
      { numRuns: 5000 },
    );
    expect(exp(0)).toBe(1);
    expect(exp(-800)).toBe(0);
    expect(exp(-740)).toBeCloseTo(Math.exp(-740), 320);
    expect(exp(710)).toBe(Infinity);
    expect(relative(exp(709.7), Math.exp(709.7))).toBeLessThan(1e-15);
  });

  it('ln1p keeps the digits near zero', () => {
    for (const x of [1e-300, 1e-17, 1e-12, 1e-5, 0.3, -0.2, 1e9])
      expect(relative(ln1p(x), Math.log1p(x))).toBeLessThan(4e-16);
  });

  it('lnGamma equals sums of logarithms and known values', () => {
    let sum = 0;
    for (let n = 1; n < 400; n++) {
      expect(Math.abs(lnGamma(n) - sum)).toBeLessThan(1e-14 * Math.max(1, sum));
      sum += Math.log(n);
    }
    expect(lnGamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 14);
    expect(lnGamma(1e-3)).toBeCloseTo(6.907178885383853, 12);
    expect(lnGamma(1e6)).toBeCloseTo(12815504.569147611, 6);
  });

  it('sin and cos agree with the engine up to a million radians, and are exact where they must be', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (x) => Math.abs(sin(x) - Math.sin(x)) < 3e-16 && Math.abs(cos(x) - Math.cos(x)) < 3e-16,
      ),
      { numRuns: 5000 },
    );
    for (let x = -7; x < 7; x += 0.001) {
      expect(Math.abs(sin(x) - Math.sin(x))).toBeLessThan(3e-16);
      expect(Math.abs(cos(x) - Math.cos(x))).toBeLessThan(3e-16);
    }
    expect([sin(0), cos(0), sin(Math.PI / 2), cos(Math.PI)]).toEqual([0, 1, 1, -1]);
    expect(relative(sin(1e-9), 1e-9)).toBeLessThan(2e-16);
    expect([sin(1e7), cos(Number.NaN), cos(Infinity)]).toEqual([NaN, NaN, NaN]);
  });

  it('atan2 agrees with the engine in every direction', () => {
    const side = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(side, side, (x, y) => Math.abs(atan2(y, x) - Math.atan2(y + 0, x + 0)) < 1e-15),
      { numRuns: 5000 },
    );
    for (let t = -3.14; t < 3.14; t += 0.001) expect(Math.abs(atan2(sin(t), cos(t)) - t)).toBeLessThan(1e-15);
    expect([atan2(0, 1), atan2(0, -1), atan2(0, 0), atan2(2, 0)]).toEqual([0, Math.PI, 0, Math.PI / 2]);
  });
});
