import { RandomStream } from '@spatile/random/stream';
import { SmoothField } from './smooth-field.ts';

const SCALE_UM = 100;
/** Radians between the field's extremes. */
const SWING = 2.4;

/** Which way the tissue runs: a smooth field of angles around one direction of the slide's own. */
export class FibreField {
  readonly #main: number;
  readonly #field: SmoothField;

  constructor(seed: number) {
    this.#main = Math.PI * new RandomStream(seed, 'fibre-direction').uniform();
    this.#field = new SmoothField(seed, 'fibres', SCALE_UM);
  }

  /** Radians from the x axis. */
  angleAt(xUm: number, yUm: number): number {
    return this.#main + SWING * (this.#field.at(xUm, yUm) - 0.5);
  }
}
