import { drawGlobals } from '@spatile/coordinator/assign/proseg/posterior';
import * as prior from '@spatile/coordinator/assign/proseg/prior';
import type { PooledStatistics } from '@spatile/coordinator/assign/proseg/statistics';
import { FIXED_POINT, type ModelFrame, type ProsegGlobals, VOLUME_BINS } from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BoundAssign } from '../../../worker/kernels/bind.ts';
import type { ModelTile } from '../../../worker/kernels/reference/assign-model.ts';
import { bound, emptyTile, latentPlace } from '../../kernels/small-tile.ts';
import { testFrame } from '../../support/model-statistics.ts';
import { chiSquareLimit, Ranks } from '../../support/rank-test.ts';

const frame: ModelFrame = testFrame({
  genes: 5,
  privateGenes: 2,
  factors: 2,
  components: 2,
  layers: 1,
  densityBins: 1,
  voxelUm: 0.25,
});
const UNIT = frame.voxelUm ** 2;
const LATENT = frame.privateGenes + frame.factors;
const CELLS = 6;
/** Data sets that are kept: the prior of rates and volumes spans many orders of magnitude. A choice by data alone keeps ranks uniform. */
const FEWEST = 8;
const MOST = 400;
const LEAST_VOXELS = 12;

function drawPrior(stream: RandomStream): ProsegGlobals {
  const { components, factors, genes, privateGenes } = frame;
  const times = (n: number, draw: () => number): Float64Array => Float64Array.from({ length: n }, draw);
  const factored = genes - privateGenes;
  const theta = new Float32Array(factored * factors);
  const column = new Float64Array(factored);
  for (let k = 0; k < factors; k++) {
    stream.dirichlet(new Float64Array(factored).fill(prior.THETA_ALPHA), column);
    for (let g = 0; g < factored; g++) theta[g * factors + k] = column[g];
  }
  const pi = new Float64Array(components);
  stream.dirichlet(new Float64Array(components).fill(prior.PI_ALPHA), pi);
  return {
    theta,
    pi,
    r: times(components * LATENT, () => Math.max(prior.R_FLOOR, stream.gamma(prior.R_SHAPE) / prior.R_RATE)),
    s: times(components * LATENT, () =>
      Math.exp(prior.LN_S_MEAN + stream.normal() / Math.sqrt(prior.LN_S_PRECISION)),
    ),
    mu: times(components, () => prior.MU_MEAN + stream.normal() / Math.sqrt(prior.MU_PRECISION)),
    sigma2: times(components, () => prior.SIGMA2_SCALE / stream.gamma(prior.SIGMA2_SHAPE)),
    beta: Float32Array.from({ length: genes }, () => stream.gamma(prior.BETA_SHAPE) / prior.BETA_RATE),
  };
}

/** Cells and transcripts of one replicate; each cell is one voxel of a line, its volume kept apart from the grid. */
interface Data {
  voxels: number[];
  columns: number;
  /** Transcripts: gene, and the cell that holds it (0 = outside of all). */
  gene: number[];
  cell: number[];
}

/** Data that the globals make; null when they are not to be kept. */
function drawData(globals: ProsegGlobals, stream: RandomStream): Data | null {
  const data: Data = { voxels: [], columns: 0, gene: [], cell: [] };
  const component: number[] = [];
  for (let c = 0; c < CELLS; c++) {
    const t = stream.categorical(globals.pi);
    component.push(t);
    const volume = Math.exp(globals.mu[t] + Math.sqrt(globals.sigma2[t]) * stream.normal());
    data.voxels.push(Math.round(volume / UNIT));
  }
  if (data.voxels.some((n) => n < LEAST_VOXELS || n >= VOLUME_BINS)) return null;
  const inside = data.voxels.reduce((sum, n) => sum + n, 0);
  // As much again outside of cells.
  data.columns = 2 * inside;
  const means: { gene: number; cell: number; mean: number }[] = [];
  data.voxels.forEach((n, c) => {
    for (let k = 0; k < LATENT; k++) {
      const at = component[c] * LATENT + k;
      const phi = stream.gamma(globals.r[at]) * globals.s[at];
      for (let g = 0; g < frame.genes; g++) {
        const share =
          g < frame.privateGenes
            ? Number(g === k)
            : k < frame.privateGenes
              ? 0
              : globals.theta[(g - frame.privateGenes) * frame.factors + k - frame.privateGenes];
        means.push({ gene: g, cell: c + 1, mean: phi * share * n * UNIT });
      }
    }
    for (let g = 0; g < frame.genes; g++)
      means.push({ gene: g, cell: c + 1, mean: globals.beta[g] * n * UNIT });
  });
  for (let g = 0; g < frame.genes; g++)
    means.push({ gene: g, cell: 0, mean: globals.beta[g] * (data.columns - inside) * UNIT });
  if (means.reduce((sum, { mean }) => sum + mean, 0) > 20 * MOST) return null;
  for (const { gene, cell, mean } of means) {
    for (let n = stream.poisson(mean); n > 0; n--) {
      data.gene.push(gene);
      data.cell.push(cell);
    }
  }
  return data.gene.length >= FEWEST && data.gene.length <= MOST ? data : null;
}

