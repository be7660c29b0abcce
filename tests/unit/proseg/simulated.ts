import { type AssignTile, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import type {
  FitBlock,
  ModelFrame,
  ProsegGlobals,
  ProsegSchedule,
  ProsegSettings,
} from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';

/** A small slide with known answer: discs clipped at midlines, a few types, displaced transcripts, background. One tile. */
export interface SimulatedTile {
  tile: AssignTile;
  model: ModelFrame;
  globals: ProsegGlobals;
  /** True slide cell of each transcript, 0 = background. */
  truth: Uint32Array;
}

export interface SimulatedOptions {
  sizeUm: number;
  haloUm: number;
  genes: number;
  privateGenes: number;
  factors: number;
  types: number;
  perCell: number;
  layers: number;
  densityBins: number;
  seed: number;
  spacingUm: number;
}

export const SIMULATED: SimulatedOptions = {
  sizeUm: 120,
  haloUm: 20,
  genes: 60,
  privateGenes: 60,
  factors: 0,
  types: 4,
  perCell: 150,
  layers: 4,
  densityBins: 3,
  seed: 1,
  spacingUm: 12,
};

export const SETTINGS: ProsegSettings = {
  compactnessSigma: 0.04,
  bubbleProbability: 0.05,
  nuclearReassignmentProbability: 0.2,
  cellReassignmentProbability: 0.5,
  diffusionProbability: 0.2,
  diffusionSdNearUm: 1,
  diffusionSdFarUm: 4,
  diffusionSdZ: 0.1,
  densityBandwidthUm: 0.5,
  enforceConnectivity: false,
  refine: {
    rounds: 3,
    bandwidthUm: 2.5,
    neighbours: 30,
    ambient: 0.1,
    background: 0.5,
    nucleusUm: 5,
    nucleusWeight: 0.3,
  },
};

export const SCHEDULE: ProsegSchedule = {
  coarseIterations: 100,
  fineIterations: 100,
  hillClimbIterations: 50,
  recordedIterations: 50,
  finalTemperature: 0.324,
  proposalsPerPair: 0.2,
  loadingsEvery: 2,
  diffusion: true,
};

export const blockOf = (block: Partial<FitBlock>): FitBlock => ({
  index: 0,
  phase: 'coarse',
  firstIteration: 0,
  iterations: 5,
  recorded: 2,
  fixedDispersion: true,
  ...block,
});

interface Cells {
  /** Cells of one row of the jittered lattice they lie on, and its spacing in microns. */
  across: number;
  spacing: number;
  x: number[];
  y: number[];
  radius: number[];
  type: number[];
}

function scatterCells(o: SimulatedOptions, random: RandomStream): Cells {
  const total = o.sizeUm + 2 * o.haloUm;
  const cells: Cells = { across: 0, spacing: o.spacingUm, x: [], y: [], radius: [], type: [] };
  for (let y = o.spacingUm / 2; y < total; y += o.spacingUm) {
    for (let x = o.spacingUm / 2; x < total; x += o.spacingUm) {
      cells.x.push(x + (random.uniform() - 0.5) * 0.4 * o.spacingUm);
      cells.y.push(y + (random.uniform() - 0.5) * 0.4 * o.spacingUm);
      cells.radius.push(o.spacingUm * 0.55 * Math.exp(0.12 * random.normal()));
      cells.type.push(random.integer(o.types));
    }
  }
  cells.across = Math.ceil((total - o.spacingUm / 2) / o.spacingUm);
  return cells;
}

/** The cell a point belongs to: the nearest centre (within two lattice steps), if its disc reaches so far. */
function nearest(cells: Cells, x: number, y: number): number {
  const { across, spacing } = cells;
  const rows = cells.x.length / across;
  const [i, j] = [Math.floor(x / spacing), Math.floor(y / spacing)];
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let row = Math.max(0, j - 2); row <= Math.min(rows - 1, j + 2); row++) {
    for (let column = Math.max(0, i - 2); column <= Math.min(across - 1, i + 2); column++) {
      const c = row * across + column;
      const d = (cells.x[c] - x) ** 2 + (cells.y[c] - y) ** 2;
      if (d < least) [best, least] = [c, d];
    }
  }
  return best >= 0 && least <= cells.radius[best] ** 2 ? best : -1;
}

