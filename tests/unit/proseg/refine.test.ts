import { OUTLINE_CELL } from '@spatile/formats/tile/assign';
import { geneShares } from '@spatile/worker/assign/proseg/gene-shares';
import { neighbourhoodOf } from '@spatile/worker/assign/proseg/neighbourhood';
import { refine } from '@spatile/worker/assign/proseg/refine';
import { openSampler, type Sampler } from '@spatile/worker/assign/proseg/sampler';
import type { ProsegTask } from '@spatile/worker/assign/proseg/task';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SETTINGS, simulateTile } from './simulated.ts';

const RECORDED = 10;
const REFINE = SETTINGS.refine;

let sampler: Sampler;
let truth: Uint16Array;

async function open(seed: number): Promise<void> {
  const { tile, model, globals, truth: cells } = simulateTile({ seed });
  const task: ProsegTask = { tile, model, settings: SETTINGS, globals };
  sampler = await openSampler(task, {
    stage: 'assign',
    records: true,
    statistics: false,
    moveOutsideCore: true,
  });
  // Every cell has a voxel somewhere.
  sampler.arrays.size.fill(1, 1);
  const local = new Map([...sampler.cells].map((cell, i) => [cell, i + 1]));
  truth = Uint16Array.from(sampler.source, (at) => local.get(cells[at]) ?? 0);
}

/** Certain records of these labels, as a chain that never changed its mind would leave them. */
function record(label: Uint16Array): void {
  const { recordCell, recordWeight, recordBackground } = sampler.arrays;
  recordCell.fill(0);
  recordWeight.fill(0);
  label.forEach((cell, i) => {
    recordBackground[i] = cell === 0 ? RECORDED : 0;
    recordCell[3 * i] = cell;
    recordWeight[3 * i] = cell === 0 ? 0 : RECORDED;
  });
}

const best = (i: number): number => {
  const { recordCell, recordWeight, recordBackground } = sampler.arrays;
  return recordWeight[3 * i] > recordBackground[i] ? recordCell[3 * i] : 0;
};

const right = (): number =>
  truth.reduce((sum, cell, i) => sum + (best(i) === cell ? 1 : 0), 0) / truth.length;

beforeEach(() => open(1));
afterEach(() => sampler.bound.release());

describe('the last rounds over transcripts', () => {
  it('mend labels of which a fifth was given to the cell of another transcript near by', () => {
    const spoilt = truth.slice();
    for (let i = 0; i < spoilt.length; i += 5) spoilt[i] = truth[(i * 7 + 13) % truth.length];
    record(spoilt);
    const before = right();
    refine(sampler, REFINE, RECORDED);
    expect(before).toBeLessThan(0.85);
    expect(right()).toBeGreaterThan(before + 0.03);
  });

  it('leave probabilities that are shares of the recorded samples', () => {
    record(truth);
    refine(sampler, REFINE, RECORDED);
    const { recordWeight, recordBackground } = sampler.arrays;
    for (let i = 0; i < truth.length; i++) {
      const cells = recordWeight[3 * i] + recordWeight[3 * i + 1] + recordWeight[3 * i + 2];
      expect(cells + recordBackground[i]).toBeLessThanOrEqual(RECORDED * (1 + 1e-6));
      expect(recordBackground[i]).toBeGreaterThan(0);
      expect(recordWeight[3 * i]).toBeGreaterThanOrEqual(recordWeight[3 * i + 1]);
    }
  });

  it('change nothing when there are none', () => {
    record(truth);
    const before = sampler.arrays.recordWeight.slice();
    refine(sampler, { ...REFINE, rounds: 0 }, RECORDED);
    expect(sampler.arrays.recordWeight).toEqual(before);
  });

  it('leave frozen cells the component they have', () => {
    record(truth);
    sampler.arrays.frozen.fill(1, 1);
    sampler.arrays.component.fill(3);
    refine(sampler, REFINE, RECORDED);
    expect(sampler.arrays.component.subarray(1).every((t) => t === 3)).toBe(true);
  });

  it('give all to the background when nothing but the ambient weighs', () => {
    record(truth);
    refine(sampler, { ...REFINE, rounds: 1, ambient: 1, background: 10, nucleusWeight: 0 }, RECORDED);
    const kept = truth.reduce((sum, _, i) => sum + (best(i) > 0 ? 1 : 0), 0);
    record(truth);
    refine(sampler, { ...REFINE, rounds: 1, ambient: 0, background: 0, nucleusWeight: 0 }, RECORDED);
    const all = truth.reduce((sum, _, i) => sum + (best(i) > 0 ? 1 : 0), 0);
    expect(kept).toBeLessThan(all);
  });
});

