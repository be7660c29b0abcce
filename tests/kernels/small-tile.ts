import { RandomStream } from '@spatile/random/stream';
import { assignWidths, type BoundAssign, bindAssign, setGrid } from '../../worker/kernels/bind.ts';
import type { ModelTile } from '../../worker/kernels/reference/assign-model.ts';
import { displacementLaw } from '../../worker/src/assign/proseg/displacement.ts';

export const TILE_KEY = [11, 12];
export const PLACE_KEY = [21, 22];

/** A tile without transcripts and prior: `label` in order (layer, row, column). */
export function emptyTile(shape: {
  width: number;
  height: number;
  layers?: number;
  label: number[];
  cells: number;
}): ModelTile {
  const { width, height, layers = 1, label } = shape;
  return {
    width,
    height,
    layers,
    u: 1 / layers,
    label: [...label],
    locked: label.map(() => false),
    preferred: label.map(() => 0),
    trust: label.map(() => Number.NaN),
    cells: Array.from({ length: shape.cells + 1 }, (_, id) => ({
      id: 100 + id,
      component: 0,
      frozen: false,
      loading: [0],
    })),
    transcripts: [],
    privateGenes: 1,
    theta: [],
    pi: [1],
    mu: [Math.log(4)],
    sigma2: [0.25],
    r: [[1]],
    s: [[1]],
    bubble: 0.05,
    sigmaQ: 0.04,
  };
}

/** A tile with everything in it: cells as blobs, factored genes, priors, displaced transcripts. */
export function randomTile(seed: number, layers = 2): ModelTile {
  const random = new RandomStream(seed, 'small-tile');
  const [width, height, cells, privateGenes, factors, factored, components] = [9, 7, 4, 3, 5, 4, 3];
  const t = emptyTile({ width, height, layers, label: new Array(width * height * layers).fill(0), cells });
  for (let c = 1; c <= cells; c++) {
    const [x, y] = [random.integer(width), random.integer(height)];
    t.label.forEach((_, v) => {
      const d = (v % width) - x;
      const e = (Math.floor(v / width) % height) - y;
      if (d * d + e * e <= 4) t.label[v] = c;
    });
  }
  const latent = privateGenes + factors;
  t.privateGenes = privateGenes;
  t.theta = Array.from({ length: factored }, () =>
    Array.from({ length: factors }, () => Math.fround(random.gamma(0.5) + 0.01)),
  );
  for (const cell of t.cells) {
    cell.component = random.integer(components);
    cell.loading = Array.from({ length: latent }, () => Math.fround(random.gamma(1)));
  }
  const vector = (draw: () => number): number[] => Array.from({ length: components }, draw);
  t.pi = vector(() => 1 / components);
  t.mu = vector(() => Math.log(6) + 0.3 * random.normal());
  t.sigma2 = vector(() => 0.2 + random.uniform());
  t.r = t.pi.map(() => Array.from({ length: latent }, () => 0.2 + random.gamma(1)));
  t.s = t.pi.map(() => Array.from({ length: latent }, () => 0.2 + random.gamma(1)));
  t.sigmaQ = 0.4;
  t.trust = t.label.map(() => Number.NaN);
  for (let i = 0; i < width * height; i++) {
    if (random.uniform() > 0.3) continue;
    for (let l = 0; l < layers; l++) {
      t.trust[l * width * height + i] = i % 2 === 0 ? 0.8 : 0.6;
      t.preferred[l * width * height + i] = 1 + (i % cells);
    }
  }
  for (let row = 0; row < 80; row++) {
    const observed: [number, number, number] = [
      random.integer(width),
      random.integer(height),
      random.integer(layers),
    ];
    t.transcripts.push({
      row: 1000 + 3 * row,
      gene: random.integer(privateGenes + factored),
      observed,
      voxel: (observed[2] * height + observed[1]) * width + observed[0],
      beta: Math.fround(0.05 + random.uniform()),
    });
  }
  return t;
}

/** The tile in the kernel's memory. Trust values become classes: 0.8 -> 1, 0.6 -> 2, locked -> 255. */
export async function bound(
  t: ModelTile,
  options: { connectivity?: boolean; statistics?: boolean; records?: boolean } = {},
): Promise<BoundAssign> {
  const factors = t.theta[0]?.length ?? 0;
  const b = await bindAssign({
    width: t.width,
    height: t.height,
    layers: t.layers,
    transcripts: t.transcripts.length,
    cells: t.cells.length,
    genes: t.privateGenes + t.theta.length,
    privateGenes: t.privateGenes,
    factors,
    components: t.pi.length,
    densityBins: 1,
    volumeBins: 8192,
    records: options.records ?? false,
    statistics: options.statistics ?? false,
  });
  setGrid(b, { width: t.width, height: t.height, voxelVolume: t.u, volumeFactor: 1 });
  b.setReal('bubble', t.bubble);
  b.setReal('compactnessScale', 1 / (2 * t.sigmaQ ** 2));
  b.setInteger('connectivity', options.connectivity ? 1 : 0);
  b.setInteger('tileKey0', TILE_KEY[0]);
  b.setInteger('tileKey1', TILE_KEY[1]);
  b.setInteger('placeKey0', PLACE_KEY[0]);
  b.setInteger('placeKey1', PLACE_KEY[1]);
  loadModel(b, t);
  loadTables(b, t);
  loadState(b, t);
  return b;
}

