import { join } from 'node:path';
import type { Affine } from '../space.ts';
import { describeImage, leftOut } from './images.ts';
import { inputFile, type Listing, namesIn } from './listing.ts';
import { metadataInvalid, readMetadata } from './metadata-file.ts';
import type { Finding, ImageSource, InputFile } from './slide.ts';

export interface MerscopeImages {
  images: ImageSource[];
  pixelSizeUm: number | null;
  inputs: InputFile[];
}

const TRANSFORM = 'images/micron_to_mosaic_pixel_transform.csv';

/**
 * Describes the mosaics of one plane as an image with a channel per stain. The plane is the one most stains have, and of
 * these the one nearest the middle. Without the transform from microns to pixels the image is left out with a warning.
 */
export async function merscopeImages(listing: Listing, findings: Finding[]): Promise<MerscopeImages> {
  const none = { images: [], pixelSizeUm: null, inputs: [] };
  const names = listing.folders.includes('images') ? await namesIn(join(listing.path, 'images')) : [];
  const mosaics = names.flatMap(parseMosaic);
  if (mosaics.length === 0) {
    findings.push({ level: 'info', code: 'MERSCOPE_NO_IMAGE', message: 'the bundle has no mosaic images' });
    return none;
  }
  if (!names.includes('micron_to_mosaic_pixel_transform.csv')) {
    findings.push(leftOut('mosaic', `${TRANSFORM} is missing, so it cannot be aligned with the transcripts`));
    return none;
  }
  const pixelToUm = await readPixelToUm(join(listing.path, TRANSFORM));
  const plane = bestPlane(mosaics);
  const chosen = mosaics.filter((mosaic) => mosaic.plane === plane);
  const files = chosen.map(({ name, stain }) => ({
    path: join(listing.path, 'images', name),
    channel: stain,
  }));
  const described = await describeImage(`mosaic_z${plane}`, files, findings);
  if (!described) return none;
  findings.push({
    level: 'info',
    code: 'MERSCOPE_PLANE',
    message: `of the mosaics, plane ${plane} is used (${chosen.map(({ stain }) => stain).join(', ')})`,
  });
  const [a, b, , d, e] = pixelToUm;
  return {
    images: [{ ...described.image, pixelToUm }],
    pixelSizeUm: Math.sqrt(Math.abs(a * e - b * d)),
    inputs: [
      await inputFile(listing.path, 'transform', TRANSFORM),
      ...(await Promise.all(chosen.map(({ name }) => inputFile(listing.path, 'image', `images/${name}`)))),
    ],
  };
}

interface Mosaic {
  name: string;
  stain: string;
  plane: number;
}

function parseMosaic(name: string): Mosaic[] {
  const [, stain, plane] = /^mosaic_(.+)_z(\d+)\.tiff?$/i.exec(name) ?? [];
  return stain === undefined ? [] : [{ name, stain, plane: Number(plane) }];
}

function bestPlane(mosaics: Mosaic[]): number {
  const planes = [...new Set(mosaics.map(({ plane }) => plane))].sort((a, b) => a - b);
  const middle = (planes[0] + planes[planes.length - 1]) / 2;
  const stains = (plane: number): number => mosaics.filter((mosaic) => mosaic.plane === plane).length;
  const distance = (plane: number): number => Math.abs(plane - middle);
  return planes.sort((a, b) => stains(b) - stains(a) || distance(a) - distance(b) || a - b)[0];
}

/** The inverse of the file's micron-to-pixel matrix: 3 rows of 3 numbers, separated by blanks or commas, last row 0 0 1. */
async function readPixelToUm(path: string): Promise<Affine> {
  const rows = (await readMetadata(path))
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) =>
      line
        .trim()
        .split(/[\s,]+/)
        .map(Number),
    );
  const [[a, b, c] = [], [d, e, f] = [], last = []] = rows;
  const affine =
    rows.length === 3 &&
    rows.every((row) => row.length === 3 && row.every(Number.isFinite)) &&
    last.join() === '0,0,1';
  const determinant = a * e - b * d;
  if (!affine || determinant === 0) {
    throw metadataInvalid(
      path,
      `not an invertible affine matrix (${rows.length} rows)`,
      'three rows of three numbers, the last 0 0 1',
    );
  }
  return [
    e / determinant,
    -b / determinant,
    (b * f - c * e) / determinant,
    -d / determinant,
    a / determinant,
    (c * d - a * f) / determinant,
    0,
    0,
    1,
  ];
}
