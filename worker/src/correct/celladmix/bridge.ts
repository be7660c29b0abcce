import {
  bridgesFrame,
  type CellMolecules,
  NO_FACTOR,
  type PairsInput,
  readPairs,
} from '@spatile/formats/tile/celladmix';
import { cos, sin } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { bindCelladmix } from '../../../kernels/bind-celladmix.ts';
import type { Handler } from '../../handler.ts';
import { findNeighbours, largestOf, neighbourArrays, startsOf } from './cells.ts';

/** Halvings of the distance at which a stand-in is put. */
const HALVINGS = 16;

/**
 * Bridge scores of pairs of neighbouring cells (Mitchel et al., bioRxiv 2025.01.02.631135): for each factor of a target cell,
 * how unlike its share is in the two cells times the share of its molecules that touch the source. Stand-ins of the source are
 * turned, and put beside the target in a random direction so near that as many molecules touch.
 */
export const scoreBridges: Handler = async (frame, context) => {
  const input = readPairs(frame);
  const { settings, pair } = input;
  const { factors, draws } = settings;
  const score = new Float64Array(pair.length * factors).fill(Number.NaN);
  const standIn = new Float64Array(pair.length * factors).fill(Number.NaN);
  const bench = await layOut(input);
  for (let p = 0; p < pair.length; p++) {
    const row = p * factors;
    const cells = input.standIn.subarray(p * draws, (p + 1) * draws);
    scorePair(bench, p, cells, score.subarray(row, row + factors), standIn.subarray(row, row + factors));
    if (p % 16 === 0) context.progress(p / pair.length);
  }
  context.count({ bridgesScored: pair.length });
  return bridgesFrame({ score, standIn });
};

async function layOut(input: PairsInput) {
  const most = largestOf(input.cells.length);
  const bound = await bindCelladmix();
  const room = bound.lay({
    ...neighbourArrays(most, Math.min(input.settings.links, Math.max(1, most - 1))),
    ...({ ax: ['f32', most], ay: ['f32', most], az: ['f32', most], reach: ['f64', most] } as const),
    ...({ ox: ['f32', most], oy: ['f32', most], oz: ['f32', most], touching: ['u8', most] } as const),
  });
  return { input, bound, room, start: startsOf(input.cells.length) };
}

type Bench = Awaited<ReturnType<typeof layOut>>;

function scorePair(
  bench: Bench,
  p: number,
  standIns: Uint32Array,
  score: Float64Array,
  mean: Float64Array,
): void {
  const { input, start } = bench;
  const { factors, links, fewest, seed } = input.settings;
  const [a, b] = [input.target[p], input.source[p]];
  // Fewer molecules than links: every one of them touches whatever lies anywhere.
  if (input.cells.length[a] <= links) return;
  const counts = countsOf(input, start, a);
  const reach = setTarget(bench, a);
  setOther(bench, b, 1, 0);
  const real = touch(bench, a, b, 0, 0, 0);
  if (real === 0) return;
  addScores(bench, a, b, score);
  const stream = new RandomStream(seed, 'correct.celladmix.bridge', input.pair[p]);
  const middle = centreOf(input.cells, start, a);
  const sums = new Float64Array(factors);
  for (const other of standIns) {
    const [turn, direction] = [stream.uniform(), stream.uniform()].map((u) => 2 * Math.PI * u);
    setOther(bench, other, cos(turn), sin(turn));
    const depth = centreOf(input.cells, start, b).z;
    approach(bench, a, other, real, { ...middle, z: depth }, direction, reach);
    addScores(bench, a, other, sums);
  }
  for (let f = 0; f < factors; f++) {
    if (counts[f] < fewest) score[f] = Number.NaN;
    else mean[f] = sums[f] / standIns.length;
  }
}

function countsOf({ factor, settings }: PairsInput, start: Float64Array, c: number): Float64Array {
  const counts = new Float64Array(settings.factors);
  for (let i = start[c]; i < start[c + 1]; i++) if (factor[i] !== NO_FACTOR) counts[factor[i]]++;
  return counts;
}

function centreOf(
  { x, y, z }: CellMolecules,
  start: Float64Array,
  c: number,
): { x: number; y: number; z: number } {
  const sum = { x: 0, y: 0, z: 0 };
  for (let i = start[c]; i < start[c + 1]; i++) {
    sum.x += x[i];
    sum.y += y[i];
    sum.z += z[i];
  }
  const n = Math.max(1, start[c + 1] - start[c]);
  return { x: sum.x / n, y: sum.y / n, z: sum.z / n };
}

