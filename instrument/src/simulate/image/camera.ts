import { RandomStream } from '@spatile/random/stream';
import { PIXEL_SIZE_UM } from '../manifest.ts';
import { normalOf } from '../normal-quantiles.ts';
import { QuickStream } from '../quick-stream.ts';
import { SmoothField } from '../smooth-field.ts';
import type { Channel } from './channels.ts';

/** Fields of view of the microscope; light falls off towards their corners. */
const FIELD_WIDTH_PX = 4240;
const FIELD_HEIGHT_PX = 2960;
const VIGNETTING = 0.16;
/** Unevenness of stain and tissue thickness: scale, and range of the factor on the light. */
const UNEVEN_SCALE_UM = 160;
const UNEVEN = 0.35;
/** Light is computed at this distance and interpolated. */
const LATTICE_PX = 32;

/** Turns light into camera counts: uneven light, photon and read-out noise. */
export class Camera {
  readonly #seed: number;
  readonly #channel: Channel;
  readonly #uneven: SmoothField;

  constructor(seed: number, channel: Channel) {
    this.#seed = seed;
    this.#channel = channel;
    this.#uneven = new SmoothField(seed, `light-${channel.name}`, UNEVEN_SCALE_UM);
  }

  /**
   * Counts of a square of `edge` pixels at (left, top) of the slide, whose light lies in the middle of the plane `seen` of
   * `seenEdge` pixels. Only the first `width` x `height` pixels are exposed; the others are 0.
   */
  expose(
    seen: Float32Array,
    seenEdge: number,
    place: { left: number; top: number; edge: number; width: number; height: number },
  ): Uint16Array {
    const { left, top, edge, width, height } = place;
    const { offset, glow, gain, readNoise, name } = this.#channel;
    const stream = new QuickStream(new RandomStream(this.#seed, `camera-${name}`, left, top));
    const counts = new Uint16Array(edge * edge);
    const margin = (seenEdge - edge) / 2;
    const readVariance = readNoise * readNoise;
    const light = this.#light(left, top, edge);
    const across = edge / LATTICE_PX + 1;
    for (let row = 0; row < height; row++) {
      const from = (row + margin) * seenEdge + margin;
      const lattice = Math.floor(row / LATTICE_PX) * across;
      const v = (row % LATTICE_PX) / LATTICE_PX;
      for (let start = 0; start < width; start += LATTICE_PX) {
        const at = lattice + start / LATTICE_PX;
        const first = light[at] + v * (light[at + across] - light[at]);
        const last = light[at + 1] + v * (light[at + across + 1] - light[at + 1]);
        const step = (last - first) / LATTICE_PX;
        let word = 0;
        for (let k = 0; k < LATTICE_PX; k++) {
          const column = start + k;
          if (column >= width) break;
          const signal = Math.max(0, glow + seen[from + column]) * (first + k * step);
          // One word serves two pixels.
          word = (k & 1) === 0 ? stream.uint32() : word >>> 16;
          const noise = Math.sqrt(readVariance + gain * signal) * normalOf(word & 0xffff);
          counts[row * edge + column] = Math.min(65535, Math.max(0, Math.round(offset + signal + noise)));
        }
      }
    }
    return counts;
  }

  /** Factors on the light at the lattice's points, row by row. */
  #light(left: number, top: number, edge: number): Float64Array {
    const across = edge / LATTICE_PX + 1;
    return Float64Array.from({ length: across * across }, (_, k) => {
      const x = left + LATTICE_PX * (k % across);
      const y = top + LATTICE_PX * Math.floor(k / across);
      const u = (2 * (x % FIELD_WIDTH_PX)) / FIELD_WIDTH_PX - 1;
      const v = (2 * (y % FIELD_HEIGHT_PX)) / FIELD_HEIGHT_PX - 1;
      const uneven = 1 + 2 * UNEVEN * (this.#uneven.at(x * PIXEL_SIZE_UM, y * PIXEL_SIZE_UM) - 0.5);
      return uneven * (1 - (VIGNETTING * (u * u + v * v)) / 2);
    });
  }
}
