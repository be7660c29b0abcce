import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeWkb } from '@spatile/formats/geometry/wkb';
import { openPlane } from '@spatile/formats/image/tiff';
import type { ModelManifest } from '@spatile/formats/model/manifest';
import { type LabelledImage, readLabelledNuclei } from '@spatile/instrument/instances/labelled-images';
import type { ImageModel } from '@spatile/worker/segment/method';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { fillRings } from '../../worker/src/raster/scanline.ts';

/** An image of nuclei with the truth, as an image method sees it. */
export interface Scene {
  name: string;
  rows: number;
  columns: number;
  pixelSizeUm: number;
  /** Bright nuclei, for classical methods. */
  image: Float32Array;
  model: ImageModel;
  /** Channels as they are, for networks. */
  channels: Float32Array[];
  labels: Int32Array;
}

/** Assumed of the labelled images, which do not say it; the same for all, so that no size is told. */
const ASSUMED_PIXEL_UM = 0.4;
/** Two pixels of a Xenium image. */
export const SIMULATED_PIXEL_UM = 0.425;

/** The labelled real images, of one stain. H&E is inverted: what is dark in red is bright. */
export async function realScenes(folder: string, stain: LabelledImage['stain']): Promise<Scene[]> {
  const images = (await readLabelledNuclei(folder)).filter((image) => image.stain === stain);
  return images.map(({ name, rows, columns, channels, labels }) => {
    const image = stain === 'h&e' ? channels[0].map((value) => 255 - value) : channels[0];
    return {
      name,
      rows,
      columns,
      pixelSizeUm: ASSUMED_PIXEL_UM,
      image,
      model: modelOf(image),
      channels,
      labels,
    };
  });
}

/** DAPI of a simulated slide at half its resolution, with the outlines of its nuclei painted in the order of the cells. */
export async function simulatedScene(name: string, bundle: string, truth: string): Promise<Scene> {
  const { rows, columns, image } = await simulatedStain(bundle, 0);
  const labels = await simulatedTruth(truth, 'nucleus', rows, columns);
  const pixelSizeUm = SIMULATED_PIXEL_UM;
  return { name, rows, columns, pixelSizeUm, image, model: modelOf(image), channels: [image], labels };
}

/** A channel of a simulated slide in means of 2 x 2 pixels. */
export async function simulatedStain(
  bundle: string,
  channel: number,
): Promise<{ rows: number; columns: number; image: Float32Array }> {
  const file = `morphology_focus/morphology_focus_000${channel}.ome.tif`;
  const plane = await openPlane(join(bundle, file), 0, 0);
  const [fullRows, fullColumns] = [plane.heightPx, plane.widthPx];
  const full = await plane.readWindow(0, 0, fullColumns, fullRows);
  await plane.close();
  const [rows, columns] = [fullRows >> 1, fullColumns >> 1];
  const image = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const at = 2 * y * fullColumns + 2 * x;
      image[y * columns + x] =
        (full[at] + full[at + 1] + full[at + fullColumns] + full[at + fullColumns + 1]) / 4;
    }
  return { rows, columns, image };
}

/** True nuclei or cells of a simulated slide, painted in the order of the cells. */
export async function simulatedTruth(
  truth: string,
  kind: 'nucleus' | 'cell',
  rows: number,
  columns: number,
): Promise<Int32Array> {
  const bytes = await readFile(join(truth, `${kind}_polygons.parquet`));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const shapes = await parquetReadObjects({ file, compressors, utf8: false, geoparquet: false });
  const labels = new Int32Array(rows * columns);
  shapes.forEach(({ cell, geometry }) => {
    const rings = decodeWkb(geometry).flat();
    const runs = fillRings(
      rings.map((ring) => ring.map((value) => value / SIMULATED_PIXEL_UM)),
      kind,
    );
    runs.y.forEach((y, k) => {
      if (y < 0 || y >= rows) return;
      const from = Math.max(0, runs.x[k]);
      const to = Math.min(columns, runs.x[k] + runs.length[k]);
      if (to > from) labels.fill(Number(cell), y * columns + from, y * columns + to);
    });
  });
  return labels;
}

/** Percentiles and the Otsu level (IEEE Trans SMC 9:62, 1979) of one image: what a run takes from the slide. */
export function modelOf(image: Float32Array, percentiles: readonly [number, number] = [1, 99.8]): ImageModel {
  const sorted = image.slice().sort();
  const [low, high] = percentiles.map((percent) => sorted[Math.floor((percent / 100) * (sorted.length - 1))]);
  const bins = new Float64Array(256);
  for (const value of image)
    bins[Math.max(0, Math.min(255, Math.floor((256 * (value - low)) / (high - low))))] += 1 / image.length;
  const mean = bins.reduce((sum, share, i) => sum + i * share, 0);
  let [weight, moment, most, level] = [0, 0, -1, 0];
  for (let i = 0; i < 255; i++) {
    weight += bins[i];
    moment += i * bins[i];
    const between = (mean * weight - moment) ** 2 / (weight * (1 - weight));
    if (between > most) [most, level] = [between, i];
  }
  return { limits: [{ low, high }], otsu: (level + 1) / 256 };
}

/** The percentiles that a network expects as 0 and 1, where it says so. */
export function percentilesOf({ input: { normalise } }: ModelManifest): [number, number] {
  return normalise.kind === 'percentile' ? [normalise.low, normalise.high] : [1, 99.8];
}
