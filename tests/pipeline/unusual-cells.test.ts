import { describe, expect, test } from 'vitest';
import { testFolder } from './slide.ts';
import { assigned } from './unusual-run.ts';
import { chequer } from './unusual-slide.ts';

/** Slides whose cells are not as usual: each must end, keep every transcript, be valid and give cells what they made. */
const at = testFolder();
const patch = chequer(10, 10, 5, 5);
const spec = {
  cells: patch,
  genes: 20,
  types: 2,
  background: { count: 60, extent: [0, 0, 90, 90] as [number, number, number, number] },
};

describe('the prior', () => {
  test('outlines of cells, no nuclei', async () => {
    const found = await assigned(at('outlines'), spec, {
      radius: ({ cellUm }) => cellUm,
      settings: { prior: { fileKind: 'cell' } },
    });
    expect(found.cells).toBe(25);
    expect(found.right).toBeGreaterThan(0.9);
  });

  test('cell ids of transcripts, no outlines', async () => {
    const found = await assigned(at('ids'), spec, { known: () => true });
    expect(found.cells).toBe(25);
    expect(found.right).toBeGreaterThan(0.9);
  });

  test('a third of the outlines without a transcript, two of them off the slide', async () => {
    const cells = patch.map((cell, i) => (i % 3 === 0 ? { ...cell, transcripts: 0 } : cell));
    const found = await assigned(
      at('empty'),
      { ...spec, cells },
      { outlines: [...cells, ...chequer(150, 150, 2, 1)] },
    );
    expect(found.right).toBeGreaterThan(0.9);
    expect(found.warnings.some((text) => text.startsWith('2 of 27 prior cells are not in the output'))).toBe(
      true,
    );
  });

  test('one cell', async () => {
    const found = await assigned(at('one'), { ...spec, cells: patch.slice(0, 1), background: undefined });
    expect(found).toMatchObject({ cells: 1, tiles: 1 });
    expect(found.right).toBeGreaterThan(0.8);
  });
});

describe('sizes', () => {
  test('nuclei of 60 um beside common ones, over tile edges', async () => {
    const giant = { y: 60, nucleusUm: 30, cellUm: 36, transcripts: 700 };
    const giants = [60, 140].map((x, type) => ({ ...giant, x, type }));
    const cells = [...giants, ...chequer(20, 100, 8, 3)];
    const found = await assigned(
      at('giants'),
      { ...spec, cells, background: undefined },
      { settings: { plan: { tileSizeUm: 100 } } },
    );
    expect(found.tiles).toBeGreaterThan(1);
    expect(found.cells).toBe(26);
    expect(found.right).toBeGreaterThan(0.9);
    expect(found.worst).toBeGreaterThan(0.6);
  });

  test('a tile with ten times the transcripts of its neighbour', async () => {
    const cells = [...chequer(0, 0, 4, 4), ...chequer(56, 0, 4, 4, { transcripts: 400 })];
    const found = await assigned(
      at('dense'),
      { ...spec, cells, background: undefined },
      { settings: { plan: { tileSizeUm: 60 } } },
    );
    expect(found.tiles).toBeGreaterThan(1);
    expect(found.right).toBeGreaterThan(0.9);
    expect(found.worst).toBeGreaterThan(0.6);
  });

  test('transcripts far from every cell belong to none', async () => {
    const found = await assigned(at('far'), {
      ...spec,
      background: { count: 300, extent: [300, 300, 400, 400] },
    });
    expect(found.strays).toBe(0);
    expect(found.right).toBeGreaterThan(0.9);
  });
});
