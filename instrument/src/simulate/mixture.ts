import type { RandomStream } from '@spatile/random/stream';
import { type Expression, MODULES, MOST_ACTIVE } from './expression.ts';
import { GeneTable } from './gene-table.ts';

/** Transcripts' worth of concentration of a cell's modules: a coefficient of variation of 0.4 for one in eight. */
const CONCENTRATION = 40;
/** Steps of the look-up that starts the search for a table. */
const GUIDE = 64;

/** The tables of one profile, one per module. */
interface Tables {
  /** Place of the first in the list of all tables. */
  from: number;
  /** What the shares of each table's genes add up to. */
  weights: readonly number[];
}

/**
 * One cell's own expression. Its type's profile is bent along the type's continuous states; two processes that cells of
 * any type share take up to three tenths; and modules of genes vary together, in proportions from a Dirichlet
 * distribution. Over many cells the shares are those of `expectedShares`. One object serves one cell after another.
 */
export class Mixture {
  /** Both ends of each type's states, and the processes. */
  readonly #ends: readonly (readonly [Tables, Tables])[];
  readonly #processes: readonly Tables[];
  /** Every table of every profile. */
  readonly tables: readonly GeneTable[];
  /** Of the cell: tables as places in `tables`, running sums of their shares, and at which entry a 64th of the way begins. */
  readonly entries = new Uint32Array(4 * MODULES);
  readonly upTo = new Float64Array(4 * MODULES);
  readonly guide = new Uint8Array(GUIDE);
  readonly #modules = new Float64Array(MODULES);

  constructor({ types, tilts, processes, moduleOf }: Expression) {
    const all: GeneTable[] = [];
    const tablesOf = (shares: Float64Array): Tables => {
      const from = all.length;
      for (let m = 0; m < MODULES; m++) all.push(new GeneTable(shares, (g) => moduleOf[g] === m));
      return { from, weights: all.slice(from).map(({ weight }) => weight) };
    };
    this.#ends = types.map((profile, type) => [
      tablesOf(profile.map((p, g) => p * (1 + tilts[type][g]))),
      tablesOf(profile.map((p, g) => p * (1 - tilts[type][g]))),
    ]);
    this.#processes = processes.map(tablesOf);
    this.tables = all;
  }

  /** Turns to a cell of a type; `state` in [-1, 1] is its place between the ends. Draws from `stream` what is the cell's own. */
  turnTo(stream: RandomStream, type: number, state: number): void {
    const u = stream.uniform();
    const active = MOST_ACTIVE * u * u;
    const split = stream.uniform();
    const first = this.#processes[stream.integer(this.#processes.length)];
    const second = this.#processes[stream.integer(this.#processes.length)];
    const [up, down] = this.#ends[type];
    const parts: [number, Tables][] = [
      [((1 - active) * (1 + state)) / 2, up],
      [((1 - active) * (1 - state)) / 2, down],
      [active * split, first],
      [active * (1 - split), second],
    ];
    this.#mix(stream, parts);
  }

  #mix(stream: RandomStream, parts: readonly [number, Tables][]): void {
    const { upTo } = this;
    const modules = this.#modules;
    let total = 0;
    for (let m = 0; m < MODULES; m++) {
      let weight = 0;
      for (const [part, { weights }] of parts) weight += part * weights[m];
      const drawn = weight > 0 ? stream.gamma(CONCENTRATION * weight) : 0;
      modules[m] = weight > 0 ? drawn / weight : 0;
      total += drawn;
    }
    let sum = 0;
    let entry = 0;
    for (const [part, { from, weights }] of parts) {
      for (let m = 0; m < MODULES; m++) {
        sum += (part * weights[m] * modules[m]) / total;
        this.entries[entry] = from + m;
        upTo[entry++] = sum;
      }
    }
    // Rounding must not lead past the last table that holds a gene.
    for (let k = entry - 1; k >= 0 && (k === entry - 1 || upTo[k] === sum); k--) upTo[k] = 2;
    for (let k = 0, from = 0; k < GUIDE; k++) {
      while (upTo[from] <= k / GUIDE) from++;
      this.guide[k] = from;
    }
  }
}
