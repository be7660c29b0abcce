import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type BoundAssign,
  HEADER_INTEGERS,
  HEADER_REALS,
  headerFields,
  WORK_KINDS,
} from '../../worker/kernels/bind.ts';
import * as twin from '../../worker/kernels/reference/assign-random.ts';
import { bound, emptyTile } from './small-tile.ts';

let b: BoundAssign;
beforeAll(async () => {
  b = await bound(emptyTile({ width: 2, height: 2, label: [1, 0, 0, 0], cells: 1 }));
});
afterAll(() => b.release());

const relative = (found: number, wanted: number): number =>
  Math.abs(found - wanted) / Math.max(1e-300, Math.abs(wanted));

describe('elementary functions', () => {
  it('ln and exp to a unit in the last place or two', () => {
    for (let i = 0; i < 2000; i++) {
      const x = 10 ** (-300 + 0.3 * i);
      if (x < 1e-300 || x > 1e300) continue;
      expect(Math.abs(b.kernel.ln(x) - Math.log(x))).toBeLessThan(
        3e-16 * Math.max(1, Math.abs(Math.log(x))) + 1e-17,
      );
      const y = -700 + 0.7 * i;
      expect(relative(b.kernel.exp(y), Math.exp(y))).toBeLessThan(4e-16);
    }
    expect([b.kernel.ln(1), b.kernel.exp(0), b.kernel.exp(-800), b.kernel.exp(800)]).toEqual([
      0,
      1,
      0,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it('lnGamma, erf and normalQuantile against their twins', () => {
    for (let i = 1; i < 200; i++) {
      const x = i * i * 0.003;
      expect(Math.abs(b.kernel.lnGamma(x) - twin.lnGamma(x))).toBeLessThan(
        1e-12 * Math.max(1, Math.abs(twin.lnGamma(x))),
      );
    }
    for (const x of [0.01, 0.3, 1, 2.5, 7.9, 8, 40, 1000])
      expect(relative(b.kernel.expDigamma(x), twin.expDigamma(x))).toBeLessThan(1e-7);
    for (let x = -3; x <= 3; x += 0.05) expect(Math.abs(b.kernel.erf(x) - twin.erf(x))).toBeLessThan(1e-12);
    expect([b.kernel.erf(7), b.kernel.erf(-7), b.kernel.erf(0)]).toEqual([1, -1, 0]);
    for (const p of [1e-9, 1e-5, 0.01, 0.0749, 0.0751, 0.3, 0.5, 0.7, 0.9251, 0.999, 1 - 1e-7]) {
      expect(Math.abs(b.kernel.normalQuantile(p) - twin.normalQuantile(p))).toBeLessThan(1e-8);
    }
  });

  it('Philox equals its twin and the vectors of Random123', () => {
    const at = b.arrays.weights.byteOffset;
    const block = (key: number[], c: number[]): number[] => {
      b.kernel.philox(key[0], key[1], c[0], c[1], c[2], c[3], at);
      return Array.from(new Uint32Array(b.arrays.weights.buffer, at, 4));
    };
    // One array of the small tile is too short for four words; take the table of logarithms.
    expect(twin.philox([0, 0], [0, 0, 0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(twin.philox([0xa4093822, 0x299f31d0], [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
    for (let i = 0; i < 50; i++) {
      const counter = [i, i * 77777, 4294967295 - i, i ** 4];
      expect(block([i * 3, 4294967290 + i], counter)).toEqual(twin.philox([i * 3, 4294967290 + i], counter));
    }
  });
});

function moments(draw: (item: number) => number, n: number): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = draw(i);
    sum += x;
    squares += x * x;
  }
  const mean = sum / n;
  return { mean, variance: squares / n - mean * mean };
}

describe('samplers have the moments of their laws', () => {
  it.each([0.05, 0.3, 1, 2.5, 40])('gamma of shape %f', (shape) => {
    const n = 100_000;
    const { mean, variance } = moments((i) => b.kernel.drawGamma(1, 2, i, shape), n);
    expect(Math.abs(mean - shape)).toBeLessThan(4.5 * Math.sqrt(shape / n));
    // Fourth central moment of the gamma law: 3 a^2 + 6 a.
    expect(Math.abs(variance - shape)).toBeLessThan(4.5 * Math.sqrt((2 * shape ** 2 + 6 * shape) / n));
  });

  it('gamma has the right tail: shape 0.3 against the distribution function', () => {
    const draws = Array.from({ length: 20_000 }, (_, i) => b.kernel.drawGamma(3, 4, i, 0.3));
    // P(X <= x) by its series.
    const cdf = (x: number): number => {
      let term = 1 / 0.3;
      let sum = term;
      for (let n = 1; n < 200; n++) {
        term *= x / (0.3 + n);
        sum += term;
      }
      return sum * Math.exp(-x + 0.3 * Math.log(x) - twin.lnGamma(0.3));
    };
    for (const x of [1e-4, 0.01, 0.1, 0.5, 2]) {
      const share = draws.filter((d) => d <= x).length / draws.length;
      expect(Math.abs(share - cdf(x))).toBeLessThan(4.5 * Math.sqrt(0.25 / draws.length));
    }
  });

  it.each([
    [0.4, 0.005],
    [1, 0],
    [1, 2],
    [3.7, -1.5],
    [0.02, 4],
    [25, 0.3],
    [8, -9],
  ])('Polya-Gamma(%f, %f)', (shape, tilt) => {
    const n = 40_000;
    const c = Math.max(1e-6, Math.abs(tilt));
    const mean = c < 1e-3 ? shape / 4 : (shape / (2 * c)) * Math.tanh(c / 2);
    const variance =
      c < 1e-2 ? shape / 24 : (shape * (Math.sinh(c) - c)) / (4 * c ** 3 * Math.cosh(c / 2) ** 2);
    const found = moments((i) => b.kernel.drawPolyaGamma(5, 6, i, shape, tilt), n);
    expect(Math.abs(found.mean - mean)).toBeLessThan(4.5 * Math.sqrt(variance / n));
    expect(relative(found.variance, variance)).toBeLessThan(shape < 0.1 ? 0.5 : 0.12);
  });

  it.each([
    [1, 0.5],
    [7, 0.3],
    [30, 4],
    [0, 1],
  ])('CRT(%i, %f)', (count, r) => {
    const n = 40_000;
    const p = Array.from({ length: count }, (_, j) => r / (r + j));
    const mean = p.reduce((sum, q) => sum + q, 0);
    const variance = p.reduce((sum, q) => sum + q * (1 - q), 0);
    const found = moments((i) => b.kernel.drawTables(7, 8, i, count, r), n);
    expect(Math.abs(found.mean - mean)).toBeLessThanOrEqual(4.5 * Math.sqrt(variance / n));
    expect(Math.abs(found.variance - variance)).toBeLessThanOrEqual(0.05 * variance);
  });

  it('a gamma mixture of Poisson counts is the negative binomial the components are weighed by', () => {
    const [r, odds, n] = [0.7, 3, 60_000];
    const { mean, variance } = moments((i) => odds * b.kernel.drawGamma(9, 9, i, r), n);
    expect(Math.abs(mean - r * odds)).toBeLessThan(4.5 * Math.sqrt((r * odds * odds) / n));
    expect(relative(variance, r * odds * odds)).toBeLessThan(0.05);
  });
});

describe('the built module', () => {
  const binary = readFileSync(new URL('../../worker/kernels/build/assign.wasm', import.meta.url));
  const holds = (...bytes: number[]): boolean => binary.includes(Buffer.from(bytes));

  it('holds the SIMD instructions its hot loops promise and none of relaxed SIMD', async () => {
    expect(holds(0xfd, 0xe6, 0x01)).toBe(true); // f32x4.mul
    expect(holds(0xfd, 0xe4, 0x01)).toBe(true); // f32x4.add
    expect(holds(0xfd, 0xf2, 0x01)).toBe(true); // f64x2.mul
    const text = readFileSync(new URL('../../worker/kernels/build/assign.wat', import.meta.url), 'utf8');
    expect(text).toMatch(/f32x4\.mul/);
    expect(text).toMatch(/f64x2\.div/);
    expect(text).not.toMatch(/relaxed/);
  });

  it('has the header that bind.ts writes', () => {
    const source = readFileSync(new URL('../../worker/kernels/assembly/tile.ts', import.meta.url), 'utf8');
    const body = source.slice(source.indexOf('export class Tile {'), source.indexOf('\n}\n'));
    const fields = [...body.matchAll(/^ {2}(\w+): (i32|usize|f64);$/gm)];
    expect(fields.map(([, name]) => name)).toEqual(headerFields(b.sizes));
    const kinds = (kind: string): number => fields.filter((field) => field[2] === kind).length;
    expect([kinds('i32'), kinds('f64')]).toEqual([HEADER_INTEGERS.length, HEADER_REALS.length]);
  });

  it('counts the work that bind.ts names', () => {
    const source = readFileSync(new URL('../../worker/kernels/assembly/work.ts', import.meta.url), 'utf8');
    const kinds = [...source.matchAll(/^export const (\w+): usize = (\d+);$/gm)];
    const camel = (name: string): string =>
      name.toLowerCase().replace(/_./g, (pair) => pair[1].toUpperCase());
    expect(kinds.map(([, name]) => camel(name))).toEqual([...WORK_KINDS]);
    expect(kinds.map(([, , at]) => Number(at))).toEqual([...WORK_KINDS.keys()]);
    expect(source).toContain(`const WORK_KINDS: usize = ${WORK_KINDS.length};`);
    expect(source).toContain(`memory.data(${8 * WORK_KINDS.length}, 8)`);
  });
});
