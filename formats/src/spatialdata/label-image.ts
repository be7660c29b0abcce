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

/** Multiscale labels (OME-NGFF as SpatialData writes them), streamed chunk by chunk and level by level. */

/** A raster of labels that is made window by window. */
export interface LabelSource {
  widthPx: number;
  heightPx: number;
  /** Maps pixels (column, row) to microns. */
  pixelToUm: Affine;
  /** Labels of columns `[x0, x1)` and rows `[y0, y1)`, row by row, 0 for none; null where there is none at all. */
  read(x0: number, y0: number, x1: number, y1: number): Uint32Array | null;
}

/**
 * Writes `labels/<name>`: full resolution, then levels of half the size by the label that most of 2 x 2 pixels have. Memory is a
 * few chunks. `targets` map pixels (column, row) to frames.
 */
export async function writeLabelImage(
  store: PartialStore,
  name: string,
  source: LabelSource,
  targets: [string, Affine][],
): Promise<void> {
  const root = `labels/${name}`;
  const levels = levelsOf(root, source.widthPx, source.heightPx);
  for (const [i, level] of levels.entries()) {
    const { width, height } = chunkShape(level);
    const shape = [level.heightPx, level.widthPx];
    await store.node(level.path, arrayJson('uint32', shape, [height, width], {}, ['y', 'x']));
    if (i === 0) await writeFull(store, source, level);
    else await writeReduced(store, [levels[i - 1], level], [[]], (n) => new Uint32Array(n), halveByMost);
  }
  await store.node(root, groupJson(labelAttributes(name, levels, targets)));
}

async function writeFull(store: PartialStore, source: LabelSource, level: Level): Promise<void> {
  for (let y = 0; y < level.heightPx; y += CHUNK_PX) {
    for (let x = 0; x < level.widthPx; x += CHUNK_PX) {
      const [right, bottom] = [Math.min(x + CHUNK_PX, level.widthPx), Math.min(y + CHUNK_PX, level.heightPx)];
      const labels = source.read(x, y, right, bottom);
      if (labels !== null) await writeChunk(store, level, [y / CHUNK_PX, x / CHUNK_PX], labels, right - x);
    }
  }
}

/** The most frequent of 2 x 2 labels; of equally frequent ones the first in reading order, so that labels stay labels. */
function halveByMost({ from: { pixels, width, validWidth, validHeight }, to }: Quarter): void {
  for (let y = 0; y < validHeight; y += 2) {
    const below = y + 1 < validHeight ? width : 0;
    for (let x = 0; x < validWidth; x += 2) {
      const i = y * width + x;
      const right = x + 1 < validWidth ? 1 : 0;
      const [a, b, c, d] = [pixels[i], pixels[i + right], pixels[i + below], pixels[i + below + right]];
      const most = a === b || a === c || a === d ? a : b === c || b === d ? b : c === d ? c : a;
      to.pixels[(to.top + y / 2) * to.width + to.left + x / 2] = most;
    }
  }
}

function labelAttributes(name: string, levels: Level[], targets: [string, Affine][]) {
  return {
    ome: {
      version: VERSIONS.ngff,
      'image-label': { version: VERSIONS.imageLabel },
      multiscales: [
        {
          name,
          axes: [
            { name: 'y', type: 'space' },
            { name: 'x', type: 'space' },
          ],
          datasets: datasetsOf(levels, false),
          coordinateTransformations: transformations('yx', targets),
        },
      ],
    },
    spatialdata_attrs: { version: VERSIONS.raster },
  };
}
