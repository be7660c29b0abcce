import type { ProsegConfig } from '@spatile/formats/config/schema';
import type { ModelFrame } from '@spatile/formats/tile/proseg';
import { modelShape } from '../model-shape.ts';
import { orderStatistic } from './order-statistic.ts';

/** What the pre-pass over the transcripts tells about the model's frame. */
export interface FrameScan {
  /** Number of model genes. */
  genes: number;
  hasZ: boolean;
  /** An even sample of transcripts in microns; ignored without z. */
  zSample: { x: ArrayLike<number>; y: ArrayLike<number>; z: ArrayLike<number> };
}

/** Depths outside these quantiles of the residuals are clipped. */
const CLIP = 0.01;

/**
 * The frame of the model: sizes, voxels and the tissue plane. One layer when there is no z or when all of it lies in one plane.
 * Density cuts stay empty until pilots have been prepared.
 */
export function buildModelFrame(scan: FrameScan, config: ProsegConfig): ModelFrame {
  const shape = modelShape(scan.genes, scan.hasZ, config);
  const flat: ModelFrame = {
    ...shape,
    layers: 1,
    z: { plane: [0, 0, 0], xRefUm: 0, yRefUm: 0, lowUm: 0, highUm: 0 },
  };
  if (!scan.hasZ || scan.zSample.z.length === 0) return flat;
  const z = fitDepth(scan.zSample);
  return z.highUm > z.lowUm ? { ...shape, z } : flat;
}

/**
 * Tissue plane by least squares of z on x and y, and the 1 % and 99 % quantiles of the residuals, all in microns.
 * Slopes are 0 where the points do not determine them.
 */
export function fitDepth({ x, y, z }: FrameScan['zSample']): ModelFrame['z'] {
  const n = z.length;
  const [xRefUm, yRefUm, zMean] = [x, y, z].map(mean);
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let xz = 0;
  let yz = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i] - xRefUm;
    const dy = y[i] - yRefUm;
    const dz = z[i] - zMean;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
    xz += dx * dz;
    yz += dy * dz;
  }
  const determinant = xx * yy - xy * xy;
  // Points on a line leave the determinant at rounding error: then no slope can be told.
  const determined = determinant > 1e-9 * xx * yy;
  const slopeX = determined ? (xz * yy - yz * xy) / determinant : 0;
  const slopeY = determined ? (yz * xx - xz * xy) / determinant : 0;
  const residuals = new Float64Array(n);
  for (let i = 0; i < n; i++)
    residuals[i] = z[i] - zMean - slopeX * (x[i] - xRefUm) - slopeY * (y[i] - yRefUm);
  const quantile = (q: number): number => orderStatistic(residuals, Math.round(q * (n - 1)));
  return {
    plane: [zMean, slopeX, slopeY],
    xRefUm,
    yRefUm,
    lowUm: quantile(CLIP),
    highUm: quantile(1 - CLIP),
  };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * Cuts between density bins: the quantiles k / bins of a pooled histogram of local densities (bins of 1/64 transcript).
 * Returns bins - 1 ascending values.
 */
export function densityCuts(histogram: ArrayLike<number>, bins: number): number[] {
  let total = 0;
  for (let i = 0; i < histogram.length; i++) total += histogram[i];
  const cuts: number[] = [];
  let below = 0;
  for (let i = 0; i < histogram.length && cuts.length < bins - 1; i++) {
    below += histogram[i];
    while (cuts.length < bins - 1 && below >= ((cuts.length + 1) * total) / bins) cuts.push((i + 1) / 64);
  }
  return cuts;
}
