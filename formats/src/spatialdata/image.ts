import type { ImageSource } from '../bundle/slide.ts';
import { openPlane } from '../image/tiff.ts';
import { type PixelArray, pixelArray } from '../image/tiff-block.ts';
import { imageInvalid } from '../image/tiff-directory.ts';
import type { Affine } from '../space.ts';
import {
  CHUNK_PX,
  chunkShape,
  datasetsOf,
  type Level,
  levelsOf,
  type Quarter,
  writeChunk,
  writeReduced,
} from './levels.ts';
import { arrayJson, groupJson, VERSIONS } from './metadata.ts';
import type { PartialStore } from './store.ts';
import { transformations } from './transforms.ts';

/** Multiscale images (OME-NGFF as SpatialData writes it), streamed chunk by chunk and level by level. */

async function writeFullResolution(store: PartialStore, source: ImageSource, level: Level): Promise<void> {
  for (const [channel, { path, page, sample }] of source.planes.entries()) {
    const plane = await openPlane(path, page, sample);
    try {
      if (
        plane.widthPx !== source.widthPx ||
        plane.heightPx !== source.heightPx ||
        plane.dataType !== source.dataType
      ) {
        const found = `${plane.widthPx} x ${plane.heightPx} ${plane.dataType}`;
        throw imageInvalid(
          path,
          `page ${page} is ${found}, other channels of ${source.name} are ${source.widthPx} x ${source.heightPx} ${source.dataType}`,
        );
      }
      for (let y = 0; y < source.heightPx; y += CHUNK_PX) {
        for (let x = 0; x < source.widthPx; x += CHUNK_PX) {
          const right = Math.min(x + CHUNK_PX, source.widthPx);
          const pixels = await plane.readWindow(x, y, right, Math.min(y + CHUNK_PX, source.heightPx));
          await writeChunk(store, level, [channel, y / CHUNK_PX, x / CHUNK_PX], pixels, right - x);
        }
      }
    } finally {
      await plane.close();
    }
  }
}

/** Means of 2 x 2 pixels; integers are rounded half up. */
function halveByMean({ from: { pixels, width, validWidth, validHeight }, to }: Quarter): void {
  const isFloat = pixels instanceof Float32Array;
  for (let y = 0; y < validHeight; y += 2) {
    const below = y + 1 < validHeight ? width : 0;
    for (let x = 0; x < validWidth; x += 2) {
      const i = y * width + x;
      const right = x + 1 < validWidth ? 1 : 0;
      const mean = (pixels[i] + pixels[i + right] + pixels[i + below] + pixels[i + below + right]) / 4;
      to.pixels[(to.top + y / 2) * to.width + to.left + x / 2] = isFloat ? mean : Math.floor(mean + 0.5);
    }
  }
}

/**
 * Writes `images/<name>` from TIFF planes: full resolution first, then levels of half the size by 2 x 2 mean.
 * Memory is a few chunks. `targets` map level-0 pixels (column, row) to frames.
 * Errors: `IMAGE_INVALID` when a plane is damaged or differs from the others.
 */
export async function writeImage(
  store: PartialStore,
  name: string,
  source: ImageSource,
  targets: [string, Affine][],
): Promise<void> {
  const root = `images/${name}`;
  const levels = levelsOf(root, source.widthPx, source.heightPx);
  const channels = source.planes.map((_, channel) => [channel]);
  const newPixels = (length: number): PixelArray => pixelArray(source.dataType, length);
  for (const [i, level] of levels.entries()) {
    const { width, height } = chunkShape(level);
    const shape = [source.planes.length, level.heightPx, level.widthPx];
    await store.node(level.path, arrayJson(source.dataType, shape, [1, height, width], {}, ['c', 'y', 'x']));
    if (i === 0) await writeFullResolution(store, source, level);
    else await writeReduced(store, [levels[i - 1], level], channels, newPixels, halveByMean);
  }
  await store.node(root, groupJson(imageAttributes(name, uniqueLabels(source.channels), levels, targets)));
}

/** Channel labels must be unique text; a repeated one gets its number. */
function uniqueLabels(channels: readonly string[]): string[] {
  return channels.map((label, i) =>
    label === '' || channels.indexOf(label) !== i ? `${label || 'channel'}_${i}` : label,
  );
}

function imageAttributes(name: string, labels: string[], levels: Level[], targets: [string, Affine][]) {
  return {
    ome: {
      version: VERSIONS.ngff,
      omero: { channels: labels.map((label) => ({ label })) },
      multiscales: [
        {
          name: `/images/${name}`,
          axes: [
            { name: 'c', type: 'channel' },
            { name: 'y', type: 'space' },
            { name: 'x', type: 'space' },
          ],
          datasets: datasetsOf(levels, true),
          coordinateTransformations: transformations('cyx', targets),
        },
      ],
    },
    spatialdata_attrs: { version: VERSIONS.raster },
  };
}
