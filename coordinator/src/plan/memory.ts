import type { RunConfig } from '@spatile/formats/config/schema';
import type { RectUm } from '@spatile/formats/space';
import { prosegMemoryBytes } from '@spatile/formats/tile/proseg';
import { modelShape } from '../assign/model-shape.ts';

/** What a Node.js process needs before it holds any tile (measured, see `bench/README.md`). */
export const PROCESS_BASE_BYTES = 120 * 2 ** 20;
/** Bytes per transcript of a tile frame in flight: encoded once, decoded once, and the claims going back. */
const FRAME_BYTES_PER_TRANSCRIPT = 120;
/** Bytes per pixel of the geometric methods: label, squared distance and one row pass. */
const BYTES_PER_PIXEL = 16;

export interface TileLoad {
  region: RectUm;
  /** Transcripts in the region. */
  transcripts: number;
  /** Cells and area of the whole slide, from which the region's share is taken. */
  slideCells: number;
  slideArea: number;
  genes: number;
  hasZ: boolean;
}

/** Upper estimate of a worker's memory for the assign stage of one tile, in bytes. */
export function tileMemoryBytes(load: TileLoad, config: RunConfig): number {
  const areaUm2 = (load.region.x1 - load.region.x0) * (load.region.y1 - load.region.y0);
  const frame = load.transcripts * FRAME_BYTES_PER_TRANSCRIPT;
  if (config.assign.method === 'proseg') {
    const model = modelShape(load.genes, load.hasZ, config.assign.proseg);
    // Cells crowd where transcripts do; twice the slide's mean leaves room for that.
    const cells = Math.ceil((2 * load.slideCells * areaUm2) / load.slideArea);
    const voxelsFine = Math.ceil(areaUm2 / model.voxelUm ** 2) * model.layers;
    return (
      PROCESS_BASE_BYTES +
      frame +
      prosegMemoryBytes({ voxelsFine, transcripts: load.transcripts, cells, model })
    );
  }
  const pixelSizeUm = config.assign[config.assign.method].pixelSizeUm;
  return PROCESS_BASE_BYTES + frame + Math.ceil(areaUm2 / pixelSizeUm ** 2) * BYTES_PER_PIXEL;
}

/** Buffers of the coordinator that do not depend on the slide: partition buffers, caches of partitions and tile states. */
const COORDINATOR_BASE_BYTES = 600 * 2 ** 20;
/** Bytes per cell on the coordinator: ids, outlines, polygons, and about 100 non-zero counts. */
const BYTES_PER_CELL = 6000;

/** Estimate of the coordinator's memory, bytes: it grows with cells, not with transcripts or pixels. */
export function coordinatorMemoryBytes(slide: { cells: { priorId: string[] } }): number {
  return COORDINATOR_BASE_BYTES + slide.cells.priorId.length * BYTES_PER_CELL;
}