/** The chain's tile: voxel 0 is background, voxel c holds cell c. */
async function boundData(data: Data): Promise<BoundAssign> {
  const label = Array.from({ length: CELLS + 1 }, (_, c) => c);
  const t: ModelTile = emptyTile({ width: CELLS + 1, height: 1, label, cells: CELLS });
  t.u = UNIT;
  t.privateGenes = frame.privateGenes;
  t.theta = Array.from({ length: frame.genes - frame.privateGenes }, () =>
    new Array<number>(frame.factors).fill(0.5),
  );
  t.pi = new Array<number>(frame.components).fill(0.5);
  t.mu = [0, 0];
  t.sigma2 = [1, 1];
  t.r = t.pi.map(() => new Array<number>(LATENT).fill(1));
  t.s = t.pi.map(() => new Array<number>(LATENT).fill(1));
  for (const cell of t.cells) cell.loading = new Array<number>(LATENT).fill(0.1);
  data.gene.forEach((gene, row) => {
    t.transcripts.push({ row, gene, observed: [data.cell[row], 0, 0], voxel: data.cell[row], beta: 1 });
  });
  const b = await bound(t, { statistics: true });
  data.voxels.forEach((n, c) => {
    b.arrays.size[c + 1] = n;
  });
  data.gene.forEach((gene, row) => {
    b.arrays.backgroundIndex[row] = gene;
  });
  return b;
}

const place = (k: number): number => latentPlace({ privateGenes: frame.privateGenes } as ModelTile, k);

function enterGlobals({ arrays, kernel, tile, integer }: BoundAssign, globals: ProsegGlobals): void {
  const { components, factors, genes, privateGenes } = frame;
  const width = integer('componentWidth');
  arrays.thetaSum.fill(0, place(privateGenes));
  for (let g = 0; g < genes - privateGenes; g++) {
    for (let k = 0; k < factors; k++) {
      arrays.theta[g * integer('factorWidth') + k] = globals.theta[g * factors + k];
      arrays.thetaSum[place(privateGenes + k)] += globals.theta[g * factors + k];
    }
  }
  for (let t = 0; t < components; t++) {
    arrays.logPi[t] = Math.log(Math.max(1e-300, globals.pi[t]));
    arrays.mu[t] = globals.mu[t];
    arrays.sigma2[t] = globals.sigma2[t];
    for (let k = 0; k < LATENT; k++) {
      arrays.shape[place(k) * width + t] = globals.r[t * LATENT + k];
      arrays.scale[place(k) * width + t] = globals.s[t * LATENT + k];
    }
  }
  arrays.background.forEach((_, i) => {
    arrays.background[i] = Math.max(1e-20, globals.beta[arrays.gene[i]]);
  });
  kernel.fillTables(tile);
}

const STATISTICS = ['statX', 'statB', 'statN', 'statXt', 'statCrt', 'statOmega', 'statOmegaLnV'] as const;

function clear(values: Uint32Array | BigInt64Array): void {
  if (values instanceof BigInt64Array) values.fill(0n);
  else values.fill(0);
}

/** What pooling one tile's statistics of one iteration gives, without the way over its histogram of volumes. */
function pooled({ arrays, integer }: BoundAssign, { columns, voxels }: Data): PooledStatistics {
  const unpadded = (of: (at: number) => number): Float64Array =>
    Float64Array.from({ length: frame.components * LATENT }, (_, i) =>
      of(Math.floor(i / LATENT) * integer('latent') + place(i % LATENT)),
    );
  const volumes = Array.from({ length: frame.components }, (_, t) => {
    const volume = voxels.filter((_, c) => arrays.component[c + 1] === t).map((n) => n * UNIT);
    return { volume: Float64Array.from(volume), cells: new Float64Array(volume.length).fill(1) };
  });
  return {
    x: Float64Array.from(arrays.statX),
    b: Float64Array.from(arrays.statB),
    areaVolume: Float64Array.of(columns * UNIT),
    n: Float64Array.from(arrays.statN),
    volumes,
    xt: unpadded((at) => arrays.statXt[at]),
    crt: unpadded((at) => arrays.statCrt[at]),
    omega: unpadded((at) => Number(arrays.statOmega[at]) / FIXED_POINT),
    omegaLnV: unpadded((at) => Number(arrays.statOmegaLnV[at]) / FIXED_POINT),
    logLikelihood: 0,
  };
}

