import { judgePairs } from '@spatile/coordinator/correct/celladmix/bridge';
import type { Pair } from '@spatile/coordinator/correct/celladmix/pairs';
import { pairsFrame, readBridges } from '@spatile/formats/tile/celladmix';
import { RandomStream } from '@spatile/random/stream';
import { scoreBridges } from '@spatile/worker/correct/celladmix/bridge';
import { expect, test } from 'vitest';

const FACTORS = 2;
const DRAWS = 3;
const SIZE = 60;

interface Cell {
  x: number[];
  y: number[];
  factor: number[];
}

/** A disc of molecules; each is of factor 1 with a probability of its own, by where it lies. */
function cell(x: number, y: number, stream: RandomStream, share: (dx: number) => number): Cell {
  const out: Cell = { x: [], y: [], factor: [] };
  while (out.x.length < SIZE) {
    const [dx, dy] = [2 * stream.uniform() - 1, 2 * stream.uniform() - 1];
    if (dx * dx + dy * dy > 1) continue;
    out.x.push(x + 5 * dx);
    out.y.push(y + 5 * dy);
    out.factor.push(stream.uniform() < share(dx) ? 1 : 0);
  }
  return out;
}

/** Differences of factor 1 between pairs and their stand-ins: a target beside a source to its right. */
async function differences(pairs: number, seed: number, target: (dx: number) => number): Promise<number[]> {
  const stream = new RandomStream(seed, 'test.bridge');
  const own = Array.from({ length: pairs }, (_, p) => cell(100 * p, 0, stream, target));
  const source = (x: number): Cell => cell(x, 0, stream, () => 0.8);
  const beside = own.map((_, p) => source(100 * p + 10.5));
  const standIns = own.flatMap((_, p) =>
    Array.from({ length: DRAWS }, (_, d) => source(100 * p + 1e5 + 20 * d)),
  );
  const all = [...own, ...beside, ...standIns];
  const frame = pairsFrame({
    cells: {
      length: Uint32Array.from(all, () => SIZE),
      gene: new Uint32Array(all.length * SIZE),
      x: Float32Array.from(all.flatMap(({ x }) => x)),
      y: Float32Array.from(all.flatMap(({ y }) => y)),
      z: new Float32Array(all.length * SIZE),
    },
    factor: Uint8Array.from(all.flatMap(({ factor }) => factor)),
    pair: Uint32Array.from({ length: pairs }, (_, p) => p),
    target: Uint32Array.from({ length: pairs }, (_, p) => p),
    source: Uint32Array.from({ length: pairs }, (_, p) => pairs + p),
    standIn: Uint32Array.from({ length: pairs * DRAWS }, (_, i) => 2 * pairs + i),
    settings: { factors: FACTORS, draws: DRAWS, links: 20, fewest: 5, seed },
  });
  const { score, standIn } = readBridges(await scoreBridges(frame, { progress() {}, count() {} }));
  return Array.from({ length: pairs }, (_, p) => score[p * FACTORS + 1] - standIn[p * FACTORS + 1]);
}

const types = { names: ['a', 'b'], type: Int32Array.of(0, 1), from: 'test' };
const members = (n: number): Pair[] =>
  Array.from({ length: n }, () => ({ target: 0, source: 1, standIns: [] }));

async function pOf(pairs: number, seed: number, target: (dx: number) => number): Promise<number> {
  const d = await differences(pairs, seed, target);
  const [test] = judgePairs(members(pairs), types, FACTORS, 5, (p, f) => (f === 1 ? d[p] : Number.NaN));
  return test.p;
}

test('without admixture p is below 0.05 and 0.2 no more often than it may', async () => {
  const p: number[] = [];
  for (let seed = 0; seed < 100; seed++) p.push(await pOf(20, seed, () => 0.2));
  // 5 and 20 expected of 100; at most these with a probability above 0.999.
  expect(p.filter((value) => value < 0.05).length).toBeLessThanOrEqual(13);
  expect(p.filter((value) => value < 0.2).length).toBeLessThanOrEqual(33);
  expect(p.filter((value) => value > 0.5).length).toBeGreaterThan(25);
});

test('molecules of the source that lie where the cells touch are found', async () => {
  for (let seed = 0; seed < 5; seed++)
    expect(await pOf(20, seed, (dx) => (dx > 0.4 ? 0.8 : 0.02))).toBeLessThan(1e-3);
});

test('molecules of the same factor at the far side are not', async () => {
  for (let seed = 0; seed < 5; seed++)
    expect(await pOf(20, seed, (dx) => (dx < -0.4 ? 0.8 : 0.02))).toBeGreaterThan(0.5);
});

test('cells with fewer molecules than links, or too few of the factor, are not scored', async () => {
  const d = await differences(3, 1, () => 0);
  expect(d).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  const none = judgePairs(members(3), types, FACTORS, 5, () => Number.NaN);
  expect(none).toEqual([]);
});

test('two pairs of types share the false discovery rate of a factor', () => {
  const pairs: Pair[] = [
    ...members(6),
    ...Array.from({ length: 6 }, () => ({ target: 1, source: 0, standIns: [] })),
  ];
  const tests = judgePairs(pairs, types, 1, 5, (p) => (p < 6 ? p + 1 : -p));
  expect(tests).toEqual([
    { factor: 0, target: 0, source: 1, pairs: 6, p: 1 / 64, q: 2 / 64 },
    { factor: 0, target: 1, source: 0, pairs: 6, p: 1, q: 1 },
  ]);
});
