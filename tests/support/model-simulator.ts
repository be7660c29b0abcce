import type { RectUm } from '@spatile/formats/space';
import { type AssignTile, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import type { ModelFrame, ProsegGlobals } from '@spatile/formats/tile/proseg';
import { RandomStream } from '@spatile/random/stream';

/**
 * A slide drawn from the very model that the sampler assumes (no misfit anywhere), so that a fit must find its parameters
 * again: components, ln-normal volumes, gamma loadings, Poisson counts, uniform background, displacement.
 */

export interface ModelSlide {
  extent: RectUm;
  genes: number;
  /** Transcripts by row; `truth` = cell (0 = background). */
  x: Float32Array;
  y: Float32Array;
  z: Float32Array;
  gene: Uint32Array;
  truth: Uint32Array;
  /** Cells 1..C by (seed y, seed x): seed, component, columns (1 um squares), loadings (C x K'). */
  seedX: Float64Array;
  seedY: Float64Array;
  component: Uint8Array;
  columns: Uint32Array;
  loading: Float64Array;
  /** Nucleus outlines, closed rings of `RING` + 1 vertices each. */
  nucleusX: Float64Array;
  nucleusY: Float64Array;
}

export interface SlideSpec {
  seed: number;
  sizeUm: number;
  /** Mean distance of neighbouring seeds; far above the cells' diameter there is nothing to compete for. */
  spacingUm: number;
  frame: ModelFrame;
  globals: ProsegGlobals;
  /** How far nuclei lie off the middle of their cells, in cell radii. */
  offCentre: number;
  /** Share of transcripts moved far; sds of the two displacements in um. 0 everywhere = none. */
  farShare: number;
  sdNearUm: number;
  sdFarUm: number;
}

const RING = 16;
const DEPTH_UM = 10;
/** Nucleus radius over cell radius; shortened where the cell's edge is nearer. */
const NUCLEUS_SHARE = 0.5;
const WITHIN_CELL = 0.9;

export function simulateFromModel(spec: SlideSpec): ModelSlide {
  const seeds = placeSeeds(spec);
  const label = labelColumns(spec, seeds);
  const cells = seeds.x.length;
  const columns = new Uint32Array(cells + 1);
  for (const cell of label) columns[cell]++;
  const width = spec.frame.privateGenes + spec.frame.factors;
  const loading = new Float64Array(cells * width);
  for (let c = 0; c < cells; c++) {
    const stream = new RandomStream(spec.seed, 'model.loading', c);
    const from = seeds.component[c] * width;
    for (let k = 0; k < width; k++)
      loading[c * width + k] = stream.gamma(spec.globals.r[from + k]) * spec.globals.s[from + k];
  }
  const emitted = emit(spec, label, columns, loading);
  const nuclei = outlines(spec, label, seeds);
  const extent = { x0: 0, y0: 0, x1: spec.sizeUm, y1: spec.sizeUm };
  return {
    extent,
    genes: spec.frame.genes,
    ...emitted,
    seedX: seeds.x,
    seedY: seeds.y,
    component: seeds.component,
    columns: columns.subarray(1),
    loading,
    ...nuclei,
  };
}

interface Seeds {
  /** Seed, where the nucleus is, and middle of the cell. */
  x: Float64Array;
  y: Float64Array;
  middleX: Float64Array;
  middleY: Float64Array;
  radius: Float64Array;
  component: Uint8Array;
}

/** A jittered grid, with component and radius of each cell drawn from the model. */
function placeSeeds({ seed, sizeUm, spacingUm, globals, offCentre }: SlideSpec): Seeds {
  const stream = new RandomStream(seed, 'model.seeds');
  const perSide = Math.floor(sizeUm / spacingUm);
  const step = sizeUm / perSide;
  const list: Record<'x' | 'y' | 'middleX' | 'middleY' | 'component' | 'radius', number>[] = [];
  for (let j = 0; j < perSide; j++) {
    for (let i = 0; i < perSide; i++) {
      const component = stream.categorical(globals.pi);
      const volume = Math.exp(globals.mu[component] + Math.sqrt(globals.sigma2[component]) * stream.normal());
      const middleX = (i + 0.5 + 0.3 * (stream.uniform() - 0.5)) * step;
      const middleY = (j + 0.5 + 0.3 * (stream.uniform() - 0.5)) * step;
      const radius = Math.sqrt(volume / Math.PI);
      const angle = 2 * Math.PI * stream.uniform();
      const x = Math.min(Math.max(middleX + offCentre * radius * Math.cos(angle), 0), sizeUm - 1e-3);
      const y = Math.min(Math.max(middleY + offCentre * radius * Math.sin(angle), 0), sizeUm - 1e-3);
      list.push({ x, y, middleX, middleY, component, radius });
    }
  }
  list.sort((a, b) => a.y - b.y || a.x - b.x);
  return {
    x: Float64Array.from(list, ({ x }) => x),
    y: Float64Array.from(list, ({ y }) => y),
    middleX: Float64Array.from(list, ({ middleX }) => middleX),
    middleY: Float64Array.from(list, ({ middleY }) => middleY),
    radius: Float64Array.from(list, ({ radius }) => radius),
    component: Uint8Array.from(list, ({ component }) => component),
  };
}

/** Cell of every 1 um column: the nearest, in radii of each, of those whose disc covers it. */
function labelColumns({ sizeUm }: SlideSpec, { middleX, middleY, radius }: Seeds): Uint32Array {
  const label = new Uint32Array(sizeUm * sizeUm);
  const nearest = new Float64Array(label.length).fill(1);
  for (let c = 0; c < radius.length; c++) {
    const [firstX, lastX] = [middleX[c] - radius[c], middleX[c] + radius[c]].map(Math.floor);
    const [firstY, lastY] = [middleY[c] - radius[c], middleY[c] + radius[c]].map(Math.floor);
    for (let j = Math.max(0, firstY); j <= Math.min(sizeUm - 1, lastY); j++) {
      for (let i = Math.max(0, firstX); i <= Math.min(sizeUm - 1, lastX); i++) {
        const radii = Math.hypot(i + 0.5 - middleX[c], j + 0.5 - middleY[c]) / radius[c];
        if (radii >= nearest[j * sizeUm + i]) continue;
        nearest[j * sizeUm + i] = radii;
        label[j * sizeUm + i] = c + 1;
      }
    }
  }
  return label;
}

/** Counts of every column and gene are Poisson; so every column emits on its own. */
function emit(
  spec: SlideSpec,
  label: Uint32Array,
  columns: Uint32Array,
  loading: Float64Array,
): Pick<ModelSlide, 'x' | 'y' | 'z' | 'gene' | 'truth'> {
  const { sizeUm, frame, globals } = spec;
  const out = {
    x: [] as number[],
    y: [] as number[],
    z: [] as number[],
    gene: [] as number[],
    truth: [] as number[],
  };
  const rates = new Float64Array(frame.genes);
  const background = backgroundRates(frame, globals);
  const add = (stream: RandomStream, column: number, gene: number, cell: number): void => {
    let x = (column % sizeUm) + stream.uniform();
    let y = Math.floor(column / sizeUm) + stream.uniform();
    if (cell > 0) {
      const sd = stream.uniform() < spec.farShare ? spec.sdFarUm : spec.sdNearUm;
      x += sd * stream.normal();
      y += sd * stream.normal();
    }
    if (x < 0 || y < 0 || x >= sizeUm || y >= sizeUm) return;
    out.x.push(x);
    out.y.push(y);
    out.z.push(DEPTH_UM * stream.uniform());
    out.gene.push(gene);
    out.truth.push(cell);
  };
  const members = columnsByCell(label, columns);
  for (let cell = 1; cell < columns.length; cell++) {
    if (columns[cell] === 0) continue;
    const stream = new RandomStream(spec.seed, 'model.emit', cell);
    cellRates(frame, globals, loading, cell - 1, rates);
    for (let g = 0; g < frame.genes; g++) {
      const count = stream.poisson(rates[g] * columns[cell]);
      for (let j = 0; j < count; j++) add(stream, members[cell][stream.integer(columns[cell])], g, cell);
    }
  }
  const stream = new RandomStream(spec.seed, 'model.background');
  for (let g = 0; g < frame.genes; g++) {
    const count = stream.poisson(background[g] * label.length);
    for (let j = 0; j < count; j++) add(stream, stream.integer(label.length), g, 0);
  }
  return {
    x: Float32Array.from(out.x),
    y: Float32Array.from(out.y),
    z: Float32Array.from(out.z),
    gene: Uint32Array.from(out.gene),
    truth: Uint32Array.from(out.truth),
  };
}

function columnsByCell(label: Uint32Array, columns: Uint32Array): number[][] {
  const members: number[][] = Array.from(columns, () => []);
  label.forEach((cell, column) => {
    if (cell > 0) members[cell].push(column);
  });
  return members;
}

/** Rates of a cell per um2 of its area (depth is 1), by gene. */
export function cellRates(
  frame: ModelFrame,
  globals: ProsegGlobals,
  loading: ArrayLike<number>,
  cell: number,
  out: Float64Array,
): Float64Array {
  const { genes, privateGenes, factors } = frame;
  const width = privateGenes + factors;
  for (let g = 0; g < genes; g++) {
    out[g] = 0;
    if (g < privateGenes) out[g] = loading[cell * width + g];
    else
      for (let k = 0; k < factors; k++)
        out[g] += loading[cell * width + privateGenes + k] * globals.theta[(g - privateGenes) * factors + k];
  }
  return out;
}

/** Background per um2 over the whole depth, by gene: the mean over layers of the first density bin. */
function backgroundRates({ genes, layers, densityBins }: ModelFrame, { beta }: ProsegGlobals): Float64Array {
  return Float64Array.from({ length: genes }, (_, g) => {
    let sum = 0;
    for (let l = 0; l < layers; l++) sum += beta[(g * layers + l) * densityBins];
    return sum / layers;
  });
}

/** Nuclei: discs around the seed as far as the cell allows, in 16 directions. */
function outlines(
  { sizeUm }: SlideSpec,
  label: Uint32Array,
  seeds: Seeds,
): Pick<ModelSlide, 'nucleusX' | 'nucleusY'> {
  const nucleusX = new Float64Array(seeds.x.length * (RING + 1));
  const nucleusY = new Float64Array(nucleusX.length);
  for (let c = 0; c < seeds.x.length; c++) {
    for (let k = 0; k <= RING; k++) {
      const angle = (2 * Math.PI * (k % RING)) / RING;
      let reach = 0.5;
      for (; reach < 40; reach += 0.25) {
        const i = Math.floor(seeds.x[c] + reach * Math.cos(angle));
        const j = Math.floor(seeds.y[c] + reach * Math.sin(angle));
        if (i < 0 || j < 0 || i >= sizeUm || j >= sizeUm || label[j * sizeUm + i] !== c + 1) break;
      }
      const radius = Math.min(NUCLEUS_SHARE * seeds.radius[c], WITHIN_CELL * reach);
      nucleusX[c * (RING + 1) + k] = seeds.x[c] + radius * Math.cos(angle);
      nucleusY[c * (RING + 1) + k] = seeds.y[c] + radius * Math.sin(angle);
    }
  }
  return { nucleusX, nucleusY };
}

/** The assign-tile of a core with its halo. Cores lie on the lattice of the coarse voxel from (0, 0). */
export function modelTile(
  slide: ModelSlide,
  id: string,
  core: RectUm,
  haloUm: number,
  seed: number,
): AssignTile {
  const region = { x0: core.x0 - haloUm, y0: core.y0 - haloUm, x1: core.x1 + haloUm, y1: core.y1 + haloUm };
  const inside = (rect: RectUm, x: number, y: number): boolean =>
    x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1;
  const rows = Uint32Array.from(slide.x.keys()).filter((i) => inside(region, slide.x[i], slide.y[i]));
  const cells = Uint32Array.from(slide.seedX.keys()).filter((c) =>
    inside(region, slide.seedX[c], slide.seedY[c]),
  );
  const vertices = {
    x: new Float64Array(cells.length * (RING + 1)),
    y: new Float64Array(cells.length * (RING + 1)),
  };
  cells.forEach((c, i) => {
    vertices.x.set(slide.nucleusX.subarray(c * (RING + 1), (c + 1) * (RING + 1)), i * (RING + 1));
    vertices.y.set(slide.nucleusY.subarray(c * (RING + 1), (c + 1) * (RING + 1)), i * (RING + 1));
  });
  const pick = (from: Float32Array): Float32Array => Float32Array.from(rows, (row) => from[row]);
  return {
    meta: { tile: id, core, region, gridOriginUm: [0, 0], seed, genes: slide.genes, hasZ: true },
    transcripts: {
      row: rows,
      x: pick(slide.x),
      y: pick(slide.y),
      z: pick(slide.z),
      gene: Uint32Array.from(rows, (row) => slide.gene[row]),
      prior: new Uint32Array(rows.length),
      nuclear: new Uint8Array(rows.length),
    },
    cells: {
      cell: cells.map((c) => c + 1),
      seedX: Float64Array.from(cells, (c) => slide.seedX[c]),
      seedY: Float64Array.from(cells, (c) => slide.seedY[c]),
      owned: Uint8Array.from(cells, (c) => (inside(core, slide.seedX[c], slide.seedY[c]) ? 1 : 0)),
    },
    rings: {
      cell: cells.map((c) => c + 1),
      kind: new Uint8Array(cells.length).fill(OUTLINE_NUCLEUS),
      start: cells.map((_, i) => i * (RING + 1)),
      count: new Uint32Array(cells.length).fill(RING + 1),
    },
    vertices,
  };
}

/** Cores of an n x n partition of the slide; its size must be a multiple of n coarse voxels. */
export function gridCores({ extent }: ModelSlide, n: number): { id: string; core: RectUm }[] {
  const edge = (extent.x1 - extent.x0) / n;
  return Array.from({ length: n * n }, (_, i) => {
    const x0 = (i % n) * edge;
    const y0 = Math.floor(i / n) * edge;
    return { id: `t${String(i).padStart(4, '0')}`, core: { x0, y0, x1: x0 + edge, y1: y0 + edge } };
  });
}
