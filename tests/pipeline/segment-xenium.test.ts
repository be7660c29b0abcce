import { readFile } from 'node:fs/promises';
import { readTable } from '@spatile/formats/spatialdata/read';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { parseHTML } from 'linkedom';
import { beforeAll, expect, test } from 'vitest';
import { run, testFolder } from './slide.ts';

const folder = testFolder();

beforeAll(async () => {
  await simulateSlide({ out: folder('outs'), sizeUm: 110, genes: 40, transcriptsPerCell: 15, seed: 5 });
});

/** Cells by the step that outlined them, of a re-segmentation of the bundle. */
async function methodsOf(name: string, segment: object): Promise<Map<string, number>> {
  const settings = { segment: { method: 'xenium', ...segment }, assign: { method: 'expand' } } as const;
  const report = name === 'all' ? folder('report.html') : null;
  const { output } = await run(folder('outs'), folder(`${name}.zarr`), settings, { report });
  const { obs } = await readTable(output);
  const column = obs.find(({ name: found }) => found === 'segmentation_method') as unknown as {
    values: ArrayLike<number>;
    categories?: string[];
  };
  const counts = new Map<string, number>();
  for (const value of Array.from(column.values)) {
    const text = column.categories ? column.categories[value] : String(value);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

test('a Xenium bundle is segmented again from its stains without any network, each cell by the first that shows it', async () => {
  const all = await methodsOf('all', {});
  for (const method of ['boundary', 'interior']) expect(all.get(method)).toBeGreaterThan(10);
  const tiled = await methodsOf('tiled', { tileSizePx: 160 });
  expect(tiled).toEqual(all);
  const interior = await methodsOf('interior', { boundaryStain: false });
  expect(interior.has('boundary')).toBe(false);
  expect(interior.get('interior')).toBeGreaterThan(all.get('interior')!);
  const grown = await methodsOf('grown', { boundaryStain: false, interiorStain: false });
  expect([...grown.keys()].filter((method) => method !== 'none')).toEqual(['expansion']);
});

test('the report shows the worst-scoring cells on the image, with outlines', async () => {
  const { document } = parseHTML(await readFile(folder('report.html'), 'utf8'));
  const figures = [...document.querySelectorAll('#segment figure')];
  const titles = figures.map(({ textContent }) => textContent ?? '');
  expect(titles.filter((text) => /Worst score [1-6]\./.test(text))).toHaveLength(6);
  expect(titles.filter((text) => text.includes('A usual one.'))).toHaveLength(2);
  const scores = titles.map((text) => Number(/score (\d\.\d\d)/.exec(text)![1]));
  expect([...scores.slice(0, 6)].sort((a, b) => a - b)).toEqual(scores.slice(0, 6));
  expect(Math.min(...scores.slice(6))).toBeGreaterThanOrEqual(scores[5]);
  for (const figure of figures) {
    expect(figure.querySelectorAll('image').length).toBe(1);
    const outlines = [...figure.querySelectorAll('path[stroke]')].map((path) => path.getAttribute('d') ?? '');
    expect(outlines.some((path) => path.length > 20)).toBe(true);
  }
});
