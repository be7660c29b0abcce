import { ADAM_BETA1, ADAM_BETA2 } from '@spatile/formats/onnx/adam';
import type { NeighbourLogits } from '@spatile/formats/tile/resolvi';
import { exp, ln } from '@spatile/random/elementary';

const EPSILON = 1e-4;
/** After so many steps without a gradient the first moment is spent (0.9^150 < 2e-7). */
const SPENT = 150;

/**
 * Adam for the split over neighbours, of which each step sees few rows: a row is brought up to date when it is seen, by the
 * steps without a gradient that it missed, so that the result is that of Adam on all rows at every step.
 */
export class NeighbourAdam {
  readonly #state: NeighbourLogits;
  readonly #width: number;
  readonly #rate: number;
  /** Last step of each row. */
  readonly #last: Int32Array;

  constructor(state: NeighbourLogits, width: number, rate: number, step: number) {
    this.#state = state;
    this.#width = width;
    this.#rate = rate;
    this.#last = new Int32Array(state.logit.length / width).fill(step);
  }

  /** Copies a row, as it is before the given step (from 1), to a batch. */
  read(row: number, step: number, out: Float32Array, at: number): void {
    this.catchUp(row, step - 1);
    const from = row * this.#width;
    out.set(this.#state.logit.subarray(from, from + this.#width), at);
  }

  /** Moves a row by its gradient at a step; `read` brought it there. */
  move(row: number, step: number, gradient: Float32Array, at: number): void {
    const { logit, first, second } = this.#state;
    const [rate, root] = corrections(step, this.#rate);
    for (let k = 0; k < this.#width; k++) {
      const i = row * this.#width + k;
      const g = gradient[at + k];
      const m = ADAM_BETA1 * first[i] + (1 - ADAM_BETA1) * g;
      const v = ADAM_BETA2 * second[i] + (1 - ADAM_BETA2) * g * g;
      first[i] = m;
      second[i] = v;
      logit[i] -= (rate * m) / (Math.sqrt(v) / root + EPSILON);
    }
    this.#last[row] = step;
  }

  /** Makes the steps without a gradient that a row missed, up to and with the given one. */
  catchUp(row: number, step: number): void {
    const { logit, first, second } = this.#state;
    const last = this.#last[row];
    const end = Math.min(step, last + SPENT);
    this.#last[row] = step;
    const from = row * this.#width;
    if (first.subarray(from, from + this.#width).every((m) => m === 0)) return;
    for (let s = last + 1; s <= end; s++) {
      const [rate, root] = corrections(s, this.#rate);
      for (let i = from; i < from + this.#width; i++) {
        first[i] *= ADAM_BETA1;
        second[i] *= ADAM_BETA2;
        logit[i] -= (rate * first[i]) / (Math.sqrt(second[i]) / root + EPSILON);
      }
    }
    if (end === step) return;
    const decay = power(ADAM_BETA2, step - end);
    for (let i = from; i < from + this.#width; i++) {
      first[i] = 0;
      second[i] *= decay;
    }
  }

  /** Brings all rows to a step. */
  finish(step: number): void {
    for (let row = 0; row < this.#last.length; row++) this.catchUp(row, step);
  }
}

const power = (base: number, exponent: number): number => exp(exponent * ln(base));

const known: (readonly [number, number])[] = [];

/** Corrected rate and root of the correction of the second moment at a step (from 1). */
export function corrections(step: number, rate: number): readonly [number, number] {
  let factors = known[step];
  if (factors === undefined) {
    factors = [1 / (1 - power(ADAM_BETA1, step)), Math.sqrt(1 - power(ADAM_BETA2, step))];
    known[step] = factors;
  }
  return [rate * factors[0], factors[1]];
}
