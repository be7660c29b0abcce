import { drawGlobals, meanGlobals, modeOfScale } from '@spatile/coordinator/assign/proseg/posterior';
import { poolStatistics } from '@spatile/coordinator/assign/proseg/statistics';
import type { ProsegGlobals } from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  drawCells,
  emptyStatistics,
  statisticsOf,
  testFrame,
  testGlobals,
} from '../../support/model-statistics.ts';

const frame = testFrame();
const truth = testGlobals(frame, new RandomStream(1, 'truth'));
const WHOLE = { fixedDispersion: false, fixedBackground: false, priorShare: 1 };

describe('global posteriors', () => {
  it('recover the parameters that cells were drawn from', () => {
    const cells = drawCells(new RandomStream(1, 'cells'), 2000, truth, frame);
    let globals: ProsegGlobals = {
      ...truth,
      r: truth.r.slice().fill(1),
      s: truth.s.slice().fill(0.3),
      mu: truth.mu.slice().fill(4),
      sigma2: truth.sigma2.slice().fill(1),
    };
    const sums = { r: new Float64Array(globals.r.length), lnS: new Float64Array(globals.s.length) };
    let kept = 0;
    for (let block = 0; block < 50; block++) {
      const part = statisticsOf(
        new RandomStream(1, 'aux', block),
        cells,
        { ...globals, theta: truth.theta, beta: truth.beta },
        frame,
        50_000,
      );
      globals = drawGlobals(poolStatistics([part], frame, 1), globals, frame, { seed: 1, block, ...WHOLE });
      if (block < 20) continue;
      kept++;
      for (let i = 0; i < sums.r.length; i++) {
        sums.r[i] += globals.r[i];
        sums.lnS[i] += Math.log(globals.s[i]);
      }
    }
    for (let t = 0; t < 2; t++) {
      expect(Math.abs(globals.mu[t] - truth.mu[t])).toBeLessThan(0.04);
      expect(Math.abs(globals.sigma2[t] / truth.sigma2[t] - 1)).toBeLessThan(0.15);
      expect(Math.abs(globals.pi[t] - truth.pi[t])).toBeLessThan(0.04);
    }
    // r and s trade off against each other; their product, the mean rate, is known best.
    for (let i = 0; i < sums.r.length; i++) {
      const r = sums.r[i] / kept;
      const s = Math.exp(sums.lnS[i] / kept);
      expect(Math.abs(r / truth.r[i] - 1)).toBeLessThan(0.25);
      expect(Math.abs((r * s) / (truth.r[i] * truth.s[i]) - 1)).toBeLessThan(0.1);
    }
    for (let i = 0; i < truth.theta.length; i++)
      expect(Math.abs(globals.theta[i] - truth.theta[i])).toBeLessThan(0.03);
    for (let i = 0; i < truth.beta.length; i++)
      expect(Math.abs(globals.beta[i] - truth.beta[i])).toBeLessThan(0.003);
  });

  it('draws have the mean and the width of the conditional posterior', () => {
    const cells = drawCells(new RandomStream(2, 'cells'), 300, truth, frame);
    const statistics = poolStatistics(
      [statisticsOf(new RandomStream(2, 'aux'), cells, truth, frame, 2000)],
      frame,
      1,
    );
    const mean = meanGlobals(statistics, truth, frame, WHOLE);
    const draws = Array.from({ length: 3000 }, (_, block) =>
      drawGlobals(statistics, truth, frame, { seed: 2, block, ...WHOLE }),
    );
    const check = (pick: (globals: ProsegGlobals) => number, expected: number, sd?: number): void => {
      const values = draws.map(pick);
      const found = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((a, b) => a + (b - found) ** 2, 0) / (values.length - 1);
      expect(Math.abs(found - expected)).toBeLessThan(4.5 * Math.sqrt(variance / values.length));
      if (sd !== undefined) expect(Math.abs(Math.sqrt(variance) / sd - 1)).toBeLessThan(0.07);
    };
    const b = statistics.b[3];
    const area = statistics.areaVolume[1];
    // The prior's count is shared by 2 layers and 2 bins.
    check((g) => g.beta[3], (0.25 + b) / (0.25 + area), Math.sqrt(0.25 + b) / (0.25 + area));
    check((g) => g.pi[0], mean.pi[0]);
    check((g) => g.theta[2], mean.theta[2]);
    check((g) => g.mu[1], mean.mu[1], 1 / Math.sqrt(1 / 9 + statistics.n[1] / truth.sigma2[1]));
    check((g) => Math.log(g.s[5]), Math.log(mean.s[5]), 1 / Math.sqrt(0.1 + statistics.omega[5]));
  });

  it('computes the conditional parameters of the model by hand', () => {
    const part = emptyStatistics(frame);
    part.n.set([2, 0]);
    part.h[20] = 2; // two cells of 20 voxels, volume 10
    part.xt[0] = 12;
    part.crt[0] = 3;
    part.omega[0] = BigInt(2 * 2 ** 24);
    part.omegaLnV[0] = BigInt(Math.round(2 * Math.log(10) * 2 ** 24));
    part.b[1] = 9;
    part.a.set([100, 300]);
    part.x.set([4, 0], 0);
    const previous = { ...truth, r: truth.r.slice().fill(2), sigma2: truth.sigma2.slice().fill(0.5) };
    const mean = meanGlobals(poolStatistics([part], frame, 1), previous, frame, WHOLE);
    const precision = 1 / 9 + 2 / 0.5;
    const mu = (Math.log(50) / 9 + (2 * Math.log(10)) / 0.5) / precision;
    expect(mean.mu[0]).toBeCloseTo(mu, 12);
    expect(mean.sigma2[0]).toBeCloseTo((1 + (Math.log(10) - mu) ** 2) / (4 + 1 - 1), 12);
    expect(mean.mu[1]).toBeCloseTo(Math.log(50), 12);
    expect(mean.sigma2[1]).toBeCloseTo(1 / 3, 12);
    expect(mean.pi[0]).toBeCloseTo(3 / 4, 12);
    expect(mean.beta[1]).toBeCloseTo(9.25 / 150.25, 6);
    expect(mean.theta[0]).toBeCloseTo(4.1 / 4.4, 6);
    const lnS = (-0.1 + (12 - 2 * 2) / 2 - 2 * Math.log(10)) / 2.1;
    expect(mean.s[0]).toBeCloseTo(Math.exp(lnS), 6);
    expect(mean.r[0]).toBeCloseTo(4 / (1 + 2 * Math.log(1 + Math.exp(lnS) * 10)), 6);
  });

  it('divides by the recorded iterations, so that repeating an iteration does not narrow the posterior', () => {
    const cells = drawCells(new RandomStream(3, 'cells'), 50, truth, frame);
    const part = statisticsOf(new RandomStream(3, 'aux'), cells, truth, frame, 500);
    const once = drawGlobals(poolStatistics([part], frame, 1), truth, frame, { seed: 3, block: 0, ...WHOLE });
    const fivefold = drawGlobals(poolStatistics([part, part, part, part, part], frame, 5), truth, frame, {
      seed: 3,
      block: 0,
      ...WHOLE,
    });
    for (const name of ['theta', 'r', 's', 'pi', 'mu', 'sigma2', 'beta'] as const) {
      for (let i = 0; i < once[name].length; i++) expect(fivefold[name][i] / once[name][i]).toBeCloseTo(1, 5);
    }
  });

  it('finds the mode of the scale while dispersion is held at 1', () => {
    const previous = { ...truth, r: truth.r.slice().fill(1) };
    const cells = drawCells(new RandomStream(4, 'cells'), 3000, previous, frame);
    const statistics = poolStatistics(
      [statisticsOf(new RandomStream(4, 'aux'), cells, previous, frame, 500)],
      frame,
      1,
    );
    const mode = modeOfScale(statistics, new Float64Array(4).fill(1), frame);
    for (let i = 0; i < mode.length; i++) expect(Math.abs(mode[i] / truth.s[i] - 1)).toBeLessThan(0.1);
    const empty = modeOfScale(
      poolStatistics([emptyStatistics(frame)], frame, 1),
      new Float64Array(4).fill(1),
      frame,
    );
    for (const value of empty) expect(value).toBeCloseTo(Math.exp(-1), 6);
    const fixed = drawGlobals(statistics, truth, frame, {
      seed: 0,
      block: 0,
      ...WHOLE,
      fixedDispersion: true,
    });
    expect([...fixed.r].every((r) => r === 1)).toBe(true);
  });

  it('weakens the priors of theta and beta on a sample of the slide', () => {
    const part = emptyStatistics(frame);
    part.a.fill(100);
    const pooled = poolStatistics([part], frame, 1);
    const whole = meanGlobals(pooled, truth, frame, WHOLE);
    const tenth = meanGlobals(pooled, truth, frame, { ...WHOLE, priorShare: 0.1 });
    expect(whole.beta[0]).toBeCloseTo(0.25 / 50.25, 6);
    expect(tenth.beta[0]).toBeCloseTo(0.025 / 50.025, 6);
  });
});