/** Puts a target's molecules where the kernel finds them, with the squared distance that its 20th nearest has. @returns its radius. */
function setTarget({ input, bound, room, start }: Bench, a: number): number {
  const { cells, settings } = input;
  const [from, to] = [start[a], start[a + 1]];
  findNeighbours(bound, room, cells, from, to, settings.links);
  const { view } = room;
  view.ax.set(cells.x.subarray(from, to));
  view.ay.set(cells.y.subarray(from, to));
  view.az.set(cells.z.subarray(from, to));
  for (let i = 0; i < to - from; i++) view.reach[i] = view.squared[i * settings.links + settings.links - 1];
  return radiusOf(cells, start, a);
}

function radiusOf(cells: CellMolecules, start: Float64Array, c: number): number {
  const middle = centreOf(cells, start, c);
  let most = 0;
  for (let i = start[c]; i < start[c + 1]; i++) {
    const [dx, dy] = [cells.x[i] - middle.x, cells.y[i] - middle.y];
    most = Math.max(most, dx * dx + dy * dy);
  }
  return Math.sqrt(most);
}

/** Puts another cell's molecules where the kernel finds them: as they lie for (1, 0), else turned about their middle, which becomes 0. */
function setOther({ input, room, start }: Bench, c: number, cosine: number, sine: number): void {
  const { x, y, z } = input.cells;
  const { ox, oy, oz } = room.view;
  const isTurned = !(cosine === 1 && sine === 0);
  const middle = isTurned ? centreOf(input.cells, start, c) : { x: 0, y: 0, z: 0 };
  for (let i = start[c], s = 0; i < start[c + 1]; i++, s++) {
    const [dx, dy] = [x[i] - middle.x, y[i] - middle.y];
    ox[s] = cosine * dx - sine * dy;
    oy[s] = sine * dx + cosine * dy;
    oz[s] = z[i] - middle.z;
  }
}

function touch(
  { input, bound, room }: Bench,
  a: number,
  b: number,
  dx: number,
  dy: number,
  dz: number,
): number {
  const { at } = room;
  const { length } = input.cells;
  return bound.kernel.linked(
    length[a],
    at.ax,
    at.ay,
    at.az,
    at.reach,
    length[b],
    at.ox,
    at.oy,
    at.oz,
    dx,
    dy,
    dz,
    at.touching,
  );
}

/** Moves a stand-in toward the target from where the two are apart, until as many molecules touch as wanted. */
function approach(
  bench: Bench,
  a: number,
  other: number,
  wanted: number,
  middle: { x: number; y: number; z: number },
  direction: number,
  radius: number,
): void {
  const at = (distance: number): number =>
    touch(
      bench,
      a,
      other,
      middle.x + distance * cos(direction),
      middle.y + distance * sin(direction),
      middle.z,
    );
  let near = 0;
  let far = 2 * (radius + radiusOf(bench.input.cells, bench.start, other)) + 1;
  for (let step = 0; step < HALVINGS; step++) {
    const half = (near + far) / 2;
    if (at(half) >= wanted) near = half;
    else far = half;
  }
  at(near);
}

/** Adds what the molecules that touch now say of each factor. */
function addScores({ input, room, start }: Bench, a: number, b: number, sums: Float64Array): void {
  const { factors } = input.settings;
  const own = countsOf(input, start, a);
  const other = countsOf(input, start, b);
  const [ownAll, otherAll] = [own, other].map((counts) => counts.reduce((sum, n) => sum + n, 0));
  if (ownAll === 0 || otherAll === 0) return;
  const touching = new Float64Array(factors);
  for (let i = start[a], s = 0; i < start[a + 1]; i++, s++)
    if (room.view.touching[s] !== 0 && input.factor[i] !== NO_FACTOR) touching[input.factor[i]]++;
  for (let f = 0; f < factors; f++) {
    const before = Number.isNaN(sums[f]) ? 0 : sums[f];
    sums[f] =
      own[f] === 0
        ? before
        : before + Math.abs(other[f] / otherAll - own[f] / ownAll) * (touching[f] / own[f]);
  }
}
