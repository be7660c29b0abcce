/** A rectangle of pixels of a raster, half-open, and values on it row by row. */
export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export const widthOf = (box: Box): number => box.x1 - box.x0;
export const heightOf = (box: Box): number => box.y1 - box.y0;

/** A distance that means none in reach. */
const FAR = 0x7fff;

/** Smooths in place by `passes` times the filter (1, 2, 1) / 4 along both axes: variance passes / 2 in pixels^2. Beyond the box is 0. */
export function smooth(field: Float32Array, width: number, height: number, passes: number): void {
  for (let pass = 0; pass < passes; pass++) {
    for (let y = 0; y < height; y++) filter(field, y * width, 1, width);
    for (let x = 0; x < width; x++) filter(field, x, width, height);
  }
}

function filter(field: Float32Array, from: number, step: number, n: number): void {
  let before = 0;
  for (let i = 0, at = from; i < n; i++, at += step) {
    const here = field[at];
    const after = i + 1 < n ? field[at + step] : 0;
    field[at] = (before + 2 * here + after) / 4;
    before = here;
  }
}

/**
 * Distance in pixels (centre to centre) from every pixel of a box to the nearest one with `mask` = `value`, by one pass down the
 * columns, one up and one along the rows; Infinity where none is within `reach`.
 */
export function distances(
  mask: Uint8Array,
  value: 0 | 1,
  width: number,
  height: number,
  reach: number,
): Float32Array {
  const column = new Uint16Array(mask.length).fill(FAR);
  for (let x = 0; x < width; x++) {
    let d = FAR;
    for (let y = 0, at = x; y < height; y++, at += width) {
      d = mask[at] === value ? 0 : Math.min(FAR, d + 1);
      column[at] = d;
    }
    d = FAR;
    for (let y = height - 1, at = x + y * width; y >= 0; y--, at -= width) {
      d = mask[at] === value ? 0 : Math.min(FAR, d + 1);
      if (d < column[at]) column[at] = d;
    }
  }
  const out = new Float32Array(mask.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) out[at] = alongRow(column, y * width, x, width, reach);
  }
  return out;
}

function alongRow(column: Uint16Array, row: number, x: number, width: number, reach: number): number {
  let best = reach * reach + 1;
  const from = Math.max(0, x - reach);
  const to = Math.min(width - 1, x + reach);
  for (let k = from; k <= to; k++) {
    const g = column[row + k];
    if (g > reach) continue;
    const squared = g * g + (k - x) * (k - x);
    if (squared < best) best = squared;
  }
  return best > reach * reach ? Number.POSITIVE_INFINITY : Math.sqrt(best);
}
