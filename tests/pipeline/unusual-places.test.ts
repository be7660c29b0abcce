import { describe, expect, test } from 'vitest';
import { testFolder } from './slide.ts';
import { assigned } from './unusual-run.ts';
import { chequer, makeRows } from './unusual-slide.ts';

/** Slides whose transcripts lie as they rarely do: each must end, keep every transcript, be valid and give cells what they made. */
const at = testFolder();
const patch = chequer(10, 10, 5, 5);
const spec = { cells: patch, genes: 20, types: 2 };
const noise = { count: 60, extent: [0, 0, 90, 90] as [number, number, number, number] };

describe('depth', () => {
  test.each(['none', 'constant', 'deep'] as const)('z: %s', async (z) => {
    const found = await assigned(at(`z-${z}`), { ...spec, background: noise, z });
    expect(found.cells).toBe(25);
    expect(found.right).toBeGreaterThan(0.9);
    expect(found.worst).toBeGreaterThan(0.6);
  });
});

describe('positions', () => {
  test('three pieces of tissue millimetres apart; what lies between costs no task', async () => {
    const cells = [...chequer(0, 0, 4, 4), ...chequer(3000, 300, 4, 4), ...chequer(900, 4000, 4, 4)];
    const found = await assigned(
      at('pieces'),
      { ...spec, cells },
      { settings: { plan: { tileSizeUm: 200 } } },
    );
    expect(found).toMatchObject({ cells: 48, tiles: 3 });
    expect(found.right).toBeGreaterThan(0.9);
    expect(found.worst).toBeGreaterThan(0.6);
  });

  test.each([-5000, 1e5])('coordinates from %f um on, over tile edges', async (from) => {
    const cells = chequer(from, from, 5, 5);
    const found = await assigned(
      at(`from${from}`),
      { ...spec, cells },
      { settings: { plan: { tileSizeUm: 50 } } },
    );
    expect(found.tiles).toBeGreaterThan(1);
    expect(found.right).toBeGreaterThan(0.9);
  });

  test('a grid of 5 um, so that most positions are shared', async () => {
    const coarse = (value: number): number => Math.round(value / 5) * 5;
    const rows = makeRows(spec).map((row) => ({ ...row, x: coarse(row.x), y: coarse(row.y) }));
    const found = await assigned(at('grid'), spec, { rows });
    expect(found.right).toBeGreaterThan(0.8);
  });

  test('all transcripts of a cell at one point, each row twice', async () => {
    const rows = makeRows(spec).map((row) => ({
      ...row,
      x: Math.fround(patch[row.truth].x),
      y: Math.fround(patch[row.truth].y),
    }));
    const found = await assigned(at('point'), spec, { rows: [...rows, ...rows] });
    expect(found.worst).toBeGreaterThan(0.6);
  });
});
