import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { SpatileError } from '../errors.ts';
import type { Affine } from '../space.ts';
import type { PackedBlock, PackedWindow, PixelRect } from './packed.ts';
import { type ImageLevel, levelFactor, type SlideImage } from './slide-image.ts';
import { imageInvalid } from './tiff-directory.ts';
import { shardingOf, zarrChunkLayout } from './zarr-chunk.ts';
import { statedPlace } from './zarr-place.ts';

/** Largest chunk (or shard) in pixels. */
const MAX_CHUNK_PIXELS = 2 ** 27;

/** A pixel has at most so many bytes. */
const MAX_VALUE_BYTES = 8;

const whole = z.number().int().positive();
const arrayV3 = z.looseObject({
  node_type: z.literal('array'),
  shape: z.array(z.number().int().min(0)).min(2),
  data_type: z.string(),
  chunk_grid: z.object({ configuration: z.object({ chunk_shape: z.array(whole) }) }),
  chunk_key_encoding: z
    .object({ name: z.string(), configuration: z.object({ separator: z.string().optional() }).optional() })
    .optional(),
});
const arrayV2 = z.looseObject({
  zarr_format: z.literal(2),
  shape: z.array(z.number().int().min(0)).min(2),
  chunks: z.array(whole).min(2),
  dtype: z.string(),
  dimension_separator: z.enum(['.', '/']).optional(),
});
const multiscales = z
  .array(
    z.looseObject({
      axes: z
        .array(z.union([z.string(), z.looseObject({ name: z.string(), unit: z.string().optional() })]))
        .optional(),
      datasets: z.array(z.looseObject({ path: z.string() })).min(1),
    }),
  )
  .min(1);
const omero = z.looseObject({
  channels: z.array(z.looseObject({ label: z.union([z.string(), z.number()]).optional() })),
});

interface Level {
  folder: string;
  zarrFormat: 2 | 3;
  metadata: Record<string, unknown>;
  shape: number[];
  chunks: number[];
  keyOf: (index: number[]) => string;
}

/**
 * Opens an image as OME-Zarr 0.4 (Zarr v2) or 0.5 (Zarr v3), or an image element of a SpatialData store: the folder that holds
 * `multiscales`. Axes other than c, y, x must have length 1; of z the middle plane is taken. The caller closes it.
 *
 * @param pixelToUm places the full resolution; null takes what the metadata states.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `IMAGE_INVALID`.
 */
export async function openZarrImage(path: string, pixelToUm: Affine | null): Promise<SlideImage> {
  const attributes = await groupAttributes(path);
  const parsed = multiscales.safeParse(attributes.multiscales);
  if (!parsed.success)
    throw invalid(path, 'no image in it (no "multiscales" in its attributes); give the folder of one image');
  const [{ axes: stated = [], datasets, coordinateTransformations: transformations }] = parsed.data;
  const axes = stated.map((axis) => (typeof axis === 'string' ? { name: axis } : axis));
  const found = await Promise.all(datasets.map((dataset) => openLevel(join(path, dataset.path))));
  const order =
    axes.length > 0 ? axes.map(({ name }) => name) : ['t', 'c', 'z', 'y', 'x'].slice(-found[0].shape.length);
  checkAxes(path, order, found);
  const c = order.indexOf('c');
  const channels = c < 0 ? 1 : found[0].shape[c];
  const kept = pyramid(found);
  const datasetTransformations = datasets[0].coordinateTransformations;
  return {
    name: basename(path).replace(/(\.ome)?\.zarr$/i, ''),
    channels: channelNames(attributes, channels),
    levels: kept.map(({ level }) => level),
    pixelToUm: pixelToUm ?? statedPlace(path, { axes, datasetTransformations, transformations }, order),
    pack: (level, channel, window) => pack(kept[level].array, order, channel, window),
    close: async () => {},
  };
}

const invalid = (path: string, what: string, cause?: unknown): SpatileError =>
  new SpatileError(
    'IMAGE_INVALID',
    `${path}: ${what}; expected an OME-Zarr image (0.4 or 0.5); check that the folder was copied completely`,
    { fields: { file: path }, cause },
  );

async function jsonOf(path: string): Promise<Record<string, unknown> | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw invalid(path, `cannot be read (${error.code})`, error);
  });
  if (text === null) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw invalid(path, 'not valid JSON', cause);
  }
}

async function groupAttributes(path: string): Promise<Record<string, unknown>> {
  const v3 = await jsonOf(join(path, 'zarr.json'));
  if (v3 !== null) {
    const attributes = (v3.attributes ?? {}) as Record<string, unknown>;
    return (attributes.ome as Record<string, unknown>) ?? attributes;
  }
  const v2 = await jsonOf(join(path, '.zattrs'));
  if (v2 !== null) return v2;
  throw new SpatileError(
    'INPUT_MISSING',
    `${path}: no Zarr group (neither zarr.json nor .zattrs); expected the folder of an OME-Zarr image; check the path`,
  );
}

