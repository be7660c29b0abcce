import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zarr from 'zarrita';
import * as z from 'zod';
import type { Affine } from '../space.ts';
import { readNode, storeInvalid } from './read.ts';
import { compose } from './transforms.ts';

/** Reads back windows of the images of a SpatialData store. */

export interface StoredLevel {
  widthPx: number;
  heightPx: number;
  /** Maps pixels (column, row) of this level to microns. */
  toUm: Affine;
}

export interface StoredImage {
  name: string;
  channels: string[];
  /** Full resolution first. */
  levels: StoredLevel[];
  /**
   * Pixels of columns `[x0, x1)` and rows `[y0, y1)` of one channel, row by row; only the chunks that are touched are read.
   * Errors: `STORE_INVALID`.
   */
  read(level: number, channel: number, x0: number, y0: number, x1: number, y1: number): Promise<ImagePixels>;
}

export type ImagePixels = Uint8Array | Uint16Array | Uint32Array | Float32Array;

const scaling = z.object({ type: z.literal('scale'), scale: z.tuple([z.number(), z.number(), z.number()]) });
const target = z.object({ output: z.object({ name: z.string() }) });
const row = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const imageAttributes = z.object({
  ome: z.object({
    omero: z.object({ channels: z.array(z.object({ label: z.string() })) }),
    multiscales: z
      .array(
        z.object({
          datasets: z
            .array(z.object({ path: z.string(), coordinateTransformations: z.tuple([scaling]) }))
            .min(1),
          coordinateTransformations: z.array(
            z.discriminatedUnion('type', [
              target.extend({ type: z.literal('identity') }),
              target.extend({ type: z.literal('scale'), scale: scaling.shape.scale }),
              target.extend({ type: z.literal('affine'), affine: z.tuple([row, row, row]) }),
            ]),
          ),
        }),
      )
      .length(1),
  }),
});

type Transformation = z.infer<
  typeof imageAttributes
>['ome']['multiscales'][number]['coordinateTransformations'][number];

/** Opens `images/<name>` without reading pixels. Errors: `STORE_INVALID`, also when the image has no frame `microns`. */
export async function openStoredImage(path: string, name: string): Promise<StoredImage> {
  const root = `images/${name}`;
  const place = join(path, root);
  const parsed = imageAttributes.safeParse((await readNode(path, root)).attributes);
  if (!parsed.success) throw storeInvalid(place, 'its attributes do not describe a multiscale image');
  const { omero, multiscales } = parsed.data.ome;
  const [{ datasets, coordinateTransformations }] = multiscales;
  const microns = coordinateTransformations.find(({ output }) => output.name === 'microns');
  if (microns === undefined) throw storeInvalid(place, 'it has no transform to the frame "microns"');
  const store = zarr.root({ get: (key: zarr.AbsolutePath) => readIfThere(join(path, key.slice(1))) });
  const arrays = await Promise.all(
    datasets.map(({ path: level }) => zarr.open.v3(store.resolve(`${root}/${level}`), { kind: 'array' })),
  ).catch((cause) => {
    throw storeInvalid(
      place,
      `a level cannot be opened (${cause instanceof Error ? cause.message : cause})`,
      cause,
    );
  });
  return {
    name,
    channels: omero.channels.map(({ label }) => label),
    levels: datasets.map(({ coordinateTransformations: [{ scale }] }, i) => ({
      widthPx: arrays[i].shape[2],
      heightPx: arrays[i].shape[1],
      toUm: compose(affineOf(microns), [scale[2], 0, 0, 0, scale[1], 0, 0, 0, 1]),
    })),
    async read(level, channel, x0, y0, x1, y1) {
      try {
        const { data } = await zarr.get(arrays[level], [channel, zarr.slice(y0, y1), zarr.slice(x0, x1)]);
        return data as ImagePixels;
      } catch (cause) {
        throw storeInvalid(
          place,
          `pixels cannot be read (${cause instanceof Error ? cause.message : cause})`,
          cause,
        );
      }
    },
  };
}

function affineOf(transformation: Transformation): Affine {
  if (transformation.type === 'identity') return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  if (transformation.type === 'scale') {
    const [, y, x] = transformation.scale;
    return [x, 0, 0, 0, y, 0, 0, 0, 1];
  }
  // Rows and columns in the order c, y, x, offset.
  const [, [, yy, yx, y], [, xy, xx, x]] = transformation.affine;
  return [xx, xy, x, yx, yy, y, 0, 0, 1];
}

const readIfThere = (file: string): Promise<Uint8Array | undefined> =>
  readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
