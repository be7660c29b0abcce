import type { RandomStream } from '@spatile/random/stream';
import { type Expression, MODULES, MOST_ACTIVE } from './expression.ts';
import { GeneTable } from './gene-table.ts';
import { share, type WordSource } from './share.ts';

/** Transcripts' worth of concentration of a cell's modules: a coefficient of variation of 0.4 for one in eight. */
const CONCENTRATION = 40;
/** Steps of the look-up that starts the search for a table. */
const GUIDE = 64;

/** The tables of one profile, one per module. */
type Tables = readonly GeneTable[];

/**
 * One cell's own expression. Its type's profile is bent along the type's continuous states; two processes that cells of
 * any type share take up to three tenths; and modules of genes vary together, in proportions from a Dirichlet
 * distribution. Over many cells the shares are those of `expectedShares`. One object serves one cell after another.
 */
export class Mixture {
  /** Both ends of each type's states, and the processes. */
  readonly #ends: readonly (readonly [Tables, Tables])[];
  readonly #processes: readonly Tables[];
  readonly #tables: GeneTable[] = [];
  readonly #upTo = new Float64Array(4 * MODULES);
  readonly #guide = new Uint8Array(GUIDE);
  readonly #modules = new Float64Array(MODULES);

  constructor({ types, tilts, processes, moduleOf }: Expression) {
    const tablesOf = (shares: Float64Array): Tables =>
      Array.from({ length: MODULES }, (_, m) => new GeneTable(shares, (g) => moduleOf[g] === m));
    this.#ends = types.map((profile, type) => [
      tablesOf(profile.map((p, g) => p * (1 + tilts[type][g]))),
      tablesOf(profile.map((p, g) => p * (1 - tilts[type][g]))),
    ]);
    this.#processes = processes.map(tablesOf);
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
    const upTo = this.#upTo;
    const modules = this.#modules;
    let total = 0;
    for (let m = 0; m < MODULES; m++) {
      let weight = 0;
      for (const [part, tables] of parts) weight += part * tables[m].weight;
      const drawn = weight > 0 ? stream.gamma(CONCENTRATION * weight) : 0;
      modules[m] = weight > 0 ? drawn / weight : 0;
      total += drawn;
    }
    let sum = 0;
    let entry = 0;
    for (const [part, tables] of parts) {
      for (let m = 0; m < MODULES; m++) {
        sum += (part * tables[m].weight * modules[m]) / total;
        this.#tables[entry] = tables[m];
        upTo[entry++] = sum;
      }
    }
    // Rounding must not lead past the last table that holds a gene.
    for (let k = entry - 1; k >= 0 && (k === entry - 1 || upTo[k] === sum); k--) upTo[k] = 2;
    for (let k = 0, from = 0; k < GUIDE; k++) {
      while (upTo[from] <= k / GUIDE) from++;
      this.#guide[k] = from;
    }
  }

  /** A gene of the cell; its share of the cell's transcripts is its probability. */
  drawGene(source: WordSource): number {
    const u = share(source);
    const upTo = this.#upTo;
    let entry = this.#guide[Math.floor(u * GUIDE)];
    while (upTo[entry] <= u) entry++;
    return this.#tables[entry].draw(share(source));
  }
}
