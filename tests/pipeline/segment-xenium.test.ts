import { readTable } from '@spatile/formats/spatialdata/read';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { beforeAll, expect, test } from 'vitest';
import { run, testFolder } from './slide.ts';

const folder = testFolder();

beforeAll(async () => {
  await simulateSlide({ out: folder('outs'), sizeUm: 110, genes: 40, transcriptsPerCell: 15, seed: 5 });
});

/** Cells by the step that outlined them, of a re-segmentation of the bundle. */
async function methodsOf(name: string, segment: object): Promise<Map<string, number>> {
  const { output } = await run(folder('outs'), folder(`${name}.zarr`), {
    segment: { method: 'xenium', ...segment },
    assign: { method: 'expand' },
  });
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
