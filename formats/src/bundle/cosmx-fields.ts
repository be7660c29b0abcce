import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SpatileError } from '../errors.ts';
import { openJpegImage } from '../image/jpeg-file.ts';
import { type MosaicPart, mosaicImage } from '../image/mosaic.ts';
import type { SlideImage } from '../image/slide-image.ts';
import { openPlane } from '../image/tiff.ts';
import { openTiffFile, readPage } from '../image/tiff-directory.ts';
import { openTiffImage } from '../image/tiff-image.ts';
import type { Affine } from '../space.ts';
import type { TableFile } from '../tabular/columns.ts';
import { type FieldFrames, type FieldTranscript, fieldFrames } from './cosmx-frames.ts';
import { namesIn } from './listing.ts';
import type { FieldImages } from './slide.ts';

/** Folders of images per field of view, best first: stains as they are before pictures of them. */
export const FIELD_FOLDERS = ['Morphology2D', 'CellComposite'];
const IS_JPEG = /\.jpe?g$/i;
const FIELD_FILE = /F0*(\d+)\.(tiff?|jpe?g)$/i;
/** Share of transcripts that must lie on the label of their own cell. */
const AGREEING = 0.9;
const LEAST_TRANSCRIPTS = 50;
/** Of a field; instruments write about 2^25 at most, and the labels of one are read at once. */
const MAX_FIELD_PX = 2 ** 26;
const AT_ORIGIN: Affine = [1, 0, 0, 0, 1, 0, 0, 0, 1];
const COMPOSITE = ['composite-R', 'composite-G', 'DNA-B'];

/** Names of the images per field of view in a folder. */
export async function fieldNames(path: string): Promise<string[]> {
  return (await namesIn(path)).filter((name) => FIELD_FILE.test(name));
}

/** Whether a folder holds images per field of view, and no image of another kind. */
export async function isFieldFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return false;
  const names = await namesIn(path);
  return names.some((name) => FIELD_FILE.test(name)) && !names.includes('zarr.json');
}

/**
 * The images per field of view of a CosMx slide, to be opened as one image.
 *
 * @param dir the bundle. @param folder best of its folders. @param positions name of its positions file; null without.
 */
export function fieldImages(
  dir: string,
  folder: string,
  positions: string | null,
  transcripts: TableFile,
  pixelSizeUm: number,
): FieldImages {
  return {
    folder,
    open: async (other) => {
      const path = other ?? join(dir, folder);
      const files = await filesOf(path);
      const frames = await fieldFrames(
        transcripts,
        positions === null ? null : join(dir, positions),
        pixelSizeUm,
      );
      const parts: Field[] = [];
      for (const [fov, file] of files) parts.push(await fieldOf(fov, file, frames));
      await checkLabels(join(dir, 'CellLabels'), parts[0], frames);
      return placed(basename(path), parts, pixelSizeUm);
    },
  };
}

/** Images of a folder by the number of their field. */
async function filesOf(path: string): Promise<[number, string][]> {
  const files = new Map<number, string>();
  for (const name of await namesIn(path)) {
    const found = FIELD_FILE.exec(name);
    if (found === null) continue;
    const fov = Number(found[1]);
    const other = files.get(fov);
    if (other !== undefined) {
      throw new SpatileError(
        'IMAGE_INVALID',
        `${path}: two images are of field ${fov} (${basename(other)}, ${name}); expected one; take one of them away`,
        { fields: { file: path, fov } },
      );
    }
    files.set(fov, join(path, name));
  }
  if (files.size === 0) {
    throw new SpatileError(
      'INPUT_MISSING',
      `${path}: it holds no image of a field of view; expected files such as CellComposite_F001.jpg; check the folder`,
      { fields: { file: path } },
    );
  }
  return [...files].sort((a, b) => a[0] - b[0]);
}

interface Field {
  fov: number;
  image: SlideImage;
  widthPx: number;
  heightPx: number;
  /** Global pixels of the upper left corner; y runs up. */
  left: number;
  top: number;
}

async function fieldOf(fov: number, path: string, frames: FieldFrames): Promise<Field> {
  const frame = frames.frameOf(fov);
  if (frame === null) {
    throw new SpatileError(
      'METADATA_INVALID',
      `${path}: nothing says where field ${fov} lies; expected it in the positions file; add it, or move the image away`,
      { fields: { file: path, fov } },
    );
  }
  const image = await closedImage(path);
  const [{ widthPx, heightPx }] = image.levels;
  if (widthPx * heightPx > MAX_FIELD_PX) {
    throw new SpatileError(
      'IMAGE_INVALID',
      `${path}: too large for a field of view (${widthPx} x ${heightPx} pixels); expected at most ${MAX_FIELD_PX} pixels; give an image of the whole slide as segment.image`,
      { fields: { file: path, fov } },
    );
  }
  // Rows of an image run against global y: where local y runs with it, row 0 is the field's last.
  const top = frame.zero + (frame.direction === 1 ? heightPx : 0);
  return { fov, image, widthPx, heightPx, left: frame.left, top };
}

