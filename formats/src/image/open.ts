import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { SpatileError } from '../errors.ts';
import type { Affine } from '../space.ts';
import { openFailed } from '../tabular/open-failed.ts';
import { openJpegImage } from './jpeg-file.ts';
import { pngLayout } from './png.ts';
import type { SlideImage } from './slide-image.ts';
import { describeTiff } from './tiff.ts';
import { imageInvalid } from './tiff-directory.ts';
import { openTiffImage } from './tiff-image.ts';
import { openZarrImage } from './zarr-image.ts';

/** Where an image of the user's own lies on the slide. */
export interface ImagePlace {
  /** Null takes what the file says. */
  pixelSizeUm: number | null;
  originUm: readonly [number, number];
}

/** A PNG that is read whole. */
const MAX_PNG_BYTES = 2 ** 28;

/**
 * Opens an image by its path: TIFF (also OME-TIFF and SVS), PNG, JPEG, or the folder of an OME-Zarr image. The caller closes it.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `IMAGE_INVALID`, also when nothing says how large a pixel is.
 */
export async function openImageFile(path: string, place: ImagePlace): Promise<SlideImage> {
  const found = await stat(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  if (found.isDirectory()) {
    const { pixelSizeUm, originUm } = place;
    if (pixelSizeUm !== null) return openZarrImage(path, placed(place, pixelSizeUm));
    const image = await openZarrImage(path, null);
    const [a, b, x, c, d, y] = image.pixelToUm;
    return { ...image, pixelToUm: [a, b, x + originUm[0], c, d, y + originUm[1], 0, 0, 1] };
  }
  if (/\.png$/i.test(path)) return openPng(path, found.size, place);
  if (/\.jpe?g$/i.test(path))
    return openJpegImage(path, placed(place, place.pixelSizeUm ?? noPixelSize(path)));
  if (!/\.(tiff?|svs)$/i.test(path))
    throw imageInvalid(
      path,
      `neither a .tif, .tiff, .svs, .png or .jpg file nor a folder (${basename(path)})`,
    );
  const tiff = await describeTiff(path);
  const planes =
    tiff.planes ??
    Array.from({ length: tiff.samples }, (_, sample) => ({ page: 0, sample, channel: sample }));
  return openTiffImage({
    name: basename(path).replace(/(\.ome)?\.tiff?$/i, ''),
    channels: planes.map((_, i) => tiff.channelNames?.[i] ?? `channel-${i}`),
    widthPx: tiff.widthPx,
    heightPx: tiff.heightPx,
    dataType: tiff.dataType,
    pixelToUm: placed(place, place.pixelSizeUm ?? tiff.physicalSizeUm ?? noPixelSize(path)),
    planes: planes.map(({ page, sample }) => ({ path, page, sample })),
  });
}

const placed = ({ originUm }: ImagePlace, size: number): Affine => [
  size,
  0,
  originUm[0],
  0,
  size,
  originUm[1],
  0,
  0,
  1,
];

function noPixelSize(path: string): never {
  throw new SpatileError(
    'IMAGE_INVALID',
    `${path}: it does not say how large a pixel is; expected a size in um; set segment.pixelSizeUm`,
    { fields: { file: path } },
  );
}

async function openPng(path: string, sizeBytes: number, place: ImagePlace): Promise<SlideImage> {
  if (sizeBytes > MAX_PNG_BYTES)
    throw imageInvalid(path, `a PNG of ${sizeBytes} bytes is too large to decode whole`);
  const bytes = new Uint8Array(await readFile(path));
  const layout = pngLayout(path, bytes);
  const { widthPx, heightPx, samples } = layout;
  return {
    name: basename(path).replace(/\.png$/i, ''),
    channels: Array.from({ length: samples }, (_, i) => `channel-${i}`),
    levels: [
      { widthPx, heightPx, factor: 1, blockBytes: widthPx * heightPx * samples * Math.ceil(layout.bits / 8) },
    ],
    pixelToUm: placed(place, place.pixelSizeUm ?? noPixelSize(path)),
    pack: async (_, channel) => ({
      file: basename(path),
      codec: { format: 'png', layout, sample: channel },
      blocks: [{ x: 0, y: 0, width: widthPx, height: heightPx, bytes }],
    }),
    close: async () => {},
  };
}
