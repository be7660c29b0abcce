import type { AssignStage } from '@spatile/coordinator/assign/stage';
import type { CellTable } from '@spatile/coordinator/cells/table';
import { BlockIndex } from '@spatile/coordinator/partition/block-index';
import { RegionReader } from '@spatile/coordinator/partition/regions';
import { makePlan } from '@spatile/coordinator/plan/make';
import type { TilePlan } from '@spatile/coordinator/plan/plan';
import { RunStore } from '@spatile/coordinator/run/store';
import { type Bins, DensityTable } from '@spatile/coordinator/scan/grid';
import type { Scan } from '@spatile/coordinator/scan/scan';
import { configSchema } from '@spatile/formats/config/schema';
import type { RectUm } from '@spatile/formats/space';

/** Bins of the plan, microns. */
const BIN_UM = 16;
/** Transcripts per square micron of the larger slides in use, and how many cells share them. */
const DENSITY = 4.4;
const TRANSCRIPTS_PER_CELL = 1000;
/** Tissue is uneven: density varies between these shares of the mean, smoothly over so many bins. */
const [THIN, THICK] = [0.4, 1.6];
const PATCH_BINS = 24;
const GENES = 500;
const NUCLEUS_UM = 8;

/** A slide of which only the density is there: enough for the real plan and the real graph of tasks. */
export interface ScaleSlide {
  plan: TilePlan;
  transcripts: number;
  /** What the makers of tasks look up; they are not asked for the input of one. */
  stage: AssignStage;
  /** Transcripts in a rectangle. */
  count: (rect: RectUm) => number;
}

/**
 * A square slide with about so many transcripts, planned by the program's own planner under its default settings.
 * @param density per square micron; less of it makes tiny slides of several tiles.
 */
export function scaleSlide(transcripts: number, tileSizeUm: number | null, density = DENSITY): ScaleSlide {
  const bins = patchyBins(transcripts, density);
  const cells = gridOfCells(Math.sqrt(transcripts / density), Math.ceil(transcripts / TRANSCRIPTS_PER_CELL));
  const config = configSchema.parse(tileSizeUm === null ? {} : { plan: { tileSizeUm } });
  const features = Array.from({ length: GENES }, (_, i) => ({ name: `g${i}`, kind: 'gene' as const }));
  const kept = bins.count.reduce((sum, n) => sum + n, 0);
  const scan = {
    ...{ bins, binUm: BIN_UM, features, kept, rows: kept, hasZ: true },
    featureCounts: new Float64Array(GENES).fill(kept / GENES),
  } as unknown as Scan;
  const { plan } = makePlan('scale', scan, cells, config);
  const store = new RunStore('.');
  const stage = {
    slide: { config, scan, cells, plan },
    store,
    regions: new RegionReader(store, plan, [], new BlockIndex([])),
    // Nothing was settled by an earlier attempt.
    states: { has: async () => false },
    busyTiles: plan.tiles.map((_, i) => i),
    transcripts: Uint32Array.from(plan.tiles, (tile) => tile.transcripts),
  } as unknown as AssignStage;
  const table = new DensityTable(BIN_UM, bins);
  return { plan, transcripts: kept, stage, count: (rect) => table.count(rect) };
}

function patchyBins(transcripts: number, density: number): Bins {
  const edge = Math.max(2, Math.round(Math.sqrt(transcripts / density) / BIN_UM));
  const n = edge * edge;
  const [column, row, count] = [new Float64Array(n), new Float64Array(n), new Uint32Array(n)];
  const perBin = transcripts / n;
  for (let i = 0; i < n; i++) {
    column[i] = i % edge;
    row[i] = Math.floor(i / edge);
    count[i] = Math.max(1, Math.round(perBin * (THIN + (THICK - THIN) * patch(column[i], row[i]))));
  }
  return { column, row, count };
}

/** A number in [0, 1) that changes smoothly over the slide. */
function patch(column: number, row: number): number {
  const [x, y] = [column / PATCH_BINS, row / PATCH_BINS];
  const [i, j] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [x - i, y - j];
  return (
    (1 - u) * (1 - v) * scattered(i, j) +
    u * (1 - v) * scattered(i + 1, j) +
    (1 - u) * v * scattered(i, j + 1) +
    u * v * scattered(i + 1, j + 1)
  );
}

function scattered(i: number, j: number): number {
  let h = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(j + 1, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}

function gridOfCells(edgeUm: number, n: number): CellTable {
  const side = Math.ceil(Math.sqrt(n));
  const place = (k: number): number => ((k + 0.5) * edgeUm) / side;
  return {
    priorId: Array.from({ length: n }, (_, i) => `${i}`),
    seedX: Float64Array.from({ length: n }, (_, i) => place(i % side)),
    seedY: Float64Array.from({ length: n }, (_, i) => place(Math.floor(i / side))),
    nucleus: [],
    outline: [],
    reachUm: new Float64Array(n).fill(NUCLEUS_UM / 2),
    diameterUm: new Float64Array(n).fill(NUCLEUS_UM),
    origins: [],
    fromBundle: false,
  };
}