/** Rows: one transcript each, sorted by nothing in particular but numbered in the order they were made. */
export function simulateTile(options: Partial<SimulatedOptions> = {}): SimulatedTile {
  const o = { ...SIMULATED, ...options };
  const random = new RandomStream(o.seed, 'test-slide');
  const cells = scatterCells(o, random);
  const total = o.sizeUm + 2 * o.haloUm;
  const profiles = Array.from({ length: o.types }, () => {
    const weights = Float64Array.from({ length: o.genes }, () => random.gamma(0.3) + 0.01);
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((w) => w / sum);
  });
  const rows: { x: number; y: number; z: number; gene: number; truth: number }[] = [];
  const inside = (v: number): boolean => v >= 0 && v < total;
  cells.x.forEach((cx, c) => {
    const count = random.poisson(o.perCell * random.gamma(8) * 0.125);
    for (let k = 0; k < count; ) {
      const x = cx + (random.uniform() * 2 - 1) * cells.radius[c];
      const y = cells.y[c] + (random.uniform() * 2 - 1) * cells.radius[c];
      k++;
      if (nearest(cells, x, y) !== c) continue;
      const sd = random.uniform() < 0.2 ? 4 : 0.5;
      const [ox, oy] = [x + sd * random.normal(), y + sd * random.normal()];
      if (!inside(ox) || !inside(oy)) continue;
      rows.push({
        x: ox,
        y: oy,
        z: random.uniform() * 10,
        gene: random.categorical(profiles[cells.type[c]]),
        truth: c + 1,
      });
    }
  });
  const background = random.poisson(rows.length * 0.05);
  for (let k = 0; k < background; k++) {
    rows.push({
      x: random.uniform() * total,
      y: random.uniform() * total,
      z: random.uniform() * 10,
      gene: random.integer(o.genes),
      truth: 0,
    });
  }
  const order = rows.map((_, i) => i);
  random.shuffle(order);
  const shuffled = order.map((i) => rows[i]);
  return {
    tile: tileOf(o, cells, shuffled),
    model: modelOf(o),
    globals: globalsOf(o, rows.length, total),
    truth: Uint32Array.from(shuffled, (row) => row.truth),
  };
}

function tileOf(
  o: SimulatedOptions,
  cells: Cells,
  rows: { x: number; y: number; z: number; gene: number }[],
): AssignTile {
  const total = o.sizeUm + 2 * o.haloUm;
  const core = { x0: o.haloUm, y0: o.haloUm, x1: o.haloUm + o.sizeUm, y1: o.haloUm + o.sizeUm };
  const points = 16;
  const vertices: number[][] = [[], []];
  cells.x.forEach((x, c) => {
    for (let k = 0; k <= points; k++) {
      const angle = (2 * Math.PI * (k % points)) / points;
      vertices[0].push(x + 0.55 * cells.radius[c] * Math.cos(angle));
      vertices[1].push(cells.y[c] + 0.55 * cells.radius[c] * Math.sin(angle));
    }
  });
  const count = cells.x.length;
  return {
    meta: {
      tile: 't0',
      core,
      region: { x0: 0, y0: 0, x1: total, y1: total },
      gridOriginUm: [0, 0],
      seed: o.seed,
      genes: o.genes,
      hasZ: o.layers > 1,
    },
    transcripts: {
      row: Uint32Array.from(rows, (_, i) => i),
      x: Float32Array.from(rows, (r) => r.x),
      y: Float32Array.from(rows, (r) => r.y),
      z: Float32Array.from(rows, (r) => r.z),
      gene: Uint32Array.from(rows, (r) => r.gene),
      prior: new Uint32Array(rows.length),
      nuclear: new Uint8Array(rows.length),
    },
    cells: {
      cell: Uint32Array.from(cells.x, (_, c) => c + 1),
      seedX: Float64Array.from(cells.x),
      seedY: Float64Array.from(cells.y),
      owned: Uint8Array.from(cells.x, (x, c) =>
        x >= core.x0 && x < core.x1 && cells.y[c] >= core.y0 && cells.y[c] < core.y1 ? 1 : 0,
      ),
    },
    rings: {
      cell: Uint32Array.from(cells.x, (_, c) => c + 1),
      kind: new Uint8Array(count).fill(OUTLINE_NUCLEUS),
      start: Uint32Array.from(cells.x, (_, c) => c * (points + 1)),
      count: new Uint32Array(count).fill(points + 1),
    },
    vertices: { x: Float64Array.from(vertices[0]), y: Float64Array.from(vertices[1]) },
  };
}

function modelOf(o: SimulatedOptions): ModelFrame {
  return {
    genes: o.genes,
    privateGenes: o.privateGenes,
    factors: o.factors,
    components: o.types,
    layers: o.layers,
    densityBins: o.densityBins,
    voxelUm: 1,
    coarseFactor: 2,
    z: { plane: [0, 0, 0], xRefUm: 0, yRefUm: 0, lowUm: 0, highUm: 10 },
    densityCuts: Array.from({ length: o.densityBins - 1 }, (_, k) => 0.4 * (k + 1)),
  };
}

/** Vague globals: one law for all components, background a twentieth of the mean density. */
function globalsOf(o: SimulatedOptions, transcripts: number, total: number): ProsegGlobals {
  const latent = o.privateGenes + o.factors;
  const perGene = transcripts / (total * total) / latent;
  const factored = o.genes - o.privateGenes;
  const volume = Math.log(o.spacingUm * o.spacingUm * 0.8);
  return {
    theta: new Float32Array(factored * o.factors).fill(factored > 0 ? 1 / factored : 0),
    r: new Float64Array(o.types * latent).fill(0.5),
    s: new Float64Array(o.types * latent).fill(2 * perGene),
    pi: new Float64Array(o.types).fill(1 / o.types),
    mu: new Float64Array(o.types).fill(volume),
    sigma2: new Float64Array(o.types).fill(0.1),
    beta: new Float32Array(o.genes * o.layers * o.densityBins).fill(
      (0.05 * transcripts) / (total * total) / o.genes,
    ),
  };
}
