import { logPosterior, type ModelTile, place, rate } from './assign-model.ts';
import { philox, unit } from './assign-random.ts';

const KIND_LABEL = 1;
const KIND_PLACE = 2;

/** A mismatch pair: a voxel and its neighbour along +x (axis 0), +y (1) or +layer (2). */
export type Pair = readonly [voxel: number, axis: number];

const stepOf = (t: ModelTile, axis: number): number => [1, t.width, t.width * t.height][axis];

/** All pairs of face neighbours with different labels, in scan order (x, then y, then layer of each voxel). */
export function mismatchPairs(t: ModelTile): Pair[] {
  const pairs: Pair[] = [];
  t.label.forEach((label, v) => {
    const [x, y, l] = place(t, v);
    const inside = [x + 1 < t.width, y + 1 < t.height, l + 1 < t.layers];
    for (let axis = 0; axis < 3; axis++) {
      if (inside[axis] && t.label[v + stepOf(t, axis)] !== label) pairs.push([v, axis]);
    }
  });
  return pairs;
}

/** Probability that the mechanism of 1.5 proposes to give voxel `target` the label `label`: by walking through everything it can do. */
export function proposalProbability(t: ModelTile, target: number, label: number): number {
  const pairs = mismatchPairs(t);
  let probability = 0;
  for (const [v, axis] of pairs) {
    const ends = [v, v + stepOf(t, axis)];
    for (let direction = 0; direction < 2; direction++) {
      if (ends[direction] !== target) continue;
      const source = t.label[ends[1 - direction]];
      const share = 1 / (2 * pairs.length);
      if (source === label) probability += share * (source === 0 ? 1 : 1 - t.bubble);
      if (source !== 0 && label === 0) probability += share * t.bubble;
    }
  }
  return probability;
}

/** One proposal judged from scratch: log of target ratio and of the proposal ratio. */
export function judge(t: ModelTile, target: number, label: number): { delta: number; imbalance: number } {
  const old = t.label[target];
  const before = logPosterior(t);
  const forward = proposalProbability(t, target, label);
  t.label[target] = label;
  const delta = logPosterior(t) - before;
  const reverse = proposalProbability(t, target, old);
  t.label[target] = old;
  return { delta, imbalance: Math.log(reverse) - Math.log(forward) };
}

/** Label moves. `pairs` keeps its order over calls: additions at the end, the last one fills a gap. Returns the accepted moves. */
export function moveLabels(
  t: ModelTile,
  pairs: Pair[],
  key: number[],
  iteration: number,
  proposals: number,
  temperature: number,
): number {
  let accepted = 0;
  for (let p = 0; p < proposals && pairs.length > 0; p++) {
    const words = philox(key, [iteration, KIND_LABEL, p, 0]);
    const [v, axis] = pairs[Math.floor((words[0] * pairs.length) / 2 ** 32)];
    const other = v + stepOf(t, axis);
    const [q, o] = words[1] >= 2 ** 31 ? [v, other] : [other, v];
    const A = t.label[q];
    let B = t.label[o];
    if (B !== 0 && words[2] < Math.floor(t.bubble * 2 ** 32)) B = 0;
    if (A === B || t.cells[A].frozen || t.cells[B].frozen || t.locked[q]) continue;
    if (A !== 0 && t.label.filter((label) => label === A).length === 1) continue;
    const { delta, imbalance } = judge(t, q, B);
    const threshold = temperature === 1 ? delta + imbalance : delta / temperature;
    if (!(Math.log(unit(words[3])) < threshold)) continue;
    t.label[q] = B;
    accepted++;
    updatePairs(t, pairs, q, A, B);
  }
  return accepted;
}

function updatePairs(t: ModelTile, pairs: Pair[], q: number, A: number, B: number): void {
  const [x, y, l] = place(t, q);
  const plane = t.width * t.height;
  const around: [boolean, number, Pair][] = [
    [x > 0, q - 1, [q - 1, 0]],
    [x + 1 < t.width, q + 1, [q, 0]],
    [y > 0, q - t.width, [q - t.width, 1]],
    [y + 1 < t.height, q + t.width, [q, 1]],
    [l > 0, q - plane, [q - plane, 2]],
    [l + 1 < t.layers, q + plane, [q, 2]],
  ];
  for (const [inside, neighbour, pair] of around) {
    if (!inside) continue;
    if (t.label[neighbour] === B) {
      const position = pairs.findIndex(([v, axis]) => v === pair[0] && axis === pair[1]);
      const last = pairs.pop()!;
      if (position < pairs.length) pairs[position] = last;
    } else if (t.label[neighbour] === A) pairs.push(pair);
  }
}

/** Alias tables as the kernel has them. */
export interface Tables {
  near: { threshold: ArrayLike<number>; alias: ArrayLike<number> };
  far: { threshold: ArrayLike<number>; alias: ArrayLike<number> };
  mode: { threshold: ArrayLike<number>; alias: ArrayLike<number> };
}

function pick({ threshold, alias }: Tables['near'], word: number): number {
  const wide = BigInt(word) * BigInt(threshold.length);
  const column = Number(wide >> 32n);
  return Number(wide & 0xffffffffn) < threshold[column] ? column : alias[column];
}

/** Repositioning with the independence proposal (1.6). */
export function movePlaces(t: ModelTile, tables: Tables, key: number[], iteration: number): void {
  const depths = tables.mode.threshold.length / 2;
  for (const transcript of t.transcripts) {
    const words = philox(key, [iteration, KIND_PLACE, transcript.row, 0]);
    const mode = pick(tables.mode, words[0]);
    const table = mode >= depths ? tables.far : tables.near;
    const reach = (table.threshold.length - 1) / 2;
    const x = transcript.observed[0] + pick(table, words[1]) - reach;
    const y = transcript.observed[1] + pick(table, words[2]) - reach;
    const l = transcript.observed[2] + (mode % depths) - (depths - 1) / 2;
    if (x < 0 || x >= t.width || y < 0 || y >= t.height || l < 0 || l >= t.layers) continue;
    const to = (l * t.height + y) * t.width + x;
    const now = rate(t, t.label[transcript.voxel], transcript.gene) + transcript.beta;
    const then = rate(t, t.label[to], transcript.gene) + transcript.beta;
    if (unit(words[3]) < then / now) transcript.voxel = to;
  }
}
