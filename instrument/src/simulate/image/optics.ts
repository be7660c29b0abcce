import { exp } from '@spatile/random/elementary';
import { CHANNELS } from './channels.ts';

/** Taps to each side of the kernel in focus: 2.5 sd of the widest. */
const SHARP_RADIUS = 4;
/** Blurred light is kept in pixels this many times larger. */
const COARSE = 4;
/** Sd of light out of focus and of haze, in coarse pixels. */
const SOFT_SD = 1.5;
const HAZE_SD = 4;
const HAZE_RADIUS = 11;

/** What lies farther than this from a pixel does not matter to it. */
export const MARGIN_PX = 64;

/**
 * Adds up the light of a channel as the objective sees it: the sharp plane blurred by the point spread, the soft plane
 * blurred more, and a share of both spread as haze. The outer `MARGIN_PX` pixels of the result are not to be used.
 */
export class Optics {
  readonly #edge: number;
  readonly #across: Float32Array;
  readonly #seen: Float32Array;
  readonly #coarse: Float32Array;
  readonly #coarseAll: Float32Array;
  readonly #coarseAcross: Float32Array;

  constructor(edgePx: number) {
    this.#edge = edgePx;
    this.#across = new Float32Array(edgePx * edgePx);
    this.#seen = new Float32Array(edgePx * edgePx);
    const coarse = (edgePx / COARSE) ** 2;
    this.#coarse = new Float32Array(coarse);
    this.#coarseAll = new Float32Array(coarse);
    this.#coarseAcross = new Float32Array(coarse);
  }

  /** The light of a channel; valid until the next call. */
  seen(channel: number, sharp: Float32Array, soft: Float32Array): Float32Array {
    const edge = this.#edge;
    const n = edge / COARSE;
    const { blurPx, haze } = CHANNELS[channel];
    blurSharp(sharp, this.#across, this.#seen, edge, kernel(blurPx, SHARP_RADIUS));
    shrink(soft, edge, this.#coarse);
    shrink(sharp, edge, this.#coarseAll);
    for (let i = 0; i < this.#coarse.length; i++)
      this.#coarseAll[i] = haze * (this.#coarseAll[i] + this.#coarse[i]);
    blur(this.#coarse, this.#coarseAcross, n, kernel(SOFT_SD, 2 * COARSE));
    blur(this.#coarseAll, this.#coarseAcross, n, kernel(HAZE_SD, HAZE_RADIUS));
    for (let i = 0; i < this.#coarse.length; i++) this.#coarse[i] += this.#coarseAll[i];
    addEnlarged(this.#coarse, this.#seen, edge);
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

/** Separable blur with five weights, written out because it is most of the work; the rim of four pixels stays as it was. */
function blurSharp(
  from: Float32Array,
  across: Float32Array,
  to: Float32Array,
  edge: number,
  w: Float64Array,
): void {
  const [w0, w1, w2, w3, w4] = w;
  const end = edge * edge - SHARP_RADIUS;
  for (let i = SHARP_RADIUS; i < end; i++) {
    across[i] =
      w0 * from[i] +
      w1 * (from[i - 1] + from[i + 1]) +
      w2 * (from[i - 2] + from[i + 2]) +
      w3 * (from[i - 3] + from[i + 3]) +
      w4 * (from[i - 4] + from[i + 4]);
  }
  const [r1, r2, r3, r4] = [edge, 2 * edge, 3 * edge, 4 * edge];
  for (let i = r4; i < edge * edge - r4; i++) {
    to[i] =
      w0 * across[i] +
      w1 * (across[i - r1] + across[i + r1]) +
      w2 * (across[i - r2] + across[i + r2]) +
      w3 * (across[i - r3] + across[i + r3]) +
      w4 * (across[i - r4] + across[i + r4]);
  }
}

/** Separable blur in place of a small square plane; beyond its edge all is dark. */
function blur(plane: Float32Array, across: Float32Array, edge: number, weights: Float64Array): void {
  for (let row = 0; row < edge; row++) {
    for (let column = 0; column < edge; column++) {
      let sum = weights[0] * plane[row * edge + column];
      for (let k = 1; k < weights.length; k++) {
        if (column >= k) sum += weights[k] * plane[row * edge + column - k];
        if (column + k < edge) sum += weights[k] * plane[row * edge + column + k];
      }
      across[row * edge + column] = sum;
    }
  }
  for (let row = 0; row < edge; row++) {
    for (let column = 0; column < edge; column++) {
      const at = row * edge + column;
      let sum = weights[0] * across[at];
      for (let k = 1; k < weights.length; k++) {
        if (row >= k) sum += weights[k] * across[at - k * edge];
        if (row + k < edge) sum += weights[k] * across[at + k * edge];
      }
      plane[at] = sum;
    }
  }
}

/** Means of `COARSE` x `COARSE` pixels. */
function shrink(from: Float32Array, edge: number, to: Float32Array): void {
  const n = edge / COARSE;
  to.fill(0);
  for (let row = 0; row < edge; row++) {
    const target = Math.floor(row / COARSE) * n;
    for (let column = 0; column < n; column++) {
      const at = row * edge + COARSE * column;
      to[target + column] += (from[at] + from[at + 1] + from[at + 2] + from[at + 3]) / (COARSE * COARSE);
    }
  }
}

/** Adds a plane of coarse pixels to one of fine ones, interpolating linearly between their middles. */
function addEnlarged(coarse: Float32Array, to: Float32Array, edge: number): void {
  const n = edge / COARSE;
  for (let row = COARSE; row < edge - COARSE; row++) {
    const v = (row + 0.5) / COARSE - 0.5;
    const j = Math.floor(v);
    const down = v - j;
    for (let column = COARSE; column < edge - COARSE; column++) {
      const u = (column + 0.5) / COARSE - 0.5;
      const i = Math.floor(u);
      const right = u - i;
      const at = j * n + i;
      const upper = coarse[at] + right * (coarse[at + 1] - coarse[at]);
      const lower = coarse[at + n] + right * (coarse[at + n + 1] - coarse[at + n]);
      to[row * edge + column] += upper + down * (lower - upper);
    }
  }
}