/**
 * Geweke (2004), "Getting it right": parameters drawn from the prior and data from the model, against a chain that alternates
 * data given parameters and parameters given data. Both must have the same law, so any error in a conditional shows.
 */
describe('joint distribution test of the global steps', () => {
  const small = testFrame({
    genes: 4,
    privateGenes: 1,
    factors: 1,
    components: 1,
    layers: 1,
    densityBins: 1,
    voxelUm: 0.05,
  });
  const chain = { beta: [] as number[], theta: [] as number[], r: [] as number[], lnS: [] as number[] };

  beforeAll(() => {
    // The volume prior spans more than the histogram holds, so mu and sigma2 start anew in every step (nothing else
    // depends on them), at volumes so small that counts stay small under the wide prior of s.
    const volumes = { mu: Float64Array.of(-3), sigma2: Float64Array.of(0.3) };
    let globals: ProsegGlobals = { ...testGlobals(small, new RandomStream(5, 'start')), ...volumes };
    for (let step = 0; step < 4_000; step++) {
      const stream = new RandomStream(5, 'geweke', step);
      const cells = drawCells(stream, 3, globals, small);
      const statistics = poolStatistics([statisticsOf(stream, cells, globals, small, 1000)], small, 1);
      globals = {
        ...drawGlobals(statistics, globals, small, { seed: 5, block: step, ...WHOLE }),
        ...volumes,
      };
      chain.beta.push(globals.beta[0]);
      chain.theta.push(globals.theta[0]);
      chain.r.push(globals.r[1]);
      chain.lnS.push(Math.log(globals.s[1]));
    }
  });

  const batchError = (values: number[]): number => {
    const size = 200;
    const means = Array.from(
      { length: values.length / size },
      (_, i) => values.slice(i * size, (i + 1) * size).reduce((a, b) => a + b) / size,
    );
    const mean = means.reduce((a, b) => a + b) / means.length;
    return Math.sqrt(means.reduce((a, b) => a + (b - mean) ** 2, 0) / (means.length - 1) / means.length);
  };
  const expectPrior = (values: number[], mean: number): void => {
    const found = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(found - mean)).toBeLessThan(4.5 * batchError(values));
  };

  it('keeps the prior of the background rate', () => {
    expectPrior(chain.beta, 1);
    expectPrior(
      chain.beta.map((value) => value * value),
      2,
    );
  });

  it('keeps the prior of the gene loadings', () => {
    expectPrior(chain.theta, 1 / 3);
  });

  it('keeps the prior of dispersion and scale', () => {
    expectPrior(chain.r, 1);
    expectPrior(
      chain.r.map((value) => value * value),
      2,
    );
    expectPrior(chain.lnS, -1);
    expectPrior(
      chain.lnS.map((value) => (value + 1) ** 2),
      10,
    );
  });
});
