import { pixelHull } from '../raster/hull.ts';
import type { Planes } from './method.ts';

/** Measures of one shape on its image. */
export interface Described {
  pixels: number;
  /** Of the ellipse of the same second moments, in [0, 1): 0 for a disc. */
  eccentricity: number;
  /** Pixels as a share of their convex hull, in (0, 1]. */
  solidity: number;
  /** Mean raw intensity by channel. */
  means: number[];
}

/** Area, form and brightness of a shape given as runs, which must lie within the planes. */
export function describeRuns(
  { y, x, length }: { y: Int32Array; x: Int32Array; length: Uint32Array },
  { channels, columns, row0, column0 }: Planes,
): Described {
  let [pixels, sumX, sumY, sumXX, sumYY, sumXY] = [0, 0, 0, 0, 0, 0];
  const sums = channels.map(() => 0);
  // Relative to the first run, so that squares of slide-wide columns cost no digits.
  const [originX, originY] = [x[0], y[0]];
  const ends: number[] = [];
  const rows: number[] = [];
  for (let i = 0; i < y.length; i++) {
    const dy = y[i] - originY;
    const at = (y[i] - row0) * columns - column0;
    for (let column = x[i]; column < x[i] + length[i]; column++) {
      const dx = column - originX;
      sumX += dx;
      sumXX += dx * dx;
      sumXY += dx * dy;
      for (let c = 0; c < channels.length; c++) sums[c] += channels[c][at + column];
    }
    pixels += length[i];
    sumY += dy * length[i];
    sumYY += dy * dy * length[i];
    ends.push(x[i] - originX, x[i] + length[i] - 1 - originX);
    rows.push(dy, dy);
  }
  const [meanX, meanY] = [sumX / pixels, sumY / pixels];
  // A pixel is a square: it adds a twelfth to its own second moment.
  const a = sumXX / pixels - meanX * meanX + 1 / 12;
  const b = sumXY / pixels - meanX * meanY;
  const c = sumYY / pixels - meanY * meanY + 1 / 12;
  const spread = Math.sqrt((a - c) * (a - c) + 4 * b * b);
  return {
    pixels,
    eccentricity: Math.sqrt(Math.max(0, (2 * spread) / (a + c + spread))),
    solidity: pixels / hullArea(ends, rows),
    means: sums.map((sum) => sum / pixels),
  };
}

function hullArea(columns: number[], rows: number[]): number {
  const hull = pixelHull(columns, rows);
  let twice = 0;
  for (let k = 0; k + 3 < hull.length; k += 2) twice += hull[k] * hull[k + 3] - hull[k + 2] * hull[k + 1];
  return twice / 2;
}
