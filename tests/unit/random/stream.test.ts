import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

const N = 100_000;

/** Mean and variance of n draws. */
function moments(draw: () => number, n = N): { mean: number; variance: number } {
  let mean = 0;
  let m2 = 0;
  for (let i = 1; i <= n; i++) {
    const x = draw();
    const d = x - mean;
    mean += d / i;
    m2 += d * (x - mean);
  }
  return { mean, variance: m2 / (n - 1) };
}

/** Five standard errors of the mean; of the variance with the given excess kurtosis, generously. */
function expectMoments(draw: () => number, mean: number, variance: number, excessKurtosis: number): void {
  const found = moments(draw);
  expect(Math.abs(found.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / N));
  expect(Math.abs(found.variance - variance)).toBeLessThan(
    6 * variance * Math.sqrt((2 + excessKurtosis) / N),
  );
}

describe('random stream', () => {
  it('gives the same numbers for the same name, and others for any other name', () => {
    const first = (...name: [number, string, ...number[]]) => {
      const stream = new RandomStream(...name);
      return [stream.uint32(), stream.uint32(), stream.uint32(), stream.uint32(), stream.uint32()].join();
    };
    const names: [number, string, ...number[]][] = [
      [0, 'a'],
      [1, 'a'],
      [0, 'b'],
      [0, 'a', 0],
      [0, 'a', 0, 0],
      [0, 'a', 1],
      [0, 'a', -1],
      [0, 'a', 2 ** 32],
      [0, 'a', 1, 2],
      [0, 'a', 2, 1],
      [0, 'a\0'],
      [2 ** 40, 'a'],
    ];
    const seen = new Set(names.map((name) => first(...name)));
    expect(seen.size).toBe(names.length);
    for (const name of names) expect(first(...name)).toBe(first(...name));
  });

  it('keeps its numbers between versions', () => {
    const stream = new RandomStream(42, 'known', 7);
    expect([
      stream.uint32(),
      stream.uint32(),
      stream.uint32(),
      stream.uint32(),
      stream.uint32(),
    ]).toMatchInlineSnapshot(`
      [
        2363635556,
        2242913339,
        3065746180,
        2856747775,
        3582148403,
      ]
    `);
    expect([stream.uniform(), stream.normal(), stream.gamma(0.3), stream.poisson(50)]).toMatchInlineSnapshot(`
      [
        0.34868091609735863,
        1.6870148460869563,
        0.2705292116849192,
        33,
      ]
    `);
  });

  it('refuses names that are not safe integers', () => {
    expect(() => new RandomStream(0.5, 'a')).toThrow(RangeError);
    expect(() => new RandomStream(0, 'a', Number.NaN)).toThrow(RangeError);
  });

  it('spreads neighbouring items: words and bits are balanced over 20,000 streams', () => {
    const ones = new Float64Array(32);
    for (let item = 0; item < 20_000; item++) {
      const word = new RandomStream(1, 'bits', item).uint32();
      for (let bit = 0; bit < 32; bit++) ones[bit] += (word >>> bit) & 1;
    }
    for (const count of ones) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(5000));
  });

  it('draws uniforms inside the open interval with the right moments and no serial correlation', () => {
    const stream = new RandomStream(1, 'uniform');
    expectMoments(() => stream.uniform(), 0.5, 1 / 12, -1.2);
    let last = stream.uniform();
    let product = 0;
    let least = 1;
    let most = 0;
    for (let i = 0; i < N; i++) {
      const x = stream.uniform();
      product += (x - 0.5) * (last - 0.5);
      last = x;
      least = Math.min(least, x);
      most = Math.max(most, x);
    }
    expect(Math.abs(product / N)).toBeLessThan(5 / 12 / Math.sqrt(N));
    expect(least).toBeGreaterThan(0);
    expect(most).toBeLessThan(1);
  });

  it('draws integers without bias, small and large', () => {
    const stream = new RandomStream(1, 'integer');
    const counts = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) counts[stream.integer(7)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
    const large = 3 * 2 ** 50;
    expectMoments(() => stream.integer(large) / large, 0.5, 1 / 12, -1.2);
    expect(stream.integer(1)).toBe(0);
    for (const n of [0, -1, 0.5, Number.NaN]) expect(() => stream.integer(n)).toThrow(RangeError);
  });

  it('draws standard normals', () => {
    const stream = new RandomStream(2, 'normal');
    expectMoments(() => stream.normal(), 0, 1, 0);
    let within = 0;
    for (let i = 0; i < N; i++) if (Math.abs(stream.normal()) < 1.959964) within++;
    expect(Math.abs(within / N - 0.95)).toBeLessThan(5 * Math.sqrt((0.95 * 0.05) / N));
  });

  it.each([0.05, 0.3, 1, 1.7, 20, 5000])('draws gamma variates of shape %f', (shape) => {
    const stream = new RandomStream(3, 'gamma', Math.round(shape * 100));
    expectMoments(() => stream.gamma(shape), shape, shape, 6 / shape);
  });

  it('gives finite logarithms of gamma variates that underflow', () => {
    const stream = new RandomStream(3, 'ln-gamma');
    for (let i = 0; i < 1000; i++) expect(Number.isFinite(stream.lnGammaVariate(1e-3))).toBe(true);
  });

  it('draws beta and Dirichlet variates', () => {
    const stream = new RandomStream(4, 'beta');
    expectMoments(() => stream.beta(2, 3), 0.4, 0.04, -0.6);
    const out = new Float64Array(3);
    const alpha = [0.1, 0.5, 2];
    expectMoments(() => stream.dirichlet(alpha, out)[1], 0.5 / 2.6, (0.5 * 2.1) / (2.6 * 2.6 * 3.6), 3);
    for (let i = 0; i < 1000; i++) {
      stream.dirichlet([1e-3, 1e-3, 1e-3], out);
      expect(out[0] + out[1] + out[2]).toBeCloseTo(1, 12);
    }
  });

  it.each([0.01, 1, 9.9, 10.1, 40, 1000, 1e6])('draws Poisson variates of mean %f', (mean) => {
    const stream = new RandomStream(5, 'poisson', Math.round(mean * 100));
    expectMoments(() => stream.poisson(mean), mean, mean, 1 / mean);
  });

  it('draws Poisson variates of the right shape around the switch of method', () => {
    const stream = new RandomStream(5, 'poisson-shape');
    for (const mean of [9.99, 10.01]) {
      const counts = new Float64Array(40);
      for (let i = 0; i < N; i++) counts[Math.min(39, stream.poisson(mean))]++;
      let chi = 0;
      let p = Math.exp(-mean);
      for (let k = 0; k < 25; k++) {
        chi += (counts[k] - N * p) ** 2 / (N * p);
        p *= mean / (k + 1);
      }
      expect(chi).toBeLessThan(60); // 25 cells, 99.99% quantile 60.1
    }
  });

  it('draws negative binomials', () => {
    const stream = new RandomStream(6, 'nb');
    expectMoments(() => stream.negativeBinomial(0.7, 4), 2.8, 14, 12);
  });

  it.each([
    [5, 0.3],
    [50, 0.05],
    [100, 0.4],
    [100, 0.9],
    [100_000, 0.01],
    [3, 1],
    [0, 0.5],
  ])('draws binomials of n = %d, p = %f', (n, p) => {
    const stream = new RandomStream(7, 'binomial', n);
    const variance = n * p * (1 - p);
    if (variance === 0) expect(stream.binomial(n, p)).toBe(n * p);
    else expectMoments(() => stream.binomial(n, p), n * p, variance, (1 - 6 * p * (1 - p)) / variance);
  });

  it('draws categories in proportion and never one of weight zero', () => {
    const stream = new RandomStream(8, 'categorical');
    const counts = new Float64Array(4);
    for (let i = 0; i < N; i++) counts[stream.categorical([1, 0, 3, 0])]++;
    expect(counts[1] + counts[3]).toBe(0);
    expect(Math.abs(counts[0] / N - 0.25)).toBeLessThan(5 * Math.sqrt(0.1875 / N));
    expect(() => stream.categorical([0, 0])).toThrow(RangeError);
  });

  it('shuffles every order with equal frequency', () => {
    const stream = new RandomStream(9, 'shuffle');
    const counts = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      const order = stream.shuffle([1, 2, 3]).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(5 * Math.sqrt(10_000));
  });

  it('builds every draw from the same sequence of words', () => {
    const words = new RandomStream(10, 'order');
    const uniforms = new RandomStream(10, 'order');
    for (let i = 0; i < 100; i++) {
      const high = words.uint32() >>> 6;
      const low = words.uint32() >>> 6;
      expect(uniforms.uniform()).toBe((high * 2 ** 26 + low + 0.5) / 2 ** 52);
    }
  });
});