describe('the nearest nucleus', () => {
  const only = { ...REFINE, rounds: 1, ambient: 0, background: 0, nucleusWeight: 1e6 };
  const cellsNamed = (): Set<number> => new Set([...truth.keys()].map(best).filter((cell) => cell > 0));

  it('speaks for its cell, and an outline for a cell without nucleus', () => {
    record(new Uint16Array(truth.length));
    refine(sampler, only, RECORDED);
    const byNuclei = cellsNamed();
    expect(byNuclei.size).toBeGreaterThan(10);
    sampler.task.tile.rings.kind.fill(OUTLINE_CELL);
    record(new Uint16Array(truth.length));
    refine(sampler, only, RECORDED);
    expect(cellsNamed()).toEqual(byNuclei);
  });

  it('of a cell without a voxel is silent', () => {
    record(new Uint16Array(truth.length));
    refine(sampler, only, RECORDED);
    const [gone] = cellsNamed();
    sampler.arrays.size[gone] = 0;
    record(new Uint16Array(truth.length));
    refine(sampler, only, RECORDED);
    expect(cellsNamed().has(gone)).toBe(false);
  });
});

describe('neighbours of a transcript', () => {
  it('are those a search over all pairs finds, with their Gaussian weights', () => {
    const around = neighbourhoodOf(sampler, 2.5, 30);
    const { x, y } = sampler.task.tile.transcripts;
    const { source } = sampler;
    for (const i of [0, 17, 400, source.length - 1]) {
      const { item, weight, count } = around.of(i);
      const found = new Map(Array.from({ length: count }, (_, k) => [item[k], weight[k]]));
      expect(found.has(i)).toBe(false);
      const furthest = Math.max(...[...found.keys()].map((j) => distance(i, j)));
      for (let j = 0; j < source.length; j++) {
        if (j === i || distance(i, j) >= furthest) continue;
        expect(found.has(j)).toBe(true);
        expect(found.get(j)).toBeCloseTo(Math.exp(-(distance(i, j) ** 2) / (2 * 2.5 ** 2)), 2);
      }
    }
    function distance(i: number, j: number): number {
      return Math.hypot(x[source[i]] - x[source[j]], y[source[i]] - y[source[j]]);
    }
  });
});

describe('shares of genes by component', () => {
  it('are r s over its sum, and the slide is their mixture', () => {
    const { share, slide, components } = geneShares(sampler);
    const { model, globals } = sampler.task;
    for (let t = 0; t < components; t++) {
      let sum = 0;
      for (let g = 0; g < model.genes; g++) sum += share[g * components + t];
      expect(sum).toBeCloseTo(1, 9);
    }
    expect(slide.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
    const width = model.privateGenes + model.factors;
    const mean = (t: number, g: number): number => globals!.r[t * width + g] * globals!.s[t * width + g];
    const strong = [...Array(model.genes).keys()].sort((a, b) => mean(0, b) - mean(0, a))[0];
    const total = [...Array(model.genes).keys()].reduce((sum, g) => sum + mean(0, g), 0);
    expect(share[strong * components]).toBeCloseTo(mean(0, strong) / total, 2);
  });
});
