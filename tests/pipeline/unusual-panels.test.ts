import { expect, test } from 'vitest';
import { testFolder } from './slide.ts';
import { assigned } from './unusual-run.ts';
import { chequer } from './unusual-slide.ts';

const at = testFolder();

/**
 * Panels of any width: with one gene only density tells cells from background, with two sets of genes neighbours too. With
 * 18,000 genes most occur once or never: then the slide says little of any of them, and the prior of the background counts.
 */
test.each([
  { genes: 1, types: 1, transcripts: 40, right: 0.85, strays: 0 },
  { genes: 10, types: 2, transcripts: 40, right: 0.9, strays: 0 },
  { genes: 18_000, types: 2, transcripts: 600, right: 0.5, strays: 0 },
])('$genes genes', async ({ genes, types, transcripts, right, strays }) => {
  const cells = chequer(10, 10, 5, 5, { transcripts }).map((cell) => ({ ...cell, type: cell.type % types }));
  const background = { count: 100, extent: [120, 120, 220, 220] as [number, number, number, number] };
  const found = await assigned(at(`panel-${genes}`), { cells, genes, types, skew: 3, background });
  expect(found.cells).toBe(25);
  expect(found.right).toBeGreaterThan(right);
  expect(found.strays).toBe(strays);
});
