import { RandomStream } from '@spatile/random/stream';

/** Bound on remembered lattice points; a full cache is dropped, which changes no value. */
const MAX_REMEMBERED = 1 << 16;

/**
 * A smooth random surface with values in (0, 1): uniform values on a square lattice, interpolated with smoothstep
 * (Perlin's value noise). A pure function of (seed, domain, x, y), so any part of the slide can be asked for alone.
 */
export class SmoothField {
  readonly #lattice = new Map<number, number>();
  readonly #seed: number;
  readonly #domain: string;
  readonly #scaleUm: number;

  constructor(seed: number, domain: string, scaleUm: number) {
    this.#seed = seed;
    this.#domain = domain;
    this.#scaleUm = scaleUm;
  }

  at(xUm: number, yUm: number): number {
    const x = xUm / this.#scaleUm;
    const y = yUm / this.#scaleUm;
    const i = Math.floor(x);
    const j = Math.floor(y);
    const u = smoothstep(x - i);
    const v = smoothstep(y - j);
    const top = this.#value(i, j) * (1 - u) + this.#value(i + 1, j) * u;
    const bottom = this.#value(i, j + 1) * (1 - u) + this.#value(i + 1, j + 1) * u;
    return top * (1 - v) + bottom * v;
  }

  #value(i: number, j: number): number {
    // A small integer for every lattice that a slide can have.
    const key = (j + 8) * 32768 + i + 8;
    let value = this.#lattice.get(key);
    if (value === undefined) {
      value = new RandomStream(this.#seed, this.#domain, i, j).uniform();
      if (this.#lattice.size >= MAX_REMEMBERED) this.#lattice.clear();
      this.#lattice.set(key, value);
    }
    return value;
  }
}

function smoothstep(t: number): number {
  return t * t * (3 - 2 * t);
}
