import { readTable } from '@spatile/formats/spatialdata/read';
import { describe, expect, test } from 'vitest';
import { hasSharedData, merscopeCsv, shared, skipNote, xeniumParquet } from './instrument-files.ts';
import { segment } from './real-run.ts';
import { run, testFolder } from './slide.ts';
import { obsColumn } from './store.ts';

const at = testFolder();
/** Nuclei alone, and in them what lies there. */
const nuclei = {
  segment: { method: 'watershed', expandUm: 0 },
  assign: { method: 'expand', expand: { distanceUm: 0 } },
} as const;

describe.skipIf(!hasSharedData)(`real images${skipNote}`, () => {
  test('xenium/breast-crop: nuclei of the image are those of the instrument', async () => {
    const input = await xeniumParquet('xenium/breast-crop/outs/transcripts.parquet');
    const { summary, rows } = await segment(at('breast.zarr'), 'xenium/breast-crop/outs', input, nuclei);
    // 84 nuclei of at least 100 pixels.
    expect(summary.cells).toBeGreaterThan(60);
    expect(summary.cells).toBeLessThan(110);
    const nuclear = new Map(input.map((row) => [row.id, row.nuclear]));
    const inside = rows.filter(({ cell }) => cell !== '');
    const agreeing = inside.filter(({ id }) => nuclear.get(id) === true).length;
    // 37 % of all transcripts overlap a nucleus.
    expect(agreeing / inside.length).toBeGreaterThan(0.75);
  });

  test('merscope/brain-crop: the mosaic lies where its transform says', async () => {
    const input = merscopeCsv('merscope/brain-crop/detected_transcripts.csv');
    const { summary, table } = await segment(at('brain.zarr'), 'merscope/brain-crop', input, nuclei);
    // 159 cells in the same plane.
    expect(summary.cells).toBeGreaterThan(80);
    expect(summary.cells).toBeLessThan(260);
    const dapi = Array.from(obsColumn(table, 'mean_intensity_DAPI'), Number);
    expect(Math.min(...dapi)).toBeGreaterThan(0);
    // Transcripts follow DAPI: nuclei take a larger share of them than of the ground.
    const areaUm2 = Array.from(obsColumn(table, 'area'), Number).reduce((sum, area) => sum + area, 0);
    const share = summary.transcripts.assigned / summary.transcripts.kept;
    expect(share).toBeGreaterThan((1.3 * areaUm2) / (249.8 * 450));
  });

  test('he/CMU-1: a slide scanner file names its colours', async () => {
    const { openImageFile } = await import('@spatile/formats/image/open');
    const { unpackWindow } = await import('@spatile/formats/image/packed');
    const path = shared('he/CMU-1-Small-Region.svs');
    const image = await openImageFile(path, { pixelSizeUm: 0.499, originUm: [0, 0] });
    const window = { x0: 960, y0: 1200, x1: 1440, y1: 1680 };
    const [red, green, blue] = await Promise.all(
      [0, 1, 2].map(async (channel) => {
        const pixels = await unpackWindow(await image.pack(0, channel, window), window);
        return pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
      }),
    );
    await image.close();
    // Pink and violet on white: less green than red and blue.
    expect(green).toBeLessThan(red);
    expect(green).toBeLessThan(blue);
  });
});

test.skipIf(!hasSharedData)(
  `an image of our own store segments the slide as the bundle's does${skipNote}`,
  async () => {
    const bundle = shared('xenium/breast-crop/outs');
    const first = await run(bundle, at('own.zarr'), { ...nuclei, output: { images: 'copy' } });
    const second = await run(bundle, at('again.zarr'), {
      ...nuclei,
      segment: { ...nuclei.segment, image: at('own.zarr/images/morphology_focus') },
    });
    const [a, b] = await Promise.all([readTable(first.output), readTable(second.output)]);
    expect(b.obs.map(({ name }) => name)).toEqual(a.obs.map(({ name }) => name));
    // The store has a pyramid, from which contrast is learnt on coarser pixels.
    expect(Math.abs(b.obsIndex.length - a.obsIndex.length)).toBeLessThanOrEqual(3);
    expect(second.transcripts.assigned / first.transcripts.assigned).toBeCloseTo(1, 1);
  },
);
