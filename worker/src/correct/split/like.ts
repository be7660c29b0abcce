import { type LikeInput, type LikeTypes, likeFrame, readLikeInput } from '@spatile/formats/tile/shift';
import type { Handler } from '../../handler.ts';
import { normalised, placesIn, project, standardise } from './expression.ts';

/** What cells of a block are like in expression (for SPLIT-shift). */
export const likeCells: Handler = async (frame) => likeFrame(likeTypes(readLikeInput(frame)));

/** The most frequent type and class of the sampled cells nearest to each cell, itself apart; the lower of two in a tie. */
export function likeTypes(input: LikeInput): LikeTypes {
  const { space, cells, row, sample, sampleType, groupOf, neighbours } = input;
  const { components, gene, mean, deviation, loading, place } = space;
  const rows = normalised(cells, space.scale, placesIn(gene, input.genes));
  standardise(rows, mean, deviation);
  const places = Float32Array.from(project(rows, space, loading, components));
  const nearest = new NearestList(Math.min(neighbours, sample.length));
  const types = groupOf.length;
  const groups = Math.max(...groupOf) + 1;
  const type = new Int16Array(row.length);
  const group = new Int32Array(row.length);
  for (let i = 0; i < row.length; i++) {
    nearest.clear();
    for (let s = 0; s < sample.length; s++)
      if (sample[s] !== row[i]) nearest.see(s, squared(places, i, place, s, components, nearest.farthest));
    const members = Array.from(nearest.members(), (s) => sampleType[s]);
    type[i] = mostFrequent(members, types);
    group[i] = mostFrequent(
      members.map((t) => groupOf[t]),
      groups,
    );
  }
  return { type, group };
}

/** -1 of none. */
function mostFrequent(codes: readonly number[], most: number): number {
  if (codes.length === 0) return -1;
  const times = new Uint32Array(most);
  for (const code of codes) times[code]++;
  return times.indexOf(Math.max(...times));
}

/** Squared distance of two places; Infinity as soon as it is beyond a bound. */
function squared(
  a: Float32Array,
  i: number,
  b: Float32Array,
  j: number,
  width: number,
  bound: number,
): number {
  let sum = 0;
  const [from, other] = [i * width, j * width];
  for (let c = 0; c < width; c++) {
    const d = a[from + c] - b[other + c];
    sum += d * d;
    // The check costs more than a term.
    if ((c & 15) === 15 && sum > bound) return Infinity;
  }
  return sum;
}

/** The nearest of what it sees; of equally near ones those seen first. */
class NearestList {
  readonly #distance: Float64Array;
  readonly #member: Int32Array;
  #size = 0;

  constructor(most: number) {
    this.#distance = new Float64Array(most);
    this.#member = new Int32Array(most);
  }

  /** What is at least so far is not taken. */
  get farthest(): number {
    return this.#size < this.#distance.length ? Infinity : this.#distance[this.#size - 1];
  }

  clear(): void {
    this.#size = 0;
  }

  members(): Int32Array {
    return this.#member.subarray(0, this.#size);
  }

  see(member: number, distance: number): void {
    if (!(distance < this.farthest)) return;
    let at = this.#size < this.#distance.length ? this.#size++ : this.#size - 1;
    for (; at > 0 && this.#distance[at - 1] > distance; at--) {
      this.#distance[at] = this.#distance[at - 1];
      this.#member[at] = this.#member[at - 1];
    }
    this.#distance[at] = distance;
    this.#member[at] = member;
  }
}
