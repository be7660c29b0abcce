import { exp } from '@spatile/random/elementary';
import { CHANNELS } from './channels.ts';

/** Taps to each side of the kernel in focus: 2.5 sd of the widest. */
const SHARP_RADIUS = 4;
/** Blurred light is kept in pixels this many times larger. */
const COARSE = 4;
/** Sd of light out of focus and of haze, in coarse pixels. */
const SOFT_SD = 1.5;
const SOFT_RADIUS = 6;
const HAZE_SD = 4;
const HAZE_RADIUS = 11;

/** What lies farther than this from a pixel does not matter to it. */
export const MARGIN_PX = 64;

/** Windows are this many pixels, or a multiple of it, wide and high. */
export const WINDOW_STEP_PX = COARSE;

/**
 * Adds up the light of a channel as the objective sees it: the sharp plane blurred by the point spread, the soft plane
 * blurred more, and a share of both spread as haze. The outer `MARGIN_PX` pixels of the result are not to be used.
 */
export class Optics {
  readonly #across: Float32Array;
  readonly #seen: Float32Array;
  readonly #coarse: Float32Array;
  readonly #coarseAll: Float32Array;
  readonly #coarseAcross: Float32Array;

  /** `mostPx`: pixels of the largest window. */
  constructor(mostPx: number) {
    this.#across = new Float32Array(mostPx);
    this.#seen = new Float32Array(mostPx);
    const coarse = mostPx / COARSE ** 2;
    this.#coarse = new Float32Array(coarse);
    this.#coarseAll = new Float32Array(coarse);
    this.#coarseAcross = new Float32Array(coarse);
  }

  /** The light of a channel in a window of `width` x `height` pixels; valid until the next call. */
  seen(
    channel: number,
    sharp: Float32Array,
    soft: Float32Array,
    width: number,
    height: number,
  ): Float32Array {
    const { blurPx, haze } = CHANNELS[channel];
    const coarse = this.#coarse;
    const all = this.#coarseAll;
    const [columns, rows] = [width / COARSE, height / COARSE];
    blurSharp(sharp, this.#across, this.#seen, width, height, kernel(blurPx, SHARP_RADIUS));
    shrink(soft, coarse, columns, rows);
    shrink(sharp, all, columns, rows);
    for (let i = 0; i < columns * rows; i++) all[i] = haze * (all[i] + coarse[i]);
    blur(coarse, this.#coarseAcross, columns, rows, kernel(SOFT_SD, SOFT_RADIUS));
    blur(all, this.#coarseAcross, columns, rows, kernel(HAZE_SD, HAZE_RADIUS));
    for (let i = 0; i < columns * rows; i++) coarse[i] += all[i];
    addEnlarged(coarse, this.#seen, width, height);
    return this.#seen;
  }
}

/** Weights of a normal distribution at 0, 1, ..., radius, whose two-sided sum is 1. */
function kernel(sd: number, radius: number): Float64Array {
  const weights = Float64Array.from({ length: radius + 1 }, (_, k) => exp((-k * k) / (2 * sd * sd)));
  let sum = -weights[0];
  for (const weight of weights) sum += 2 * weight;
  return weights.map((weight) => weight / sum);
}

/** Separable blur with five weights, written out because it is most of the work; the outer four pixels are left over. */
function blurSharp(
  from: Float32Array,
  across: Float32Array,
  to: Float32Array,
  width: number,
  height: number,
  [w0, w1, w2, w3, w4]: Float64Array,
): void {
  for (let i = SHARP_RADIUS; i < width * height - SHARP_RADIUS; i++) {
    across[i] =
      w0 * from[i] +
      w1 * (from[i - 1] + from[i + 1]) +
      w2 * (from[i - 2] + from[i + 2]) +
      w3 * (from[i - 3] + from[i + 3]) +
      w4 * (from[i - 4] + from[i + 4]);
  }
  const [r1, r2, r3, r4] = [width, 2 * width, 3 * width, 4 * width];
  for (let i = r4; i < width * height - r4; i++) {
    to[i] =
      w0 * across[i] +
      w1 * (across[i - r1] + across[i + r1]) +
      w2 * (across[i - r2] + across[i + r2]) +
      w3 * (across[i - r3] + across[i + r3]) +
      w4 * (across[i - r4] + across[i + r4]);
  }
}

/** Separable blur in place of a small plane; beyond its edge all is dark. */
function blur(
  plane: Float32Array,
  across: Float32Array,
  columns: number,
  rows: number,
  weights: Float64Array,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      let sum = weights[0] * plane[at];
      for (let k = 1; k < weights.length; k++) {
        if (column >= k) sum += weights[k] * plane[at - k];
        if (column + k < columns) sum += weights[k] * plane[at + k];
      }
      across[at] = sum;
    }
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      let sum = weights[0] * across[at];
      for (let k = 1; k < weights.length; k++) {
        if (row >= k) sum += weights[k] * across[at - k * columns];
        if (row + k < rows) sum += weights[k] * across[at + k * columns];
      }
      plane[at] = sum;
    }
  }
}

/** Means of `COARSE` x `COARSE` pixels, as a plane of `columns` x `rows`. */
function shrink(from: Float32Array, to: Float32Array, columns: number, rows: number): void {
  to.fill(0, 0, columns * rows);
  for (let row = 0; row < COARSE * rows; row++) {
    const target = Math.floor(row / COARSE) * columns;
    for (let column = 0; column < columns; column++) {
      const at = COARSE * (row * columns + column);
      to[target + column] += (from[at] + from[at + 1] + from[at + 2] + from[at + 3]) / (COARSE * COARSE);
    }
  }
}

/** Adds a plane of coarse pixels to one of fine ones, interpolating linearly between their middles. */
function addEnlarged(coarse: Float32Array, to: Float32Array, width: number, height: number): void {
  const n = width / COARSE;
  for (let row = COARSE; row < height - COARSE; row++) {
    const v = (row + 0.5) / COARSE - 0.5;
    const j = Math.floor(v);
    const down = v - j;
    for (let column = COARSE; column < width - COARSE; column++) {
      const u = (column + 0.5) / COARSE - 0.5;
      const i = Math.floor(u);
      const right = u - i;
      const at = j * n + i;
      const upper = coarse[at] + right * (coarse[at + 1] - coarse[at]);
      const lower = coarse[at + n] + right * (coarse[at + n + 1] - coarse[at + n]);
      to[row * width + column] += upper + down * (lower - upper);
    }
  }
}
