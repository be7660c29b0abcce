import type { HandlerContext } from '../handler.ts';

/**
 * What an image method sees and says. A method is a pure function of a tile's pixels: it knows no file, no tile plan and no
 * slide beyond the frozen numbers of `ImageModel`, so that a tile gives what an untiled run gives.
 */

/** Pixels of a tile on the slide-wide grid of the chosen pyramid level; row-major float32 planes, raw intensities. */
export interface Planes {
  rows: number;
  columns: number;
  /** First row and column on the slide-wide grid; multiples of 16. */
  row0: number;
  column0: number;
  pixelSizeUm: number;
  /** `rows x columns` each. */
  channels: readonly Float32Array[];
}

/** Instances of one image: labels row-major, 0 background, 1..n; scores[i] in [0,1] of label i+1. */
export interface Instances {
  rows: number;
  columns: number;
  labels: Int32Array;
  scores: Float32Array;
}

/** Frozen numbers of the slide: per channel the percentiles of its pixels, the Otsu level on normalised pixels, and so on. */
export interface ImageModel {
  limits: readonly { low: number; high: number }[];
  otsu: number;
  sigmaUm?: number;
}

/** Turns the pixels of a tile into instances. */
export type ImageMethod<Settings> = (
  planes: Planes,
  model: ImageModel,
  settings: Settings,
  context: HandlerContext,
) => Promise<Instances>;
