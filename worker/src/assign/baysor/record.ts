/** Labels of a molecule that are remembered; a rarer one makes room. */
const SLOTS = 4;
/** Most samples that are counted. */
export const MOST_SAMPLES = 255;

/** How often each molecule had which label in the recorded iterations. */
export class LabelRecord {
  readonly #label: Int32Array;
  readonly #count: Uint8Array;
  samples = 0;

  constructor(molecules: number) {
    this.#label = new Int32Array(SLOTS * molecules);
    this.#count = new Uint8Array(SLOTS * molecules);
  }

  /** Records one sample (at most 255). */
  add(label: Int32Array): void {
    this.samples++;
    for (let i = 0; i < label.length; i++) {
      let least = SLOTS * i;
      let at = -1;
      for (let s = SLOTS * i; s < SLOTS * (i + 1); s++) {
        if (this.#count[s] > 0 && this.#label[s] === label[i]) {
          at = s;
          break;
        }
        if (this.#count[s] < this.#count[least]) least = s;
      }
      if (at < 0) {
        at = least;
        this.#label[at] = label[i];
        this.#count[at] = 0;
      }
      this.#count[at]++;
    }
  }

  /**
   * The label that molecule i had most often among those allowed (ties: the lower), with its share of the samples; noise (0) is
   * always allowed, and what is left when no other was recorded.
   */
  most(i: number, allowed: (label: number) => boolean): { label: number; share: number } {
    let label = 0;
    let count = 0;
    for (let s = SLOTS * i; s < SLOTS * (i + 1); s++) {
      const n = this.#count[s];
      if (n === 0 || n < count || (n === count && this.#label[s] > label)) continue;
      if (this.#label[s] !== 0 && !allowed(this.#label[s])) continue;
      [label, count] = [this.#label[s], n];
    }
    return { label, share: count / this.samples };
  }

  /** Share of the samples in which molecule i had a label. */
  share(i: number, label: number): number {
    for (let s = SLOTS * i; s < SLOTS * (i + 1); s++)
      if (this.#count[s] > 0 && this.#label[s] === label) return this.#count[s] / this.samples;
    return 0;
  }
}
