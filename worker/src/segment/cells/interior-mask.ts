import type { ChannelModel } from '@spatile/formats/tile/segment';
import type { Planes } from '../method.ts';

/** Half the side of the square of the local mean, microns. */
const LOCAL_UM = 8;
/** Share of the local mean that a pixel must have: plateaus vary by less, their edges fall below it. */
const LOCAL_SHARE = 0.8;
/** Share of the Otsu level of the slide. */
const OTSU_SHARE = 0.5;
/** Intensities are counted in steps of this share of the contrast limits, so that sums are exact in any order. */
const STEPS = 65535;

/** Where an interior stain is, as bytes: bright against the slide and against its surroundings. */
export function interiorMask(
  { rows, columns }: Pick<Planes, 'rows' | 'columns'>,
  plane: Float32Array,
  { low, high, otsu }: ChannelModel,
  pixelSizeUm: number,
): Uint8Array {
  const scale = high > low ? STEPS / (high - low) : 0;
  const level = Uint16Array.from(plane, (value) =>
    Math.min(STEPS, Math.max(0, Math.round((value - low) * scale))),
  );
  const sums = integralImage(level, rows, columns);
  const reach = Math.max(1, Math.round(LOCAL_UM / pixelSizeUm));
  const floor = OTSU_SHARE * otsu * STEPS;
  const mask = new Uint8Array(level.length);
  const stride = columns + 1;
  for (let y = 0; y < rows; y++) {
    const [y0, y1] = [Math.max(0, y - reach), Math.min(rows, y + reach + 1)];
    for (let x = 0; x < columns; x++) {
      const [x0, x1] = [Math.max(0, x - reach), Math.min(columns, x + reach + 1)];
      const sum =
        sums[y1 * stride + x1] - sums[y0 * stride + x1] - sums[y1 * stride + x0] + sums[y0 * stride + x0];
      const value = level[y * columns + x];
      if (value > floor && value * ((y1 - y0) * (x1 - x0)) > LOCAL_SHARE * sum) mask[y * columns + x] = 1;
    }
  }
  return mask;
}

function integralImage(level: Uint16Array, rows: number, columns: number): Float64Array {
  const sums = new Float64Array((rows + 1) * (columns + 1));
  for (let y = 0; y < rows; y++) {
    let row = 0;
    for (let x = 0; x < columns; x++) {
      row += level[y * columns + x];
      sums[(y + 1) * (columns + 1) + x + 1] = sums[y * (columns + 1) + x + 1] + row;
    }
  }
  return sums;
}
