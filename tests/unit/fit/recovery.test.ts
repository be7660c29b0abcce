import type { ProsegModel } from '@spatile/coordinator/assign/proseg/model';
import { buildModelFrame } from '@spatile/coordinator/assign/proseg/model-frame';
import { prosegSettings } from '@spatile/coordinator/assign/proseg/settings';
import { latentWidth, poolStatistics } from '@spatile/coordinator/assign/proseg/statistics';
import { assignTileFrame } from '@spatile/formats/tile/assign';
import { globalsTables, type ProsegGlobals, statisticsFrom } from '@spatile/formats/tile/proseg';
import { beforeAll, describe, expect, it } from 'vitest';
import { runTask } from '../../support/drive-fit.ts';
import { cellRates, gridCores, modelTile } from '../../support/model-simulator.ts';
import { fitWhole, simulate } from '../../support/model-slides.ts';

describe('fit of a slide drawn from the model, cells apart', () => {
  const simulated = simulate(false);
  const { slide, truth } = simulated;
  let model: ProsegModel;
  /** Fitted component of each true one: the one with the nearest expression profile. */
  let match: number[];

  beforeAll(async () => {
    model = await fitWhole(simulated, 1);
    match = [0, 1, 2, 3].map((t) => nearestProfile(model, truth, t));
  });

  it('finds each component once, with its weight and volume', () => {
    expect([...match].sort()).toEqual([0, 1, 2, 3]);
    for (let t = 0; t < 4; t++) {
      const cells = slide.component.filter((component) => component === t).length;
      const volumes = slide.columns.filter((_, c) => slide.component[c] === t);
      const meanLn = volumes.reduce((sum, v) => sum + Math.log(v), 0) / volumes.length;
      expect(Math.abs(model.globals.pi[match[t]] - cells / slide.component.length)).toBeLessThan(0.06);
      expect(Math.abs(model.globals.mu[match[t]] - meanLn)).toBeLessThan(0.2);
      // The prior InvGamma(4, 1) weighs as much as 8 cells; its mean is 1/3.
      expect(model.globals.sigma2[match[t]]).toBeGreaterThan(0.03);
      expect(model.globals.sigma2[match[t]]).toBeLessThan(0.18);
    }
  });

  it('finds the rates of every gene in every component', () => {
    const errors: number[] = [];
    for (let t = 0; t < 4; t++) {
      const expected = meanRates(model.frame, truth, t);
      const found = meanRates(model.frame, model.globals, match[t]);
      for (let g = 0; g < slide.genes; g++)
        if (expected[g] > 0.02) errors.push(Math.abs(Math.log(found[g] / expected[g])));
    }
    errors.sort((a, b) => a - b);
    expect(errors.length).toBeGreaterThan(60);
    expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(0.15);
    expect(errors[Math.floor(errors.length * 0.95)]).toBeLessThan(0.5);
  });

  it('finds the background', () => {
    const sum = (beta: Float32Array): number => beta.reduce((total, rate) => total + rate, 0);
    expect(sum(model.globals.beta) / sum(truth.beta)).toBeGreaterThan(0.7);
    expect(sum(model.globals.beta) / sum(truth.beta)).toBeLessThan(1.3);
  });
});

/** Mean rate of each gene in a component. */
function meanRates(frame: ProsegModel['frame'], globals: ProsegGlobals, component: number): Float64Array {
  const width = latentWidth(frame);
  const loading = Float64Array.from(
    { length: width },
    (_, k) => globals.r[component * width + k] * globals.s[component * width + k],
  );
  return cellRates(frame, globals, loading, 0, new Float64Array(frame.genes));
}

function nearestProfile({ frame, globals }: ProsegModel, truth: ProsegGlobals, component: number): number {
  const wanted = meanRates(frame, truth, component);
  const distances = [0, 1, 2, 3].map((t) =>
    meanRates(frame, globals, t).reduce((sum, rate, g) => sum + Math.abs(rate - wanted[g]), 0),
  );
  return distances.indexOf(Math.min(...distances));
}

describe('statistics of real tiles', () => {
  it('pool to the same for one tile and for four of the same state', async () => {
    const { slide, config, truth } = simulate(false);
    const frame = buildModelFrame({ genes: slide.genes, hasZ: false, zSample: slide }, config);
    const block = {
      index: 0,
      phase: 'parameters',
      firstIteration: 0,
      iterations: 2,
      recorded: 2,
      fixedDispersion: false,
    };
    const initial = {
      cell: Uint32Array.from(slide.component, (_, c) => c + 1),
      component: Uint16Array.from(slide.component),
    };
    const statistics = async (n: number) => {
      const parts = [];
      for (const { id, core } of gridCores(slide, n)) {
        const tables = { ...globalsTables(truth), initial };
        const meta = { model: frame, settings: prosegSettings(config), block };
        const result = await runTask(
          'assign.proseg.fit',
          assignTileFrame(modelTile(slide, id, core, 40, 1), { meta, tables }),
        );
        parts.push(statisticsFrom(result.tables));
      }
      return poolStatistics(parts, frame, block.recorded);
    };
    const [one, four] = [await statistics(1), await statistics(2)];
    expect(four.n).toEqual(one.n);
    expect(four.volumes).toEqual(one.volumes);
    expect(four.areaVolume).toEqual(one.areaVolume);
    expect(four.x).toEqual(one.x);
    expect(four.b).toEqual(one.b);
    expect(four.xt).toEqual(one.xt);
    expect(four.crt).toEqual(one.crt);
    expect(four.logLikelihood).toBeCloseTo(one.logLikelihood, 6);
  });
});
