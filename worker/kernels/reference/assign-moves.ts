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

/** Classes of voxels; a sweep visits one. */
const CLASSES = 5;

/** Whether a sweep visits a voxel. */
export function visits(t: ModelTile, voxel: number, sweep: number): boolean {
  const [x, y, l] = place(t, voxel);
  return (x + 2 * y + l + 2 * sweep) % CLASSES === 0;
}

/** Face neighbours of a voxel: west, east, north, south, layer before, layer after, as far as there are such. */
function neighbours(t: ModelTile, voxel: number): number[] {
  const [x, y, l] = place(t, voxel);
  const [row, plane] = [stepOf(t, 1), stepOf(t, 2)];
  const around: [boolean, number][] = [
    [x > 0, voxel - 1],
    [x + 1 < t.width, voxel + 1],
    [y > 0, voxel - row],
    [y + 1 < t.height, voxel + row],
    [l > 0, voxel - plane],
    [l + 1 < t.layers, voxel + plane],
  ];
  return around.flatMap(([inside, v]) => (inside ? [v] : []));
}

/** Probability that a visit proposes to give voxel `target` the label `label`: by walking through everything it can do. */
export function proposalProbability(t: ModelTile, target: number, label: number): number {
  const sources = neighbours(t, target)
    .map((v) => t.label[v])
    .filter((source) => source !== t.label[target]);
  let probability = 0;
  for (const source of sources) {
    if (source === label) probability += (source === 0 ? 1 : 1 - t.bubble) / sources.length;
    else if (label === 0) probability += t.bubble / sources.length;
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

/** Index of a voxel in the kernel's grid with its rim, which keys the draws. */
function padded(t: ModelTile, voxel: number): number {
  const [x, y, l] = place(t, voxel);
  return (l * (t.height + 2) + y + 1) * (t.width + 2) + x + 1;
}

/** Label moves: sweeps `first` to `first + sweeps - 1`. */
export function moveLabels(
  t: ModelTile,
  key: number[],
  iteration: number,
  first: number,
  sweeps: number,
  temperature: number,
): { proposed: number; accepted: number } {
  let [proposed, accepted] = [0, 0];
  for (let sweep = first; sweep < first + sweeps; sweep++) {
    for (let q = 0; q < t.label.length; q++) {
      const A = t.label[q];
      const others = neighbours(t, q).filter((v) => t.label[v] !== A);
      if (!visits(t, q, sweep) || others.length === 0) continue;
      proposed++;
      const words = philox(key, [iteration, KIND_LABEL, padded(t, q), sweep]);
      let B = t.label[others[Math.floor((words[0] * others.length) / 2 ** 32)]];
      if (B !== 0 && words[1] < Math.floor(t.bubble * 2 ** 32)) B = 0;
      if (A === B || t.cells[A].frozen || t.cells[B].frozen || t.locked[q]) continue;
      if (A !== 0 && t.label.filter((label) => label === A).length === 1) continue;
      const { delta, imbalance } = judge(t, q, B);
      const threshold = temperature === 1 ? delta + imbalance : delta / temperature;
      if (!(Math.log(unit(words[3])) < threshold)) continue;
      t.label[q] = B;
      accepted++;
    }
  }
  return { proposed, accepted };
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
