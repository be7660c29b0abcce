import type { ModelManifest } from '@spatile/formats/model/manifest';
import type { SegmentSetup } from './setup.ts';

/** What a network takes of a worker. */
export interface NetworkMemory {
  /** Whatever the tile: weights, and for networks of patches a run. */
  fixedBytes: number;
  /** Per pixel of a tile: a run of a network that sees the tile at once, and maps of the tile. */
  bytesPerPixel: number;
}

/** The process, libraries and decoders. */
const BASE_BYTES = 300 * 2 ** 20;
/** Per pixel, rasters that every method needs: labels of nuclei and cells, and growing them. */
const RASTER_BYTES = 56;
/** Per pixel, the arrays of the watershed; of methods that run on patches, their maps. */
const WATERSHED_BYTES = 24;
const MAP_BYTES = 96;
/** A pixel of a level, compressed, and as a number. */
const PACKED_BYTES = 2;
const NUMBER_BYTES = 4;
/** A block on its way: compressed, unpacked, as numbers. */
const BLOCK_COPIES = 3;
/** The runtime holds weights once as they are and once in the order that it likes. */
const WEIGHT_COPIES = 2;
/**
 * Peak of a run per pixel of its input. Measured for the layout of StarDist (method notes, 1.3), reckoned from the layers of Cellpose.
 * CellSAM: three copies of the attention of 12 heads over 64 x 64 places, for a patch of 400 pixels.
 */
const RUN_BYTES: Record<ModelManifest['method'], number> = {
  stardist: 280,
  unet: 280,
  cellpose: 4600,
  cellsam: 16500,
};

/** Memory of a network. @param weightBytes size of its files. */
export function networkMemory(
  { method, decode, runBytesPerPixel }: ModelManifest,
  weightBytes: number,
): NetworkMemory {
  const run = runBytesPerPixel ?? RUN_BYTES[method];
  const weights = WEIGHT_COPIES * weightBytes;
  return 'patchPx' in decode
    ? { fixedBytes: weights + run * decode.patchPx ** 2, bytesPerPixel: MAP_BYTES }
    : { fixedBytes: weights, bytesPerPixel: run };
}

/** Memory of a worker that segments tiles: what it takes whatever the tile, and per pixel of the grid, halo included. */
export function workerMemory({
  image,
  grid,
  channels,
  networks,
}: Pick<SegmentSetup, 'image' | 'grid' | 'channels' | 'networks'>): NetworkMemory {
  const levelPixels = grid.reduce ** 2;
  const method = networks.reduce((most, { bytesPerPixel }) => Math.max(most, bytesPerPixel), WATERSHED_BYTES);
  return {
    // Every network that was opened stays open.
    fixedBytes: networks.reduce(
      (sum, { fixedBytes }) => sum + fixedBytes,
      BASE_BYTES + BLOCK_COPIES * image.levels[grid.level].blockBytes,
    ),
    bytesPerPixel:
      RASTER_BYTES +
      method +
      channels.length * (NUMBER_BYTES + PACKED_BYTES * levelPixels) +
      (grid.reduce > 1 ? NUMBER_BYTES * levelPixels : 0),
  };
}
