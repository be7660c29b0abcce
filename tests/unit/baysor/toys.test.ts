import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';
import { adjustedRand, assigned, cloud, fitted, type Point, SETTINGS, tileOf } from './toy.ts';

const EDGE = 90;
const SEEDS = [1, 2, 3];

/** Two clouds of 200 molecules and 5 % of noise over the square. */
function twoClouds(seed: number, apart: number, disjoint: boolean): { points: Point[]; truth: number[] } {
  const stream = new RandomStream(seed, 'test.baysor.clouds');
  const sd = SETTINGS.scaleUm / 2;
  const gene = (from: number) => (): number => from + stream.integer(10);
  const points = [
    ...cloud(stream, 200, [45 - apart / 2, 45], sd, gene(0)),
    ...cloud(stream, 200, [45 + apart / 2, 45], sd, gene(disjoint ? 10 : 0)),
    ...Array.from({ length: 20 }, () => ({
      x: EDGE * stream.uniform(),
      y: EDGE * stream.uniform(),
      gene: stream.integer(20),
    })),
  ];
  return { points, truth: points.map((_, i) => (i < 200 ? 1 : i < 400 ? 2 : 0)) };
}

describe('two clouds', () => {
  it.each(SEEDS)(
    'far apart with genes of their own are two cells, and noise is noise (seed %i)',
    async (seed) => {
      const { points, truth } = twoClouds(seed, 6 * SETTINGS.scaleUm, true);
      const { claims, discovered } = await assigned(tileOf(points, EDGE, 20, seed));
      expect(discovered.seedX.length).toBe(2);
      // Noise that fell into a cloud cannot be told from it.
      const outside = points.map(
        ({ x, y }) => Math.min(Math.hypot(x - 30, y - 45), Math.hypot(x - 60, y - 45)) > 2 * SETTINGS.scaleUm,
      );
      const noise = truth.map((t, i) => t === 0 && outside[i]);
      const found = noise.filter((is, i) => is && claims.cell[i] === 0).length;
      expect(found / noise.filter(Boolean).length).toBeGreaterThanOrEqual(0.9);
      const cells = truth.map((_, i) => i).filter((i) => truth[i] > 0 && claims.cell[i] !== 0);
      expect(cells.length).toBeGreaterThanOrEqual(0.9 * 400);
      expect(
        adjustedRand(
          cells.map((i) => truth[i]),
          cells.map((i) => claims.cell[i]),
        ),
      ).toBeGreaterThanOrEqual(0.98);
    },
  );

  it.each(SEEDS)('close together with the same genes are never more than three (seed %i)', async (seed) => {
    const { points } = twoClouds(seed, 1.5 * SETTINGS.scaleUm, false);
    const { discovered } = await assigned(tileOf(points, EDGE, 20, seed));
    expect(discovered.seedX.length).toBeGreaterThanOrEqual(1);
    expect(discovered.seedX.length).toBeLessThanOrEqual(3);
  });

  it('are found in three dimensions by z alone', async () => {
    const stream = new RandomStream(4, 'test.baysor.depth');
    const at = (z: number, gene: number): Point[] =>
      cloud(stream, 200, [45, 45], 2.5, () => gene + stream.integer(10)).map((point) => ({
        ...point,
        z: z + 2.5 * stream.normal(),
      }));
    const points = [...at(0, 0), ...at(40, 10)];
    const { claims, discovered } = await assigned(tileOf(points, EDGE, 20), { ...SETTINGS, dimensions: 3 });
    expect(discovered.seedX.length).toBe(2);
    const kept = points.map((_, i) => i).filter((i) => claims.cell[i] !== 0);
    expect(kept.length).toBeGreaterThan(340);
    expect(
      adjustedRand(
        kept.map((i) => Number(i < 200)),
        kept.map((i) => claims.cell[i]),
      ),
    ).toBeGreaterThan(0.98);
  });
});

describe('a cell whose nucleus the prior missed', () => {
  /** Nine clouds on a grid; the prior knows all but the middle one. */
  function grid(seed: number): Point[] {
    const stream = new RandomStream(seed, 'test.baysor.grid');
    return [0, 1, 2].flatMap((row) =>
      [0, 1, 2].flatMap((column) => {
        const cell = 3 * row + column + 1;
        return cloud(
          stream,
          120,
          [20 + 25 * column, 20 + 25 * row],
          2.5,
          () => (cell % 2) * 10 + stream.integer(10),
        ).map((point) => ({
          ...point,
          prior: cell === 5 || Math.hypot(point.x - 20 - 25 * column, point.y - 20 - 25 * row) > 3 ? 0 : cell,
        }));
      }),
    );
  }

  it.each(SEEDS)('is discovered in its place, and the others keep their names (seed %i)', async (seed) => {
    const { discovered, cells, claims } = await assigned(tileOf(grid(seed), EDGE, 20, seed), {
      ...SETTINGS,
      priorConfidence: 0.5,
    });
    expect(discovered.seedX.length).toBe(1);
    expect(discovered.seedX[0]).toBeCloseTo(45, -0.3);
    expect(Math.hypot(discovered.seedX[0] - 45, discovered.seedY[0] - 45)).toBeLessThan(1.5);
    expect(discovered.transcripts[0]).toBeGreaterThan(100);
    expect([...cells.cell].slice(0, 8)).toEqual([1, 2, 3, 4, 6, 7, 8, 9]);
    const right = claims.cell.filter((cell, i) => cell === Math.floor(i / 120) + 1).length;
    expect(right).toBeGreaterThan(0.95 * 8 * 120);
  });
});

