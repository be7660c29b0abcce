import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { readTable } from '@spatile/formats/spatialdata/read';
import { expect, test } from 'vitest';
import * as zarr from 'zarrita';
import { HEIGHT, image, PIXEL_UM, segmenting, table, WIDTH } from './segment-slide.ts';
import { absent, run, testFolder } from './slide.ts';
import { filesOf } from './store.ts';

const folder = testFolder();
const settings = async (segment: RunConfigInput['segment']) =>
  segmenting(await image(folder('dapi.tif')), segment);

test('image to nuclei to cells to transcripts, the same whatever the tiles', async () => {
  const bundle = await table(folder('slide.csv'));
  const whole = await run(bundle, folder('whole.zarr'), await settings({}));
  const tiled = await run(bundle, folder('tiled.zarr'), await settings({ tileSizePx: 96 }));
  expect(whole.cells).toBeGreaterThan(20);
  expect(whole.transcripts.assigned).toBeGreaterThan(0.9 * whole.transcripts.kept);
  const [a, b] = await Promise.all([readTable(whole.output), readTable(tiled.output)]);
  expect(b.obs).toEqual(a.obs);
});

test('labels say what the outlines say, pixel by pixel, and are the same whatever the tiles', async () => {
  const bundle = await table(folder('slide.csv'));
  const output = { labels: true };
  const whole = await run(bundle, folder('labels.zarr'), { ...(await settings({})), output });
  const tiled = await run(bundle, folder('labels-tiled.zarr'), {
    ...(await settings({ tileSizePx: 96 })),
    output,
  });
  expect(whole.warnings).toEqual([]);
  const labelFiles = (store: string): string[] => filesOf(store).filter((line) => line.includes('  labels/'));
  expect(labelFiles(tiled.output)).toEqual(labelFiles(whole.output));
  const { obs } = await readTable(whole.output);
  const column = (wanted: string): number[] =>
    Array.from(obs.find(({ name }) => name === wanted)!.values as ArrayLike<number>);
  const cells = await labelPixels(whole.output, 'cell_labels');
  expect([...cells.keys()].sort((a, b) => a - b)).toEqual(column('cell_labels'));
  // A pixel has the label when its centre lies within; a border of n pixels moves the sum by less than one in twenty.
  const pixels = [...cells.values()].reduce((sum, n) => sum + n, 0);
  const areaUm2 = column('area').reduce((sum, area) => sum + area, 0);
  expect(Math.abs(pixels * PIXEL_UM ** 2 - areaUm2)).toBeLessThan(0.05 * areaUm2);
  const nuclei = await labelPixels(whole.output, 'nucleus_labels');
  for (const [label, n] of nuclei) expect(cells.get(label)).toBeGreaterThanOrEqual(n);
});

/** Number of pixels by label. */
async function labelPixels(store: string, name: string): Promise<Map<number, number>> {
  const root = zarr.root({ get: (key: string) => readFile(join(store, key)).catch(() => undefined) });
  const { data, shape } = await zarr.get(
    await zarr.open.v3(root.resolve(`labels/${name}/s0`), { kind: 'array' }),
  );
  expect(shape).toEqual([HEIGHT, WIDTH]);
  const counts = new Map<number, number>();
  for (const label of data as Uint32Array) if (label > 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

test.each([
  [
    'an image elsewhere',
    { originUm: [5000, 5000] as [number, number] },
    /IMAGE_INVALID .*does not overlap the transcripts/,
  ],
  ['pixels that show no nucleus', { pixelSizeUm: 8 }, /IMAGE_INVALID .*too large to show nuclei/],
  [
    'a channel that is not there',
    { channels: { nuclei: 'Hoechst' } },
    /CONFIG_INVALID .*has no channel Hoechst/,
  ],
  ['an image that is not there', { image: 'nowhere.tif' }, /INPUT_MISSING .*nowhere\.tif/],
])('%s ends with one sentence and leaves nothing behind', async (_, changes, sentence) => {
  const bundle = await table(folder('slide.csv'));
  const error = await run(bundle, folder('bad.zarr'), await settings(changes)).catch((cause) => cause);
  expect(`${error.code} ${error.message}`).toMatch(sentence);
  expect(absent(folder('bad.run')) && absent(folder('bad.zarr'))).toBe(true);
});
