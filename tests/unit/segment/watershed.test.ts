import { segment } from '@spatile/formats/config/segment';
import { watershedHaloUm } from '@spatile/formats/segment/halo';
import type { HandlerContext } from '@spatile/worker/handler';
import type { ImageModel, Instances, Planes } from '@spatile/worker/segment/method';
import { watershed } from '@spatile/worker/segment/watershed/watershed';
import { describe, expect, test } from 'vitest';

const context: HandlerContext = { progress: () => {}, count: () => {} };
const MODEL: ImageModel = { limits: [{ low: 0, high: 1 }], otsu: 0.4 };

/** Numbers in [0, 1) from a linear congruential generator: enough for noise, the same everywhere. */
function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Disc {
  x: number;
  y: number;
  r: number;
}

/** Discs of brightness 1 on 0 with noise of so large a standard deviation. */
function picture(rows: number, columns: number, discs: readonly Disc[], noise = 0, seed = 1): Planes {
  const draw = uniforms(seed);
  const pixels = new Float32Array(rows * columns);
  for (const { x, y, r } of discs)
    for (let v = Math.max(0, y - r); v <= Math.min(rows - 1, y + r); v++)
      for (let u = Math.max(0, x - r); u <= Math.min(columns - 1, x + r); u++)
        if ((u - x) ** 2 + (v - y) ** 2 <= r * r) pixels[v * columns + u] = 1;
  // The sum of twelve uniforms has variance 1.
  for (let i = 0; noise > 0 && i < pixels.length; i++)
    pixels[i] += noise * (Array.from({ length: 12 }, draw).reduce((a, b) => a + b) - 6);
  return { rows, columns, row0: 0, column0: 0, pixelSizeUm: 0.4, channels: [pixels] };
}

const DEFAULTS = segment.parse({}).watershed;
const find = (planes: Planes, model = MODEL, settings = DEFAULTS): Promise<Instances> =>
  watershed(planes, model, settings, context);

/** Discs that do not touch, on a grid with random shifts. */
function scattered(rows: number, columns: number, step: number, seed: number): Disc[] {
  const draw = uniforms(seed);
  const discs: Disc[] = [];
  for (let y = step; y < rows - step / 2; y += step)
    for (let x = step; x < columns - step / 2; x += step)
      discs.push({
        x: x + Math.floor(5 * draw()),
        y: y + Math.floor(5 * draw()),
        r: 7 + Math.floor(4 * draw()),
      });
  return discs;
}

describe('watershed', () => {
  test('parts two discs whose distance map dips between them, on the middle column', async () => {
    const planes = picture(80, 100, [
      { x: 40, y: 40, r: 10 },
      { x: 56, y: 40, r: 10 },
    ]);
    const { labels, scores } = await find(planes);
    expect(scores).toHaveLength(2);
    for (let x = 34; x <= 62; x++) expect(labels[40 * 100 + x]).toBe(x <= 48 ? 1 : 2);
    expect(Math.min(...scores)).toBeGreaterThan(0.3);
  });

  test('keeps two discs that nearly coincide together', async () => {
    const planes = picture(80, 100, [
      { x: 40, y: 40, r: 10 },
      { x: 43, y: 40, r: 10 },
    ]);
    expect((await find(planes)).scores).toHaveLength(1);
  });

  test.each([0.2, 0.4, 0.6])('finds every disc on noise at %d um per pixel', async (pixelSizeUm) => {
    const step = Math.round(14 / pixelSizeUm);
    const discs = scattered(300, 300, Math.max(step, 30), 3).map((disc) => ({
      ...disc,
      r: Math.round(3.6 / pixelSizeUm),
    }));
    const planes = { ...picture(300, 300, discs, 0.05), pixelSizeUm };
    const { labels, scores } = await find(planes);
    expect(scores).toHaveLength(discs.length);
    for (const { x, y } of discs) expect(labels[y * 300 + x]).toBeGreaterThan(0);
  });

  test('finds nothing in noise, in a blank tile, in a constant one', async () => {
    expect((await find(picture(300, 300, [], 0.2))).scores).toHaveLength(0);
    expect((await find(picture(300, 300, []))).scores).toHaveLength(0);
    const noise: ImageModel = { limits: [{ low: -0.5, high: 0.5 }], otsu: 0.5 };
    expect((await find(picture(300, 300, [], 0.2), noise)).scores).toHaveLength(0);
    const constant: ImageModel = { limits: [{ low: 0, high: 0 }], otsu: 0 };
    expect((await find(picture(64, 64, []), constant)).scores).toHaveLength(0);
  });

  test('does not care about the unit of the intensities, nor about a constant', async () => {
    const planes = picture(200, 200, scattered(200, 200, 30, 5), 0.03);
    const once = await find(planes);
    const scaled = { ...planes, channels: [planes.channels[0].map((value) => 4096 * value)] };
    expect((await find(scaled, { limits: [{ low: 0, high: 4096 }], otsu: 0.4 })).labels).toEqual(once.labels);
    const raised = { ...planes, channels: [planes.channels[0].map((value) => value + 0.25)] };
    const other = (await find(raised)).labels;
    const changed = other.filter((label, i) => label > 0 !== once.labels[i] > 0).length;
    expect(changed).toBeLessThan(0.01 * other.length);
  });

  test('survives pixels that are no numbers', async () => {
    const planes = picture(120, 120, [{ x: 60, y: 60, r: 10 }]);
    planes.channels[0].set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], 5);
    const { scores } = await find(planes);
    expect(scores).toHaveLength(1);
    expect(scores.every((score) => score > 0 && score <= 1)).toBe(true);
  });

  test('works on images of a few pixels', async () => {
    for (const [rows, columns] of [
      [1, 1],
      [1, 40],
      [3, 2],
    ])
      expect((await find(picture(rows, columns, []))).labels).toHaveLength(rows * columns);
  });

  test('gives a tile with the stated halo the labels of the whole image, and with a small one not', async () => {
    const size = 800;
    const discs = scattered(size, size, 17, 9);
    const whole = picture(size, size, discs, 0.05);
    const full = await find(whole);
    const differing = async (halo: number): Promise<number> => {
      const core = { x0: 320, y0: 336, x1: 480, y1: 464 };
      const [left, top] = [core.x0, core.y0].map((at) => Math.max(0, Math.floor((at - halo) / 16) * 16));
      const [right, bottom] = [core.x1, core.y1].map((at) => Math.min(size, at + halo));
      const [rows, columns] = [bottom - top, right - left];
      const pixels = Float32Array.from({ length: rows * columns }, (_, i) => {
        const [y, x] = [Math.floor(i / columns) + top, (i % columns) + left];
        return whole.channels[0][y * size + x];
      });
      const cut = { ...whole, rows, columns, row0: top, column0: left, channels: [pixels] };
      const part = await find(cut);
      let wrong = 0;
      const names = new Map<number, number>();
      for (let y = core.y0; y < core.y1; y++)
        for (let x = core.x0; x < core.x1; x++) {
          const here = part.labels[(y - top) * columns + x - left];
          const there = full.labels[y * size + x];
          if (!names.has(here)) names.set(here, there);
          if (here > 0 !== there > 0 || names.get(here) !== there) wrong++;
        }
      return wrong;
    };
    expect(await differing(Math.ceil(watershedHaloUm(DEFAULTS) / 0.4))).toBe(0);
    expect(await differing(4)).toBeGreaterThan(0);
  });
});
