import { RandomStream } from '@spatile/random/stream';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoundAssign } from '../../../worker/kernels/bind.ts';
import { logPosterior, type ModelTile } from '../../../worker/kernels/reference/assign-model.ts';
import { displacementLaw } from '../../../worker/src/assign/proseg/displacement.ts';
import { drawExpression, rebucket, refresh } from '../../../worker/src/assign/proseg/iterate.ts';
import type { Sampler } from '../../../worker/src/assign/proseg/sampler.ts';
import { bound, emptyTile, latentPlace, padded } from '../../kernels/small-tile.ts';
import {
  drawTile,
  type LabelPrior,
  labelPrior,
  probabilitiesOf,
  type Shifts,
} from '../../support/model-slide.ts';
import { chiSquareLimit, Ranks } from '../../support/rank-test.ts';

/** 3 x 3 free voxels, and around them as many that stay background as the longest shift. */
const FREE = 3;
const MARGIN = 4;
const EDGE = FREE + 2 * MARGIN;
const BETA = [0.08, 0.05, 0.04, 0.06, 0.03].map(Math.fround);
const SETTINGS = {
  compactnessSigma: 0.6,
  bubbleProbability: 0.1,
  nuclearReassignmentProbability: 0.2,
  cellReassignmentProbability: 0.5,
  diffusionProbability: 0.25,
  diffusionSdNearUm: 0.4,
  diffusionSdFarUm: 0.75,
  diffusionSdZ: 0.1,
  densityBandwidthUm: 10,
  enforceConnectivity: false,
  refine: {
    rounds: 0,
    bandwidthUm: 2.5,
    neighbours: 30,
    ambient: 0.1,
    background: 0.5,
    nucleusUm: 5,
    nucleusWeight: 0.3,
  },
};

/** Two cells of two kinds, two genes with a loading of their own and three that share two factors. */
function modelTile(edge: number): ModelTile {
  const from = (edge - FREE) / 2;
  const inside = (v: number): boolean =>
    [v % edge, Math.floor(v / edge)].every((at) => at >= from && at < from + FREE);
  const label = Array.from({ length: edge * edge }, () => 0);
  label[from * edge + from] = 1;
  label[(from + 2) * edge + from + 2] = 2;
  const t = emptyTile({ width: edge, height: edge, label, cells: 2 });
  t.locked = label.map((_, v) => !inside(v));
  t.trust[(from + 1) * edge + from] = 0.8;
  t.preferred[(from + 1) * edge + from] = 1;
  t.sigmaQ = SETTINGS.compactnessSigma;
  t.bubble = SETTINGS.bubbleProbability;
  t.privateGenes = 2;
  t.theta = [
    [0.5, 0.1],
    [0.2, 0.6],
    [0.3, 0.3],
  ].map((row) => row.map(Math.fround));
  t.pi = [0.6, 0.4];
  t.mu = [Math.log(3), Math.log(4)];
  t.sigma2 = [0.3, 0.5];
  t.r = [
    [1.5, 0.8, 2, 0.6],
    [0.7, 2, 0.6, 3],
  ];
  t.s = [
    [0.8, 0.5, 0.5, 0.8],
    [0.4, 1, 0.6, 0.5],
  ];
  for (const cell of t.cells) cell.loading = [1, 1, 1, 1];
  return t;
}

/** What is ranked, of the truth and of every draw: one number per thing that the sampler draws. */
interface Summary {
  volume: number;
  volumes: number;
  component: number;
  privateLoading: number;
  factorLoading: number;
  foreground: number;
  place: number;
  inFirstCell: number;
  logPosterior: number;
}

function summary(t: ModelTile, foreground: number): Summary {
  const size = (cell: number): number => t.label.filter((label) => label === cell).length;
  const shift = t.transcripts.map(
    ({ voxel, observed: [x, y] }) => ((voxel % t.width) - x) ** 2 + (Math.floor(voxel / t.width) - y) ** 2,
  );
  return {
    volume: size(1),
    volumes: size(1) + size(2),
    component: t.cells[1].component,
    privateLoading: t.cells[1].loading[0],
    factorLoading: t.cells[2].loading[3],
    foreground,
    place: shift.reduce((sum, square) => sum + square, 0),
    inFirstCell: t.transcripts.filter(({ voxel }) => t.label[voxel] === 1).length,
    logPosterior: logPosterior(t),
  };
}

const REPLICATES = 256;
const DRAWS = 15;
const BURN = 120;
const THIN = 25;
const SWEEPS = 5;

interface Chain {
  /** As `loadingsEvery` of the schedule. */
  expressionEvery: number;
  /** What the sampler is told wrongly. */
  lie?: (b: BoundAssign) => void;
}

