import { type Affine, invertAffine, type RectUm } from '@spatile/formats/space';
import { type ImagePixels, openStoredImage, type StoredImage } from '@spatile/formats/spatialdata/read-image';
import { pngDataUrl } from './png.ts';
import type { ReportedSlide } from './slide.ts';
import { quantile } from './statistics.ts';

/** A window of an image of the slide as a grey picture. */
export interface ImageLayer {
  /** PNG as a data URL. */
  href: string;
  widthPx: number;
  heightPx: number;
  /** Maps pixels of the picture to microns. */
  toUm: Affine;
}

export interface ChosenImage {
  image: StoredImage;
  channel: number;
  /** `DAPI of morphology_focus`. */
  label: string;
}

/** Pixels that a picture has at most; above, they are taken in steps. */
const MAX_PX = 4_000_000;
/** What becomes black and white: the shares of pixels below and above, judged from at most so many pixels. */
const BLACK = 0.01;
const WHITE = 0.998;
const JUDGED = 100_000;
/** Shades of grey that are kept: more are noise, which would make up most of the page. */
const SHADES = 64;

/** The nuclear stain when one is named, else the first channel of the first image; null without images. */
export async function chooseImage({ zarr, elements }: ReportedSlide): Promise<ChosenImage | null> {
  const images = await Promise.all(elements.images.map((name) => openStoredImage(zarr, name)));
  const all = images.flatMap((image) =>
    image.channels.map((name, channel) => ({ image, channel, label: `${name} of ${image.name}` })),
  );
  return all.find(({ image, channel }) => /dapi|hoechst/i.test(image.channels[channel])) ?? all[0] ?? null;
}

/**
 * Reads the window at the coarsest level that still gives `sizePx` pixels along its longer side, or the finest there is.
 * Null when the image does not reach into the window. Errors: `STORE_INVALID`.
 */
export async function readImageLayer(
  { image, channel }: ChosenImage,
  window: RectUm,
  sizePx: number,
): Promise<ImageLayer | null> {
  const windows = image.levels.map((level) => ({ level, ...pixelWindow(level, window) }));
  const enough = windows.findLastIndex(({ x0, y0, x1, y1 }) => Math.max(x1 - x0, y1 - y0) >= sizePx);
  const at = Math.max(0, enough);
  const { level, x0, y0, x1, y1 } = windows[at];
  const [widthPx, heightPx] = [x1 - x0, y1 - y0];
  if (widthPx <= 0 || heightPx <= 0 || widthPx * heightPx > MAX_PX * 16) return null;
  const pixels = await image.read(at, channel, x0, y0, x1, y1);
  const step = Math.ceil(Math.sqrt((widthPx * heightPx) / MAX_PX));
  const [width, height] = [Math.ceil(widthPx / step), Math.ceil(heightPx / step)];
  const grey = stretched(pixels, widthPx, step, width, height);
  const [a, b, c, d, e, f] = level.toUm;
  return {
    href: await pngDataUrl({ widthPx: width, heightPx: height, pixels: grey, palette: null }),
    widthPx: width,
    heightPx: height,
    toUm: [a * step, b * step, a * x0 + b * y0 + c, d * step, e * step, d * x0 + e * y0 + f, 0, 0, 1],
  };
}

/** The pixels that a rectangle in microns touches. */
function pixelWindow(level: StoredImage['levels'][number], { x0, y0, x1, y1 }: RectUm) {
  const [a, b, c, d, e, f] = invertAffine(level.toUm);
  const xs = [a * x0 + b * y0 + c, a * x1 + b * y0 + c, a * x0 + b * y1 + c, a * x1 + b * y1 + c];
  const ys = [d * x0 + e * y0 + f, d * x1 + e * y0 + f, d * x0 + e * y1 + f, d * x1 + e * y1 + f];
  return {
    x0: Math.max(0, Math.floor(Math.min(...xs))),
    y0: Math.max(0, Math.floor(Math.min(...ys))),
    x1: Math.min(level.widthPx, Math.ceil(Math.max(...xs))),
    y1: Math.min(level.heightPx, Math.ceil(Math.max(...ys))),
  };
}

/** Every `step`-th pixel in 8 bits, stretched between two quantiles. */
function stretched(
  pixels: ImagePixels,
  widthPx: number,
  step: number,
  width: number,
  height: number,
): Uint8Array {
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) values[y * width + x] = pixels[y * step * widthPx + x * step];
  const every = Math.ceil(values.length / JUDGED);
  const judged = Float64Array.from(
    { length: Math.ceil(values.length / every) },
    (_, i) => values[i * every],
  ).sort();
  const black = quantile(judged, BLACK);
  const scale = SHADES / Math.max(quantile(judged, WHITE) - black, Number.MIN_VALUE);
  const grey = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    // A pixel that is no number is black.
    const shade = Math.max(0, Math.min(SHADES - 1, Math.floor((values[i] - black) * scale)));
    grey[i] = (shade * 255) / (SHADES - 1);
  }
  return grey;
}
