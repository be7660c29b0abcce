import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePngSample, pngLayout } from '@spatile/formats/image/png';
import { openPlane } from '@spatile/formats/image/tiff';

/** An image with instances drawn by hand. */
export interface LabelledImage {
  name: string;
  rows: number;
  columns: number;
  /** Fluorescence, or H&E: dark nuclei on a bright ground. */
  stain: 'fluorescence' | 'h&e';
  /** Raw intensities by channel: one for fluorescence, red, green and blue for H&E. Row-major. */
  channels: Float32Array[];
  /** 0 = background. */
  labels: Int32Array;
}

/**
 * Reads the nuclei with hand-drawn masks of a folder laid out like `shared/data/nuclei`: `dsb2018/{images,labels}` and
 * `dsb-256`, by name. Errors: `INPUT_MISSING`, `IMAGE_INVALID`.
 */
export async function readLabelledNuclei(folder: string): Promise<LabelledImage[]> {
  const images: LabelledImage[] = [];
  for (const file of (await readdir(join(folder, 'dsb2018/images'))).sort()) {
    const name = file.replace(/\.png$/, '');
    const path = join(folder, 'dsb2018/images', file);
    images.push(
      labelled(name, await readColours(path), await readPage(join(folder, 'dsb2018/labels', `${name}.tif`))),
    );
  }
  const { pixels, ...size } = await readPage(join(folder, 'dsb-256/img2d.tif'));
  const mask = await readPage(join(folder, 'dsb-256/mask2d.tif'));
  images.push(labelled('dsb-256', { ...size, colours: [pixels] }, mask));
  return images;
}

interface Page {
  rows: number;
  columns: number;
  pixels: Float32Array;
}

async function readPage(path: string): Promise<Page> {
  const plane = await openPlane(path, 0, 0);
  try {
    const { widthPx: columns, heightPx: rows } = plane;
    return { rows, columns, pixels: Float32Array.from(await plane.readWindow(0, 0, columns, rows)) };
  } finally {
    await plane.close();
  }
}

async function readColours(path: string) {
  const bytes = await readFile(path);
  const layout = pngLayout(path, bytes);
  const [rows, columns] = [layout.heightPx, layout.widthPx];
  const colours = Array.from({ length: Math.min(3, layout.samples) }, (_, sample) => {
    const { pixels, step, stride, first } = decodePngSample(layout, sample, bytes);
    return Float32Array.from({ length: rows * columns }, (_, i) => {
      return pixels[first + Math.floor(i / columns) * stride + (i % columns) * step];
    });
  });
  return { rows, columns, colours };
}

function labelled(
  name: string,
  image: { rows: number; columns: number; colours: Float32Array[] },
  mask: Page,
): LabelledImage {
  const { rows, columns, colours } = image;
  if (mask.rows !== rows || mask.columns !== columns)
    throw new RangeError(`${name}: image and mask differ in size`);
  const grey = colours.every((colour) => colour.every((value, i) => value === colours[0][i]));
  return {
    name,
    rows,
    columns,
    stain: grey ? 'fluorescence' : 'h&e',
    channels: grey ? [colours[0]] : colours,
    labels: Int32Array.from(mask.pixels),
  };
}
