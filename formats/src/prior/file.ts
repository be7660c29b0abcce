import { basename } from 'node:path';
import type { PriorSource } from '../bundle/slide.ts';
import { SpatileError } from '../errors.ts';
import { openFile } from './file-bytes.ts';
import { geoJsonPrior } from './geojson.ts';
import { geoParquetPrior } from './geoparquet.ts';
import { openNpyMask } from './mask/npy.ts';
import { checkMaskShape, maskPrior } from './mask/prior.ts';
import { openTiffMask } from './mask/tiff.ts';

/** How to take a user's file with prior cells. */
export interface FilePriorOptions {
  kind: 'nucleus' | 'cell';
  /** Unit of polygon files; masks are always in pixels. */
  unit: 'um' | 'px';
  /** Microns per pixel of the bundle's image; null without one. */
  pixelSizeUm: number | null;
  /** Microns per pixel of a mask; null takes that of the image. */
  maskPixelSizeUm: number | null;
  /** Place of the upper left corner of a mask. */
  maskOriginUm: readonly [number, number];
  /** Width and height of the bundle's image, which a mask must fit; null without one. */
  imageSizePx: readonly [number, number] | null;
}

/**
 * A prior segmentation from a user's file: GeoJSON, GeoParquet, or a label mask as `.npy` or `.tif`. Outlines come in
 * microns; polygon files and masks alike are streamed.
 * Errors: `INPUT_*`, `PRIOR_INVALID`, `CONFIG_INVALID` (a pixel size is needed and not known), `MASK_SHAPE`, `MASK_DTYPE`,
 * `MASK_PICKLE`, `IMAGE_INVALID`, `PARQUET_INVALID`, `COLUMN_MISSING`, `COLUMN_TYPE`.
 */
export async function filePrior(path: string, options: FilePriorOptions): Promise<PriorSource> {
  const name = basename(path);
  // A wrong path is told now and not when the outlines are wanted.
  await (await openFile(path)).close();
  if (/\.(geo)?json$/i.test(name)) return geoJsonPrior(path, name, options.kind, umPerUnit(name, options));
  if (/\.(geo)?parquet$/i.test(name)) return geoParquetPrior(path, options.kind, umPerUnit(name, options));
  const open = /\.npy$/i.test(name) ? openNpyMask : /\.tiff?$/i.test(name) ? openTiffMask : null;
  if (open === null) {
    throw new SpatileError(
      'PRIOR_INVALID',
      `${name}: files of this kind are not read; expected .geojson, .parquet, .npy or .tif; convert the file`,
      { fields: { file: path } },
    );
  }
  const mask = await open(path);
  const pixelSizeUm = options.maskPixelSizeUm ?? options.pixelSizeUm;
  if (pixelSizeUm === null) throw needsPixelSize(name, 'prior.maskPixelSizeUm');
  const place = { pixelSizeUm, originUm: options.maskOriginUm };
  if (options.imageSizePx !== null) {
    const image = { sizePx: options.imageSizePx, pixelSizeUm: options.pixelSizeUm ?? pixelSizeUm };
    checkMaskShape(mask, place, image, name);
  }
  return maskPrior(options.kind, name, mask, place);
}

function umPerUnit(name: string, { unit, pixelSizeUm }: FilePriorOptions): number {
  if (unit === 'um') return 1;
  if (pixelSizeUm === null) throw needsPixelSize(name, 'prior.fileUnit: um, or a bundle with an image');
  return pixelSizeUm;
}

function needsPixelSize(name: string, remedy: string): SpatileError {
  return new SpatileError(
    'CONFIG_INVALID',
    `${name}: the size of its pixels is not known (the bundle has no image); expected ${remedy}; set it in the configuration`,
    { fields: { file: name } },
  );
}
