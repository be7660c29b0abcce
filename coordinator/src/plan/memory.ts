import type { RunConfig } from '@spatile/formats/config/schema';
import { growRect, type RectUm } from '@spatile/formats/space';
import { baysorMemoryBytes } from '@spatile/formats/tile/baysor';
import { geometricMemoryBytes } from '@spatile/formats/tile/geometric';
import { prosegMemoryBytes } from '@spatile/formats/tile/proseg';
import { modelShape } from '../assign/model-shape.ts';

/** What a Node.js process needs before it holds any tile (measured, see `bench/README.md`). */
export const PROCESS_BASE_BYTES = 120 * 2 ** 20;
/** Bytes per transcript of a tile frame in flight: encoded once, decoded once, and the claims going back. */
const FRAME_BYTES_PER_TRANSCRIPT = 120;

export interface TileLoad {
  core: RectUm;
  haloUm: number;
  /** Transcripts in a rectangle. */
  count: (rect: RectUm) => number;
  /** Seeds of cells in a rectangle. */
  countSeeds: (rect: RectUm) => number;
  /** Cells and area of the whole slide, from which a region's share is taken. */
  slideCells: number;
  slideArea: number;
  genes: number;
  hasZ: boolean;
}

/** Upper estimate of a worker's memory for one tile, in bytes: the larger of the assign and the outline stage. */
export function tileMemoryBytes(load: TileLoad, config: RunConfig): number {
  return PROCESS_BASE_BYTES + Math.max(assignBytes(load, config), outlineBytes(load, config));
}

/** Upper estimate of a worker's memory for a border unit, in bytes: `core` is its strip, `haloUm` what it sees beyond. */
export function borderMemoryBytes(load: TileLoad, config: RunConfig): number {
  return PROCESS_BASE_BYTES + assignBytes(load, config);
}

function assignBytes(load: TileLoad, config: RunConfig): number {
  const region = growRect(load.core, load.haloUm);
  const transcripts = load.count(region);
  const cells = cellsIn(region, load);
  const { method } = config.assign;
  if (method === 'baysor') {
    const { pixelSizeUm, clusters } = config.assign.baysor;
    const pixels = pixelsOf(region, pixelSizeUm);
    return (
      transcripts * FRAME_BYTES_PER_TRANSCRIPT +
      baysorMemoryBytes({ pixels, transcripts, cells, genes: load.genes, clusters })
    );
  }
  if (method !== 'proseg') {
    const pixels = pixelsOf(region, config.assign[method].pixelSizeUm);
    return geometricMemoryBytes({ pixels, layers: 1, transcripts, cells });
  }
  const model = modelShape(load.genes, load.hasZ, config.assign.proseg);
  const voxelsFine = pixelsOf(region, model.voxelUm) * model.layers;
  return (
    transcripts * FRAME_BYTES_PER_TRANSCRIPT + prosegMemoryBytes({ voxelsFine, transcripts, cells, model })
  );
}

/** The outline stage sees the core grown by its own cells, which reach as far as the halo, and by the halo once more. */
function outlineBytes(load: TileLoad, config: RunConfig): number {
  const region = growRect(load.core, 2 * load.haloUm);
  const { method } = config.assign;
  const { pixelSizeUm, layers } =
    method === 'proseg'
      ? { pixelSizeUm: config.assign.proseg.voxelUm, layers: load.hasZ ? config.assign.proseg.layers : 1 }
      : { pixelSizeUm: config.assign[method].pixelSizeUm, layers: 1 };
  return geometricMemoryBytes({
    pixels: pixelsOf(region, pixelSizeUm),
    layers,
    transcripts: load.count(region),
    cells: cellsIn(region, load),
  });
}

/** How far beyond a region the seed of a cell may lie that reaches into it, microns. */
const REACH_UM = 32;

/** Cells that may touch a region: those with a seed about there, and no fewer than twice the slide's mean. */
function cellsIn(region: RectUm, load: TileLoad): number {
  const mean = (load.slideCells * areaOf(region)) / load.slideArea;
  const seeds = load.countSeeds(growRect(region, REACH_UM));
  return Math.min(load.slideCells, Math.max(seeds, Math.ceil(2 * mean)));
}

const pixelsOf = (region: RectUm, edgeUm: number): number => Math.ceil(areaOf(region) / edgeUm ** 2);

const areaOf = (rect: RectUm): number => (rect.x1 - rect.x0) * (rect.y1 - rect.y0);

/** Buffers of the coordinator that do not depend on the slide: partition buffers, caches of partitions and tile states. */
const COORDINATOR_BASE_BYTES = 500 * 2 ** 20;
/** Bytes per cell on the coordinator: ids, outlines, polygons, counts (measured from 1 M to 10 M transcripts, `bench/details.md`). */
const BYTES_PER_CELL = 18_000;

/** Estimate of the coordinator's memory, bytes: it grows with cells, not with transcripts or pixels. */
export function coordinatorMemoryBytes(slide: { cells: { priorId: string[] } }): number {
  return COORDINATOR_BASE_BYTES + slide.cells.priorId.length * BYTES_PER_CELL;
}
