import type { ImageSource } from '../bundle/slide.ts';
import { openPlane } from '../image/tiff.ts';
import { type PixelArray, pixelArray } from '../image/tiff-block.ts';
import { imageInvalid, type PixelType } from '../image/tiff-directory.ts';
import type { Affine } from '../space.ts';
import { bytesOf } from './arrays.ts';
import { compressChunk, decompressChunk } from './encoders.ts';
import { arrayJson, groupJson, VERSIONS } from './metadata.ts';
import type { PartialStore } from './store.ts';
import { transformations } from './transforms.ts';

/** Multiscale images (OME-NGFF as SpatialData writes it), streamed chunk by chunk and level by level. */

/** Edge of a chunk; also the window in which source images are read. */
const CHUNK_PX = 1024;
/** Levels are added until the longer side is at most this. */
const SMALLEST_LEVEL_PX = 512;

interface Level {
  path: string;
  widthPx: number;
  heightPx: number;
}

function levelsOf(root: string, widthPx: number, heightPx: number): Level[] {
  const levels: Level[] = [{ path: `${root}/s0`, widthPx, heightPx }];
  let [width, height] = [widthPx, heightPx];
  while (Math.max(width, height) > SMALLEST_LEVEL_PX) {
    // Rounded up, so that an odd last row or column is kept rather than cut off.
    [width, height] = [Math.ceil(width / 2), Math.ceil(height / 2)];
    levels.push({ path: `${root}/s${levels.length}`, widthPx: width, heightPx: height });
  }
  return levels;
}

/** Chunks of all levels have the same shape unless the image is smaller than one. */
function chunkShape({ widthPx, heightPx }: Level): { width: number; height: number } {
  return { width: Math.min(CHUNK_PX, widthPx), height: Math.min(CHUNK_PX, heightPx) };
}

const chunkName = (level: Level, channel: number, cy: number, cx: number): string =>
  `${level.path}/c/${channel}/${cy}/${cx}`;

/** Writes one chunk, padded to full size; a chunk of zeros is left out, since absent means fill value 0. */
async function writeChunk(
  store: PartialStore,
  level: Level,
  at: [channel: number, cy: number, cx: number],
  pixels: PixelArray,
  width: number,
): Promise<void> {
  if (pixels.every((value) => value === 0)) return;
  const shape = chunkShape(level);
  let full = pixels;
  if (pixels.length !== shape.width * shape.height) {
    full = new (pixels.constructor as Uint8ArrayConstructor)(shape.width * shape.height) as PixelArray;
    for (let y = 0; y * width < pixels.length; y++)
      full.set(pixels.subarray(y * width, (y + 1) * width), y * shape.width);
  }
  await store.write(chunkName(level, ...at), await compressChunk(bytesOf(full)));
}

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

/** Means of 2 x 2 pixels of `from` into a part of `to`; integers are rounded half up. */
function halve(
  from: { pixels: PixelArray; width: number; validWidth: number; validHeight: number },
  to: { pixels: PixelArray; width: number; left: number; top: number },
): void {
  const { pixels, width, validWidth, validHeight } = from;
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

async function writeReduced(
  store: PartialStore,
  channels: number,
  dataType: PixelType,
  from: Level,
  to: Level,
): Promise<void> {
  const half = CHUNK_PX / 2;
  const source = chunkShape(from);
  for (let channel = 0; channel < channels; channel++) {
    for (let cy = 0; cy * CHUNK_PX < to.heightPx; cy++) {
      for (let cx = 0; cx * CHUNK_PX < to.widthPx; cx++) {
        const width = Math.min(CHUNK_PX, to.widthPx - cx * CHUNK_PX);
        const pixels = pixelArray(dataType, width * Math.min(CHUNK_PX, to.heightPx - cy * CHUNK_PX));
        for (const [dy, dx] of [
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ]) {
          const [sy, sx] = [2 * cy + dy, 2 * cx + dx];
          const bytes = await store.read(chunkName(from, channel, sy, sx));
          if (bytes === null) continue;
          const decoded = (await decompressChunk(bytes)).slice();
          const part = {
            pixels: new (pixels.constructor as Uint16ArrayConstructor)(decoded.buffer) as PixelArray,
            width: source.width,
            validWidth: Math.min(source.width, from.widthPx - sx * CHUNK_PX),
            validHeight: Math.min(source.height, from.heightPx - sy * CHUNK_PX),
          };
          halve(part, { pixels, width, left: dx * half, top: dy * half });
        }
        await writeChunk(store, to, [channel, cy, cx], pixels, width);
      }
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
  for (const [i, level] of levels.entries()) {
    const { width, height } = chunkShape(level);
    const shape = [source.planes.length, level.heightPx, level.widthPx];
    await store.node(level.path, arrayJson(source.dataType, shape, [1, height, width], {}, ['c', 'y', 'x']));
    if (i === 0) await writeFullResolution(store, source, level);
    else await writeReduced(store, source.planes.length, source.dataType, levels[i - 1], level);
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
  const [full] = levels;
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
          datasets: levels.map(({ path, widthPx, heightPx }) => ({
            path: path.slice(path.lastIndexOf('/') + 1),
            coordinateTransformations: [
              { type: 'scale', scale: [1, full.heightPx / heightPx, full.widthPx / widthPx] },
            ],
          })),
          coordinateTransformations: transformations('cyx', targets),
        },
      ],
    },
    spatialdata_attrs: { version: VERSIONS.raster },
  };
}