function loadModel({ arrays, kernel, tile }: BoundAssign, t: ModelTile): void {
  const { privateWidth, factorWidth, componentWidth } = assignWidths({
    privateGenes: t.privateGenes,
    factors: t.theta[0]?.length ?? 0,
    components: t.pi.length,
  });
  arrays.thetaSum.fill(1, 0, t.privateGenes);
  t.theta.forEach((row, g) => {
    row.forEach((theta, k) => {
      arrays.theta[g * factorWidth + k] = theta;
      arrays.thetaSum[privateWidth + k] += theta;
    });
  });
  arrays.shape.fill(1);
  arrays.scale.fill(1);
  t.pi.forEach((pi, z) => {
    arrays.logPi[z] = Math.log(pi);
    arrays.mu[z] = t.mu[z];
    arrays.sigma2[z] = t.sigma2[z];
    t.r[z].forEach((r, k) => {
      arrays.shape[latentPlace(t, k) * componentWidth + z] = r;
      arrays.scale[latentPlace(t, k) * componentWidth + z] = t.s[z][k];
    });
  });
  kernel.fillTables(tile);
}

/** Position of a latent dimension in a padded row. */
export const latentPlace = (t: ModelTile, k: number): number =>
  k < t.privateGenes ? k : Math.ceil(t.privateGenes / 4) * 4 + k - t.privateGenes;

export function lawOf(b: BoundAssign, t: ModelTile, farShare = 0.2) {
  const settings = {
    compactnessSigma: 0.04,
    bubbleProbability: 0.05,
    nuclearReassignmentProbability: 0.2,
    cellReassignmentProbability: 0.5,
    diffusionProbability: farShare,
    diffusionSdNearUm: 1,
    diffusionSdFarUm: 4,
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
  return displacementLaw(settings, 1, t.layers, b.kernel);
}

function loadTables(b: BoundAssign, t: ModelTile): void {
  const law = lawOf(b, t);
  for (const name of ['near', 'far', 'mode'] as const) {
    b.arrays[`${name}Threshold`].set(law[name].threshold);
    b.arrays[`${name}Alias`].set(law[name].alias);
    b.setInteger(`${name}Count`, law[name].threshold.length);
  }
  [0.5, 0.8, 0.6].forEach((trust, k) => {
    b.arrays.priorLog[2 * k] = Math.log(trust);
    b.arrays.priorLog[2 * k + 1] = Math.log(1 - trust);
  });
}

/** Voxel index of the kernel (with rim) for one without. */
export function padded(t: ModelTile, v: number): number {
  const [x, y, l] = [v % t.width, Math.floor(v / t.width) % t.height, Math.floor(v / (t.width * t.height))];
  return l * (t.width + 2) * (t.height + 2) + (y + 1) * (t.width + 2) + x + 1;
}

function loadState({ arrays, kernel, tile }: BoundAssign, t: ModelTile): void {
  const latent = arrays.thetaSum.length;
  t.cells.forEach((cell, c) => {
    arrays.cellId[c] = cell.id;
    arrays.frozen[c] = cell.frozen ? 1 : 0;
    arrays.component[c] = cell.component;
    arrays.owned[c] = c > 0 ? 1 : 0;
    if (c > 0)
      for (let k = 0; k < cell.loading.length; k++)
        arrays.loading[c * latent + latentPlace(t, k)] = cell.loading[k];
  });
  t.label.forEach((label, v) => {
    arrays.label[padded(t, v)] = label;
    if (v >= t.width * t.height) return;
    arrays.priorLabel[padded(t, v)] = t.preferred[v];
    arrays.priorClass[padded(t, v)] = t.locked[v] ? 255 : t.trust[v] === 0.8 ? 1 : t.trust[v] === 0.6 ? 2 : 0;
  });
  t.transcripts.forEach((transcript, i) => {
    arrays.row[i] = transcript.row;
    arrays.gene[i] = transcript.gene;
    [arrays.observedX[i], arrays.observedY[i], arrays.observedL[i]] = transcript.observed;
    arrays.background[i] = transcript.beta;
    arrays.role[i] = 3;
    arrays.current[i] = padded(t, transcript.voxel);
  });
  kernel.sumRates(tile);
  kernel.recount(tile);
  kernel.bucketTranscripts(tile);
}

/** The kernel's labels without rim. */
export function labelsOf({ arrays }: BoundAssign, t: ModelTile): number[] {
  return t.label.map((_, v) => arrays.label[padded(t, v)]);
}

/** Voxels of the kernel's map of the boundary, ascending. Tiles up to 64 voxels wide: one word per row. */
export function boundaryOf({ arrays }: BoundAssign, t: ModelTile): number[] {
  return t.label.flatMap((_, v) =>
    (arrays.boundary[Math.floor(v / t.width)] >> BigInt(v % t.width)) & 1n ? [v] : [],
  );
}