/** Thinned draws of a chain that starts from labels, loadings and places of its own. */
async function posteriorDraws(
  truth: ModelTile,
  replicate: number,
  { expressionEvery, lie }: Chain,
): Promise<Summary[]> {
  const t: ModelTile = structuredClone(truth);
  const start = modelTile(EDGE);
  t.label = start.label;
  t.cells = start.cells;
  for (const transcript of t.transcripts)
    transcript.voxel = transcript.observed[1] * EDGE + transcript.observed[0];
  const b = await bound(t);
  enterLaw(b);
  lie?.(b);
  b.setInteger('tileKey1', replicate);
  b.setInteger('placeKey1', replicate);
  const sampler = { bound: b } as Sampler;
  const draws: Summary[] = [];
  for (let k = 0; k < BURN + DRAWS * THIN; k++) {
    rebucket(sampler);
    b.kernel.moveLabels(b.tile, k, SWEEPS, 1);
    refresh(sampler, k, true);
    if (k % expressionEvery === 0) drawExpression(sampler, k);
    if (k < BURN || (k - BURN + 1) % THIN !== 0) continue;
    readState(b, t);
    draws.push(
      summary(
        t,
        b.arrays.foreground.reduce((sum, flag) => sum + flag, 0),
      ),
    );
  }
  b.release();
  return draws;
}

function enterLaw(b: BoundAssign): Shifts {
  const law = displacementLaw(SETTINGS, 1, 1, b.kernel);
  for (const name of ['near', 'far', 'mode'] as const) {
    b.arrays[`${name}Threshold`].set(law[name].threshold);
    b.arrays[`${name}Alias`].set(law[name].alias);
    b.setInteger(`${name}Count`, law[name].threshold.length);
  }
  return {
    near: probabilitiesOf(law.near),
    far: probabilitiesOf(law.far),
    farShare: SETTINGS.diffusionProbability,
  };
}

function readState({ arrays }: BoundAssign, t: ModelTile): void {
  t.label.forEach((_, v) => {
    t.label[v] = arrays.label[padded(t, v)];
  });
  const voxelOf = new Map(t.label.map((_, v) => [padded(t, v), v]));
  t.transcripts.forEach((transcript, i) => {
    transcript.voxel = voxelOf.get(arrays.current[i])!;
  });
  const latent = arrays.thetaSum.length;
  for (let c = 1; c < t.cells.length; c++) {
    t.cells[c].component = arrays.component[c];
    t.cells[c].loading = t.r[0].map((_, k) => arrays.loading[c * latent + latentPlace(t, k)]);
  }
}

/** The tile's prior, with the label enumerated on the least grid that shows their shapes and put into the wide one. */
function widePrior(): LabelPrior {
  const prior = labelPrior(modelTile(FREE + 2));
  const wide = modelTile(EDGE);
  return { ...prior, free: wide.label.flatMap((_, v) => (wide.locked[v] ? [] : [v])) };
}

/** Ranks of what was drawn from the prior among the draws given the transcripts it made. */
async function calibrate(replicates: number, chain: Chain): Promise<Map<keyof Summary, Ranks>> {
  const ranks = new Map<keyof Summary, Ranks>();
  const prior = widePrior();
  const b = await bound(modelTile(EDGE));
  const shifts = enterLaw(b);
  b.release();
  expect(shifts.far.length).toBeLessThanOrEqual(2 * MARGIN + 1);
  for (let replicate = 0; replicate < replicates; replicate++) {
    const stream = new RandomStream(chain.expressionEvery, 'calibration', replicate);
    const truth = modelTile(EDGE);
    const foreground = drawTile(truth, prior, BETA, shifts, stream);
    const wanted = summary(truth, foreground.filter(Boolean).length);
    const draws = await posteriorDraws(truth, replicate, chain);
    for (const name of Object.keys(wanted) as (keyof Summary)[]) {
      const entry = ranks.get(name) ?? new Ranks(DRAWS);
      ranks.set(name, entry);
      entry.add(
        wanted[name],
        draws.map((draw) => draw[name]),
        stream,
      );
    }
  }
  return ranks;
}

/**
 * Exact: rates, priors and displacement law known, temperature 1, as in the recorded iterations. Expression
 * drawn every other iteration is no approximation: any fixed order of steps that keep the posterior keeps it.
 */
describe.each([1, 2])('a tile with expression drawn every %i iterations', (expressionEvery) => {
  let ranks: Map<keyof Summary, Ranks>;

  beforeAll(async () => {
    ranks = await calibrate(REPLICATES, { expressionEvery });
  });

  it.each([
    'volume',
    'volumes',
    'component',
    'privateLoading',
    'factorLoading',
    'foreground',
    'place',
    'inFirstCell',
    'logPosterior',
  ] as const)('the true %s has any rank among the draws', (name) => {
    const { value, freedom } = ranks.get(name)!.chiSquare();
    expect(value).toBeLessThan(chiSquareLimit(freedom));
  });
});

it('a sampler that is told a wrong background, or a wrong loading prior, is found out', async () => {
  const wrong = async (lie: Chain['lie']) => {
    const ranks = await calibrate(REPLICATES / 4, { expressionEvery: 1, lie });
    return (name: keyof Summary): number => ranks.get(name)!.chiSquare().value;
  };
  const background = await wrong(({ arrays }) => {
    arrays.background.forEach((beta, i) => {
      arrays.background[i] = 2.5 * beta;
    });
  });
  expect(background('foreground')).toBeGreaterThan(chiSquareLimit(DRAWS));
  const loadings = await wrong(({ arrays, kernel, tile }) => {
    arrays.scale.forEach((scale, i) => {
      arrays.scale[i] = 0.2 * scale;
    });
    kernel.fillTables(tile);
  });
  expect(loadings('factorLoading')).toBeGreaterThan(chiSquareLimit(DRAWS));
});