describe('the prior', () => {
  it('keeps two segments of one cloud apart when it is fully trusted', async () => {
    const stream = new RandomStream(7, 'test.baysor.trust');
    const points: Point[] = cloud(stream, 300, [45, 45], 3, () => stream.integer(10)).map((point) => ({
      ...point,
      prior: point.x < 45 ? 1 : 2,
    }));
    const { claims } = await assigned(tileOf(points, EDGE, 10), {
      ...SETTINGS,
      clusters: 1,
      priorConfidence: 1,
    });
    claims.cell.forEach((cell, i) => {
      expect([0, points[i].prior]).toContain(cell);
    });
    expect(claims.cell.filter((cell) => cell !== 0).length).toBeGreaterThan(270);
  });

  it('makes no difference when it is not trusted', async () => {
    const { points } = twoClouds(9, 4 * SETTINGS.scaleUm, true);
    const misled = points.map((point, i) => ({ ...point, prior: 1 + (i % 7) }));
    const without = await assigned(tileOf(points, EDGE, 20));
    const withPrior = await assigned(tileOf(misled, EDGE, 20));
    expect(withPrior.claims).toEqual(without.claims);
    expect(withPrior.discovered).toEqual(without.discovered);
  });
});

describe('a cell of another tile', () => {
  it('leaves its transcripts background with probability 0, noise with its own', async () => {
    const { points } = twoClouds(2, 6 * SETTINGS.scaleUm, true);
    const tile = tileOf(
      points.map((point, i) => ({ ...point, prior: i < 200 ? 1 : i < 400 ? 2 : 0 })),
      EDGE,
      20,
    );
    tile.cells.owned[1] = 0;
    const { claims } = await assigned(tile, { ...SETTINGS, priorConfidence: 0.5 });
    const between = (from: number, to: number): { cell: number; probability: number }[] =>
      Array.from({ length: to - from }, (_, i) => ({
        cell: claims.cell[from + i],
        probability: claims.probability[from + i],
      }));
    expect(between(0, 200).every(({ cell, probability }) => cell !== 1 || probability > 0)).toBe(true);
    const foreign = between(200, 400).filter(({ cell }) => cell === 0);
    expect(foreign.filter(({ probability }) => probability === 0).length).toBeGreaterThan(150);
    expect(
      between(400, 420).filter(({ cell, probability }) => cell === 0 && probability > 0).length,
    ).toBeGreaterThan(5);
  });
});

describe('the learned model', () => {
  it('tells noise from signal where densities differ tenfold', async () => {
    const stream = new RandomStream(3, 'test.baysor.contrast');
    const uniform = (n: number, x0: number, width: number): Point[] =>
      Array.from({ length: n }, () => ({
        x: x0 + width * stream.uniform(),
        y: EDGE * stream.uniform(),
        gene: stream.integer(10),
      }));
    const points = [...uniform(3000, 0, EDGE / 3), ...uniform(600, EDGE / 3, (2 * EDGE) / 3)];
    const { noise } = await fitted(tileOf(points, EDGE, 10), SETTINGS);
    expect(noise.mean[0]).toBeLessThan(0.6 * noise.mean[1]);
    expect(noise.weight[0] / 3600).toBeGreaterThan(0.75);
    expect(noise.weight[0] / 3600).toBeLessThan(0.9);
  });

  it('finds the two sets of genes that go together', async () => {
    const { points } = twoClouds(5, 6 * SETTINGS.scaleUm, true);
    const { lnProfile } = await fitted(tileOf(points.slice(0, 400), EDGE, 20), SETTINGS);
    const home = Array.from({ length: 20 }, (_, g) => Number(lnProfile[20 + g] > lnProfile[g]));
    expect(new Set(home.slice(0, 10)).size).toBe(1);
    expect(new Set(home.slice(10)).size).toBe(1);
    expect(home[0]).not.toBe(home[10]);
  });
});
