import type { PackedWindow, PixelRect } from '@spatile/formats/image/packed';
import type { SegmentTile, SegmentTileMeta } from '@spatile/formats/tile/segment';
import { segmentTileFrame } from '@spatile/formats/tile/segment';

/** Images of known nuclei for tests of the segment stage. */

export interface Disc {
  x: number;
  y: number;
  radius: number;
}

/** Bright discs with soft edges on a dim background, float32 row-major. */
export function discImage(width: number, height: number, discs: readonly Disc[]): Float32Array {
  const pixels = new Float32Array(width * height).fill(100);
  for (const { x, y, radius } of discs) {
    for (let row = Math.max(0, Math.floor(y - radius - 2)); row < Math.min(height, y + radius + 2); row++) {
      for (
        let column = Math.max(0, Math.floor(x - radius - 2));
        column < Math.min(width, x + radius + 2);
        column++
      ) {
        const depth = radius - Math.sqrt((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2);
        const share = Math.min(1, Math.max(0, depth / 2 + 0.5));
        pixels[row * width + column] = Math.max(pixels[row * width + column], 100 + 900 * share);
      }
    }
  }
  return pixels;
}

/** Discs at random places, some of which touch. */
export function randomDiscs(count: number, width: number, height: number, seed: number): Disc[] {
  const uniform = uniforms(seed);
  return Array.from({ length: count }, () => ({
    x: uniform() * width,
    y: uniform() * height,
    radius: 7 + 5 * uniform(),
  }));
}

/** A multiplicative congruential sequence (Park and Miller 1988). */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** An image in memory as one uncompressed block. */
export function packedImage(pixels: Float32Array, width: number): PackedWindow {
  return {
    file: 'scene.tif',
    codec: {
      format: 'tiff',
      layout: {
        dataType: 'float32',
        bits: 32,
        signed: false,
        compression: 1,
        predictor: 1,
        planar: false,
        stride: 1,
        blockWidthPx: width,
        littleEndian: true,
        jpegTables: null,
      },
      sample: 0,
    },
    blocks: [
      { x: 0, y: 0, width, height: pixels.length / width, bytes: new Uint8Array(pixels.buffer.slice(0)) },
    ],
  };
}

export const WATERSHED = {
  smoothUm: 0.5,
  backgroundUm: 12,
  localMeanUm: 8,
  localFactor: 1,
  otsuFactor: 0.5,
  minContrast: 8,
  seedSmoothUm: 0.5,
  seedDistanceUm: 1.5,
  seedDepthUm: 0.25,
  brightnessUm: 0,
  maxHoleUm2: 20,
  minAreaUm2: 8,
  maxAreaUm2: 800,
  maxRadiusUm: 12,
};

/** The input of one tile of a scene. @param more further channels. */
export function sceneTile(
  pixels: Float32Array,
  [width, height]: [number, number],
  tile: { id: string; core: PixelRect; region: PixelRect },
  changes: Partial<SegmentTileMeta> = {},
  more: readonly Float32Array[] = [],
) {
  const meta: SegmentTileMeta = {
    tile: tile.id,
    core: tile.core,
    gridPx: [width, height],
    pixelSizeUm: 0.4,
    models: [{ low: 100, high: 1000, otsu: 0.5 }],
    instances: { name: 'watershed', channels: [0], settings: { ...WATERSHED } },
    target: 'nucleus',
    cells: { expandUm: 5, interiorUm: 15, boundary: null, interior: null },
    minAreaUm2: 8,
    seamUm: 3,
    ...changes,
  };
  const full: SegmentTile = {
    meta,
    pixels: {
      levelPx: [width, height],
      reduce: 1,
      region: tile.region,
      channels: [pixels, ...more].map((plane) => packedImage(plane, width)),
    },
  };
  return segmentTileFrame(full);
}