/** Numbers that do not change when components or factors swap names: what can be compared without telling them apart. */
function summary({ r, s, theta, pi, mu, sigma2, beta }: ProsegGlobals) {
  const { factors, components, privateGenes } = frame;
  const over = (k: number, of: Float64Array): number[] =>
    Array.from({ length: components }, (_, t) => of[t * LATENT + k]);
  const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
  const factorsOf = (of: Float64Array): number[] =>
    Array.from({ length: factors }, (_, k) => over(privateGenes + k, of)).flat();
  return {
    beta: beta[3],
    theta: theta[0] + theta[1],
    thetaSpread: Math.abs(theta[0] - theta[1]),
    pi: Math.max(...pi),
    mu: sum([...mu]),
    muLeast: Math.min(...mu),
    sigma2: sum([...sigma2]),
    r: sum(over(0, r)),
    rOfFactors: sum(factorsOf(r)),
    lnS: sum(over(1, s).map(Math.log)),
    lnSOfFactors: sum(factorsOf(s).map(Math.log)),
    meanRate: Math.max(...over(0, r).map((value, t) => value * s[t * LATENT])),
  };
}

type Summary = ReturnType<typeof summary>;

/** Takes about 6 s of processor time; a machine at work gives it a tenth of itself. */
const PATIENCE_MS = 600_000;
const REPLICATES = 96;
const DRAWS = 7;
const BURN = 200;
const THIN = 40;

/**
 * Thinned draws of the globals, in the order in which each step is an exact conditional: loadings last, given the globals of
 * the same iteration. (The fit draws them before the globals, and averages statistics over the iterations of a block.)
 */
async function posteriorDraws(
  data: Data,
  replicate: number,
  lie: (statistics: PooledStatistics) => void,
): Promise<Summary[]> {
  const b = await boundData(data);
  b.setInteger('placeKey1', replicate);
  let globals = drawPrior(new RandomStream(99, 'start', replicate));
  enterGlobals(b, globals);
  const draws: Summary[] = [];
  for (let k = 0; k < BURN + DRAWS * THIN; k++) {
    for (const name of STATISTICS) clear(b.arrays[name]);
    b.kernel.refreshRates(b.tile);
    b.kernel.drawForeground(b.tile, k, true);
    b.kernel.drawComponents(b.tile, k);
    b.kernel.collectCells(b.tile, k, false);
    const statistics = pooled(b, data);
    lie(statistics);
    globals = drawGlobals(statistics, globals, frame, {
      ...{ seed: replicate, block: k },
      ...{ fixedDispersion: false, fixedBackground: false, priorShare: 1 },
    });
    enterGlobals(b, globals);
    b.kernel.drawLoadings(b.tile, k);
    if (k >= BURN && (k - BURN + 1) % THIN === 0) draws.push(summary(globals));
  }
  b.release();
  return draws;
}

/** Ranks of globals from the prior among the draws given the transcripts that they made. */
async function calibrate(
  replicates: number,
  lie: (statistics: PooledStatistics) => void = () => {},
): Promise<Map<keyof Summary, Ranks>> {
  const ranks = new Map<keyof Summary, Ranks>();
  for (let replicate = 0, kept = 0; kept < replicates; replicate++) {
    const stream = new RandomStream(3, 'calibration.globals', replicate);
    const truth = drawPrior(stream);
    const data = drawData(truth, stream);
    if (data === null) continue;
    kept++;
    const wanted = summary(truth);
    const draws = await posteriorDraws(data, replicate, lie);
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

describe('the globals of the fit, labels given', () => {
  let ranks: Map<keyof Summary, Ranks>;

  beforeAll(async () => {
    ranks = await calibrate(REPLICATES);
  }, PATIENCE_MS);

  it.each([
    'beta',
    'theta',
    'thetaSpread',
    'pi',
    'mu',
    'muLeast',
    'sigma2',
    'r',
    'rOfFactors',
    'lnS',
    'lnSOfFactors',
    'meanRate',
  ] as const)('the true %s has any rank among the draws', (name) => {
    const { value, freedom } = ranks.get(name)!.chiSquare();
    expect(value).toBeLessThan(chiSquareLimit(freedom));
  });
});

it(
  'a fit that counts the background twice is found out',
  async () => {
    const ranks = await calibrate(REPLICATES / 3, ({ b }) => {
      b.forEach((count, i) => {
        b[i] = 2 * count;
      });
    });
    expect(ranks.get('beta')!.chiSquare().value).toBeGreaterThan(chiSquareLimit(DRAWS));
  },
  PATIENCE_MS,
);
