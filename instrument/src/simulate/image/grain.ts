import { RandomStream } from '@spatile/random/stream';

/** Edge of the texture in pixels; it repeats without a seam, and cells begin at places of their own. */
const EDGE = 512;
const MASK = EDGE - 1;

/** A repeating texture of mean 0 and sd 1, so that fine structure costs one look-up a pixel. */
export class Grain {
  readonly #values = new Float32Array(EDGE * EDGE);

  /** `octaves`: edge of the lattice in pixels (a power of two) and weight of each layer of value noise. */
  constructor(seed: number, domain: string, octaves: readonly (readonly [stepPx: number, weight: number])[]) {
    octaves.forEach(([step, weight], index) => {
      this.#add(new RandomStream(seed, domain, index), step, weight);
    });
    standardise(this.#values);
  }

  /** Value at whole pixels; any integers. */
  at(x: number, y: number): number {
    return this.#values[((y & MASK) << 9) | (x & MASK)];
  }

  #add(stream: RandomStream, step: number, weight: number): void {
    const n = EDGE / step;
    const lattice = Float64Array.from({ length: n * n }, () => weight * (stream.uniform() - 0.5));
    for (let y = 0; y < EDGE; y++) {
      const j = Math.floor(y / step);
      const v = smoothstep((y % step) / step);
      const top = j * n;
      const bottom = ((j + 1) % n) * n;
      for (let x = 0; x < EDGE; x++) {
        const i = Math.floor(x / step);
        const k = (i + 1) % n;
        const u = smoothstep((x % step) / step);
        const upper = lattice[top + i] * (1 - u) + lattice[top + k] * u;
        const lower = lattice[bottom + i] * (1 - u) + lattice[bottom + k] * u;
        this.#values[y * EDGE + x] += upper * (1 - v) + lower * v;
      }
    }
  }
}

function standardise(values: Float32Array): void {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  const sd = Math.sqrt(squares / values.length - mean * mean);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean) / sd;
}

function smoothstep(t: number): number {
  return t * t * (3 - 2 * t);
}
