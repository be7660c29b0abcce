import { RandomStream } from '@spatile/random/stream';
import { PIXEL_SIZE_UM } from '../manifest.ts';
import { normalOf } from '../normal-quantiles.ts';
import { QuickStream } from '../quick-stream.ts';
import { SmoothField } from '../smooth-field.ts';
import type { Channel } from './channels.ts';
import { TILE_PX } from './ome-tiff.ts';

/** Fields of view of the microscope; light falls off towards their corners. */
const FIELD_WIDTH_PX = 4240;
const FIELD_HEIGHT_PX = 2960;
const VIGNETTING = 0.16;
/** Unevenness of stain and tissue thickness: scale, and range of the factor on the light. */
const UNEVEN_SCALE_UM = 160;
const UNEVEN = 0.35;
/** Light is computed at this distance and interpolated. */
const LATTICE_PX = 32;
const LATTICE = TILE_PX / LATTICE_PX + 1;

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
   * Counts of a tile whose first `width` x `height` pixels, at (left, top) of the slide, are exposed to the light that
   * the plane `seen` of `seenWidth` pixels a row shows inside a margin; the tile's other pixels are 0.
   */
  expose(
    seen: Float32Array,
    seenWidth: number,
    margin: number,
    { left, top, width, height }: { left: number; top: number; width: number; height: number },
  ): Uint16Array {
    const { offset, glow, gain, readNoise, name } = this.#channel;
    const stream = new QuickStream(new RandomStream(this.#seed, `camera-${name}`, left, top));
    const counts = new Uint16Array(TILE_PX * TILE_PX);
    const readVariance = readNoise * readNoise;
    const light = this.#light(left, top);
    for (let row = 0; row < height; row++) {
      const from = (row + margin) * seenWidth + margin;
      const lattice = Math.floor(row / LATTICE_PX) * LATTICE;
      const v = (row % LATTICE_PX) / LATTICE_PX;
      for (let start = 0; start < width; start += LATTICE_PX) {
        const at = lattice + start / LATTICE_PX;
        const first = light[at] + v * (light[at + LATTICE] - light[at]);
        const last = light[at + 1] + v * (light[at + LATTICE + 1] - light[at + 1]);
        const step = (last - first) / LATTICE_PX;
        let word = 0;
        for (let k = 0; k < LATTICE_PX; k++) {
          const column = start + k;
          if (column >= width) break;
          const signal = Math.max(0, glow + seen[from + column]) * (first + k * step);
          // One word serves two pixels.
          word = (k & 1) === 0 ? stream.uint32() : word >>> 16;
          const noise = Math.sqrt(readVariance + gain * signal) * normalOf(word & 0xffff);
          counts[row * TILE_PX + column] = Math.min(65535, Math.max(0, Math.round(offset + signal + noise)));
        }
      }
    }
    return counts;
  }

  /** Factors on the light at the lattice's points, row by row. */
  #light(left: number, top: number): Float64Array {
    return Float64Array.from({ length: LATTICE * LATTICE }, (_, k) => {
      const x = left + LATTICE_PX * (k % LATTICE);
      const y = top + LATTICE_PX * Math.floor(k / LATTICE);
      const u = (2 * (x % FIELD_WIDTH_PX)) / FIELD_WIDTH_PX - 1;
      const v = (2 * (y % FIELD_HEIGHT_PX)) / FIELD_HEIGHT_PX - 1;
      const uneven = 1 + 2 * UNEVEN * (this.#uneven.at(x * PIXEL_SIZE_UM, y * PIXEL_SIZE_UM) - 0.5);
      return uneven * (1 - (VIGNETTING * (u * u + v * v)) / 2);
    });
  }
}
