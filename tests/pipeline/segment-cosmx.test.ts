import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTable } from '@spatile/formats/spatialdata/read';
import { expect, test } from 'vitest';
import { cosmxSlide, PICTURE_HEIGHT, PICTURE_WIDTH } from '../unit/bundle/cosmx-slide.ts';
import { hasSharedData, shared, skipNote } from '../unit/bundle/shared-data.ts';
import { type Disc, discImage } from '../unit/segment/scene.ts';
import { run, testFolder } from './slide.ts';

const folder = testFolder();
const STAINS = JSON.stringify({
  ChannelOrder: 'U',
  Reagents: [{ BiologicalTarget: 'DNA', Fluorophore: { ChannelId: 'U' } }],
});
// Pixels of 1 um; nuclei of 9 um, one of them across the border of two fields.
const NUCLEI: Disc[] = [
  [12, 14],
  [27, 20],
  [40, 12],
  [56, 14],
  [68, 22],
  [10, 48],
  [28, 52],
].map(([x, y]) => ({ x, y, radius: 4.5 }));

const nucleiPlane = (): Uint16Array => Uint16Array.from(discImage(PICTURE_WIDTH, PICTURE_HEIGHT, NUCLEI));

test('a CosMx slide without cells is segmented from its images by itself, borders of fields or not', async () => {
  const slide = await cosmxSlide(folder('slide'), [nucleiPlane()], STAINS, { cells: false });
  const settings = { input: { cosmxPixelSizeUm: 1, minQv: 0 }, assign: { method: 'expand' as const } };
  const { output, cells, warnings } = await run(slide, folder('out.zarr'), settings);
  expect(cells).toBe(NUCLEI.length);
  const { obs } = await readTable(output);
  const names = obs.map(({ name }) => name);
  expect(names).toContain('mean_intensity_DNA');
  const areas = Array.from(obs.find(({ name }) => name === 'nucleus_area')!.values as ArrayLike<number>);
  for (const area of areas) expect(Math.abs(area - Math.PI * 4.5 ** 2)).toBeLessThan(25);
  expect(warnings.filter((text) => /image/i.test(text))).toEqual([]);
});

test('segment.image may name another folder of fields', async () => {
  const slide = await cosmxSlide(folder('other'), [nucleiPlane()], STAINS, { cells: false });
  await cp(join(slide, 'Morphology2D'), folder('elsewhere'), { recursive: true });
  const { cells } = await run(slide, folder('other.zarr'), {
    input: { cosmxPixelSizeUm: 1 },
    segment: { method: 'watershed', image: folder('elsewhere') },
    assign: { method: 'expand' },
  });
  expect(cells).toBe(NUCLEI.length);
});

test.skipIf(!hasSharedData)(
  `nuclei of a real composite hold the nuclear transcripts${skipNote}`,
  async () => {
    // The shared images are a corner of a field, so places are counted from that corner.
    const [left, bottom] = [4800, 3000];
    const slide = folder('lung');
    await mkdir(slide);
    const source = shared('cosmx/lung12-fov2');
    for (const name of ['CellComposite', 'CellLabels'])
      await cp(join(source, name), join(slide, name), { recursive: true });
    const [head, ...lines] = (await readFile(join(source, 'Lung12_tx_file.csv'), 'utf8')).trim().split('\n');
    const moved = lines.map((line) => {
      const cells = line.split(',');
      return [
        ...cells.slice(0, 4),
        Number(cells[4]) - left,
        Number(cells[5]) - bottom,
        ...cells.slice(6),
      ].join();
    });
    await writeFile(join(slide, 'Lung12_tx_file.csv'), `${[head, ...moved].join('\n')}\n`);
    const { output, transcripts } = await run(slide, folder('lung.zarr'), {
      input: { cosmxPixelSizeUm: 0.18 },
      segment: { method: 'watershed', expandUm: 0 },
      assign: { method: 'expand', expand: { distanceUm: 0 } },
    });
    const { obs } = await readTable(output);
    expect(obs[0].values.length).toBeGreaterThan(30);
    // 57 % of the transcripts in cells are called nuclear; nuclei cover about a quarter of the field.
    expect(transcripts.assigned).toBeGreaterThan(3000);
  },
);