async function openLevel(folder: string): Promise<Level> {
  const v3 = await jsonOf(join(folder, 'zarr.json'));
  if (v3 !== null) {
    const parsed = arrayV3.safeParse(v3);
    if (!parsed.success) throw invalid(folder, 'its zarr.json describes no array');
    const { shape, chunk_grid, chunk_key_encoding: keys } = parsed.data;
    const separator = keys?.configuration?.separator ?? (keys?.name === 'v2' ? '.' : '/');
    const keyOf = (index: number[]): string =>
      keys?.name === 'v2' ? index.join(separator) : `c${separator}${index.join(separator)}`;
    return checked({
      folder,
      zarrFormat: 3,
      metadata: v3,
      shape,
      chunks: chunk_grid.configuration.chunk_shape,
      keyOf,
    });
  }
  const parsed = arrayV2.safeParse(await jsonOf(join(folder, '.zarray')));
  if (!parsed.success) throw invalid(folder, 'a level is missing or its .zarray is damaged');
  const { shape, chunks, dimension_separator: separator = '.' } = parsed.data;
  const metadata = parsed.data as Record<string, unknown>;
  return checked({ folder, zarrFormat: 2, metadata, shape, chunks, keyOf: (index) => index.join(separator) });
}

function checked(level: Level): Level {
  const { folder, shape, chunks } = level;
  if (shape.length !== chunks.length) throw invalid(folder, 'its chunks have other axes than its shape');
  const pixels = chunks.reduce((product, edge) => product * edge, 1);
  if (pixels > MAX_CHUNK_PIXELS)
    throw invalid(
      folder,
      `its chunks are too large to decode (${chunks.join(' x ')}); save it in chunks of 1024 pixels`,
    );
  const inner = shardingOf(level.metadata)?.chunk_shape;
  if (inner !== undefined && !divides(inner, chunks))
    throw invalid(folder, `its shards (${chunks.join(' x ')}) are not whole chunks of ${String(inner)}`);
  if (shape.some((edge) => edge === 0 || edge > 0x7fffffff))
    throw invalid(folder, `its shape makes no image (${shape.join(' x ')})`);
  return level;
}

function divides(inner: unknown, outer: readonly number[]): boolean {
  const parsed = z.array(whole).length(outer.length).safeParse(inner);
  return parsed.success && parsed.data.every((edge, i) => outer[i] % edge === 0);
}

function checkAxes(path: string, order: string[], levels: Level[]): void {
  const known =
    order.slice(-2).join() === 'y,x' && order.every((axis) => ['t', 'c', 'z', 'y', 'x'].includes(axis));
  if (!known || levels.some(({ shape }) => shape.length !== order.length))
    throw invalid(path, `its axes are ${order.join(', ')} for ${levels[0].shape.length} dimensions`);
  const t = order.indexOf('t');
  if (t >= 0 && levels[0].shape[t] !== 1) throw invalid(path, `it has ${levels[0].shape[t]} time points`);
}

function pyramid(levels: Level[]): { level: ImageLevel; array: Level }[] {
  const size = ({ shape }: Level): [number, number] => [shape[shape.length - 1], shape[shape.length - 2]];
  const full = size(levels[0]);
  return levels.flatMap((array, i) => {
    const [widthPx, heightPx] = size(array);
    const factor = i === 0 ? 1 : levelFactor(full, [widthPx, heightPx]);
    if (factor === null) return [];
    const blockBytes = array.chunks.reduce((product, edge) => product * edge, MAX_VALUE_BYTES);
    return [{ array, level: { widthPx, heightPx, factor, blockBytes } }];
  });
}

function channelNames(attributes: Record<string, unknown>, channels: number): string[] {
  const labels = omero.safeParse(attributes.omero).data?.channels ?? [];
  return Array.from({ length: channels }, (_, i) => {
    const label = String(labels[i]?.label ?? `channel-${i}`);
    return labels.slice(0, i).some((other) => String(other.label) === label) ? `${label}-${i}` : label;
  });
}

async function pack(
  array: Level,
  order: string[],
  channel: number,
  window: PixelRect,
): Promise<PackedWindow> {
  const { chunks, shape } = array;
  const [height, width] = chunks.slice(-2);
  const leading = order
    .slice(0, -2)
    .map((axis, i) => (axis === 'c' ? channel : axis === 'z' ? Math.floor(shape[i] / 2) : 0));
  const outer = leading.map((index, i) => Math.floor(index / chunks[i]));
  const plane = leading.map((index, i) => index % chunks[i]);
  const blocks: PackedBlock[] = [];
  for (let by = Math.floor(window.y0 / height); by * height < window.y1; by++) {
    for (let bx = Math.floor(window.x0 / width); bx * width < window.x1; bx++) {
      const bytes = await chunkBytes(join(array.folder, array.keyOf([...outer, by, bx])));
      if (bytes !== null) blocks.push({ x: bx * width, y: by * height, width, height, bytes });
    }
  }
  const layout = zarrChunkLayout(array.metadata, array.zarrFormat, chunks, plane);
  return { file: basename(array.folder), codec: { format: 'zarr', layout }, blocks };
}

/** A chunk that is not there holds the fill value, which is taken for 0. */
async function chunkBytes(path: string): Promise<Uint8Array | null> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw imageInvalid(path, `a chunk cannot be read (${error.code})`, error);
  });
}
