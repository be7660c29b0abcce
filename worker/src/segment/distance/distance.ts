import { checkPixelShape, openPixels } from '../../../kernels/bind-pixels.ts';

/**
 * Exact squared Euclidean distance in pixels from each pixel of the foreground (`mask` = 1) to the centre of the nearest
 * pixel of the background, 0 on the background, 2^31 - 1 where there is none; the outside of the image is no background.
 * Rows x columns, row-major. Errors: RangeError above 32767 rows or columns or 2^27 pixels.
 */
export async function squaredDistance(mask: Uint8Array, rows: number, columns: number): Promise<Int32Array> {
  checkPixelShape(rows, columns);
  if (mask.length !== rows * columns)
    throw new RangeError(`a mask of ${mask.length} bytes for ${rows} x ${columns} pixels`);
  const memory = await openPixels();
  const at = memory.reserve({
    mask: mask.length,
    gap: 2 * mask.length,
    target: 4 * mask.length,
    envelope: 12 * (columns + 2),
  });
  memory.bytes(at.mask, mask.length).set(mask);
  memory.kernel.distance(at.mask, rows, columns, at.gap, at.target, at.envelope);
  return memory.integers(at.target, mask.length).slice();
}