/** An image that is open only while it is read: a slide has hundreds of fields. */
async function closedImage(path: string): Promise<SlideImage> {
  const first = await openField(path);
  // A JPEG holds no file open.
  if (IS_JPEG.test(path)) return first;
  await first.close();
  return {
    ...first,
    pack: async (level, channel, window) => {
      const image = await openField(path);
      try {
        return await image.pack(level, channel, window);
      } finally {
        await image.close();
      }
    },
    close: async () => {},
  };
}

async function openField(path: string): Promise<SlideImage> {
  const name = basename(path);
  if (IS_JPEG.test(path)) {
    const image = await openJpegImage(path, AT_ORIGIN);
    return image.channels.length === 3 ? { ...image, channels: COMPOSITE } : image;
  }
  const file = await openTiffFile(path);
  try {
    const { widthPx, heightPx, samples, dataType, description } = readPage(path, file, 0);
    const pages = samples > 1 ? 1 : file.pages.length;
    const planes = Array.from({ length: pages * samples }, (_, i) => ({
      path,
      page: samples > 1 ? 0 : i,
      sample: samples > 1 ? i : 0,
    }));
    const named = stainNames(description);
    const channels = planes.map((_, i) => named[i] ?? `channel-${i}`);
    return await openTiffImage({
      name,
      ...{ widthPx, heightPx, dataType, planes, pixelToUm: AT_ORIGIN },
      channels: channels.map((channel, i) => (channels.indexOf(channel) < i ? `${channel}-${i}` : channel)),
    });
  } finally {
    await file.close();
  }
}

/** Stains of the pages from the JSON in the description: `ChannelOrder` names fluorophores, reagents say what each shows. */
export function stainNames(description: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(description);
  } catch {
    return [];
  }
  const targets = new Map<string, string>();
  let order = '';
  const visit = (node: unknown, depth: number): void => {
    if (typeof node !== 'object' || node === null || depth > 8) return;
    const { ChannelOrder, BiologicalTarget, Fluorophore } = node as Record<string, unknown>;
    if (typeof ChannelOrder === 'string') order = ChannelOrder;
    const id = (Fluorophore as { ChannelId?: unknown } | undefined)?.ChannelId;
    if (typeof BiologicalTarget === 'string' && typeof id === 'string') targets.set(id, BiologicalTarget);
    for (const value of Object.values(node)) visit(value, depth + 1);
  };
  visit(parsed, 0);
  return [...order].map((id) => targets.get(id) ?? id);
}

/** One image of all fields; its pixels begin at the upper left one of all. */
function placed(name: string, fields: readonly Field[], pixelSizeUm: number): SlideImage {
  const left = Math.min(...fields.map((field) => field.left));
  const top = Math.max(...fields.map((field) => field.top));
  const parts = fields.map(
    (field): MosaicPart => ({
      image: field.image,
      x: Math.round(field.left - left),
      y: Math.round(top - field.top),
    }),
  );
  const size = pixelSizeUm;
  return mosaicImage(name, parts, [size, 0, left * size, 0, size, -top * size, 0, 0, 1]);
}

/**
 * Compares labels of the instrument's cells, where they lie beside, with the cells of transcripts: exports differ in how they
 * turn images. Errors: `IMAGE_INVALID` when labels lie elsewhere.
 */
async function checkLabels(folder: string, field: Field, frames: FieldFrames): Promise<void> {
  const names = await namesIn(folder).catch(() => [] as string[]);
  for (const [fov, transcripts] of frames.seen) {
    const name = names.find((file) => Number(FIELD_FILE.exec(file)?.[1]) === fov && /\.tiff?$/i.test(file));
    const own = transcripts.filter(({ cell }) => cell > 0);
    if (name === undefined || own.length < LEAST_TRANSCRIPTS) continue;
    const plane = await openPlane(join(folder, name), 0, 0);
    try {
      const { widthPx, heightPx } = plane;
      if (widthPx !== field.widthPx || heightPx !== field.heightPx) return;
      const labels = await plane.readWindow(0, 0, widthPx, heightPx);
      const share = (rowOf: (y: number) => number): number =>
        agreement(own, labels, widthPx, heightPx, rowOf);
      const [up, down] = [share((y) => heightPx - y), share((y) => y)];
      const [as, turned] = frames.direction === 1 ? [up, down] : [down, up];
      if (as >= AGREEING) return;
      const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;
      throw new SpatileError(
        'IMAGE_INVALID',
        `${join(folder, name)}: the images are turned against the transcripts (labels agree with ${percent(as)} of the transcripts of field ${fov}, upside down with ${percent(turned)}); expected at least ${percent(AGREEING)}; export the slide again, or give a stitched image as segment.image`,
        { fields: { fov } },
      );
    } finally {
      await plane.close();
    }
  }
}

/** Share of transcripts that lie on the label of their cell. */
function agreement(
  transcripts: readonly FieldTranscript[],
  labels: ArrayLike<number>,
  widthPx: number,
  heightPx: number,
  rowOf: (y: number) => number,
): number {
  const agreeing = transcripts.filter(({ x, y, cell }) => {
    const [column, row] = [Math.floor(x), Math.floor(rowOf(y))];
    return column >= 0 && row >= 0 && column < widthPx && row < heightPx
      ? labels[row * widthPx + column] === cell
      : false;
  });
  return agreeing.length / transcripts.length;
}
