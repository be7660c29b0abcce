import { writeFileSync } from 'node:fs';
import { listElements } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { describe, expect, test } from 'vitest';
import {
  cosmxCsv,
  hasSharedData,
  type InputRow,
  merscopeCsv,
  shared,
  skipNote,
  xeniumCsv,
  xeniumParquet,
} from './instrument-files.ts';
import { segment } from './real-run.ts';
import { run, testFolder } from './slide.ts';
import { expectConserved, obsColumn } from './store.ts';

const at = testFolder();
const expand = { assign: { method: 'expand' } } as const;

describe.skipIf(!hasSharedData)(`real data, expand${skipNote}`, () => {
  test('xenium/lung-10k: nuclei only, string cell ids, no image', async () => {
    const input = await xeniumParquet('xenium/lung-10k/transcripts.parquet');
    const { summary, table, nuclearAgreement, assignedShare } = await segment(
      at('lung.zarr'),
      'xenium/lung-10k',
      input,
      expand,
    );
    expect(summary.transcripts.kept).toBe(8617);
    // 135 nuclei, and cells without one that the transcripts name.
    expect(table.obsIndex.length).toBeGreaterThanOrEqual(135);
    expect(table.obsIndex.length).toBeLessThanOrEqual(165);
    expect(nuclearAgreement).toBeGreaterThan(0.9);
    expect(assignedShare).toBeGreaterThan(0.6);
    expect(await listElements(at('lung.zarr'))).toMatchObject({ images: [] });
  });

  test('xenium/breast-crop: nuclei, cells and an image', async () => {
    const input = await xeniumParquet('xenium/breast-crop/outs/transcripts.parquet');
    const { summary, nuclearAgreement, assignedShare } = await segment(
      at('breast.zarr'),
      'xenium/breast-crop/outs',
      input,
      expand,
    );
    expect(summary.transcripts.kept).toBe(9070);
    expect(nuclearAgreement).toBeGreaterThan(0.9);
    expect(assignedShare).toBeGreaterThan(0.7);
    // The 14 cells that the table names without an outline or a nuclear transcript have no shape to grow.
    expect(summary.warnings).toEqual([expect.stringMatching(/^14 of 103 prior cells are not in the output/)]);
    expect(await listElements(at('breast.zarr'))).toMatchObject({
      images: ['morphology_focus'],
      shapes: ['cell_boundaries', 'nucleus_boundaries'],
    });
  });

  test('xenium/breast-crop, cropped by a selection: only what lies inside', async () => {
    const selection = at('Selection_1_coordinates.csv');
    writeFileSync(
      selection,
      '#Selection name: left\n#Area (µm^2): 4800\nX,Y\n10,20\n50,20\n50,140\n10,140\n',
    );
    const all = await xeniumParquet('xenium/breast-crop/outs/transcripts.parquet');
    // No transcript of this set lies on the edge of the selection, so any rule for the edge gives the same rows.
    const good = all.filter(({ qv }) => qv >= 20);
    const kept = good.filter(({ x, y }) => x > 10 && x < 50 && y > 20 && y < 140);
    const summary = await run(
      shared('xenium/breast-crop/outs'),
      at('crop.zarr'),
      { ...expand, output: { images: 'none' } },
      { crop: { path: selection, unit: 'um' } },
    );
    const { table } = await expectConserved(at('crop.zarr'), new Map(kept.map((row) => [row.id, row])));
    expect(await validateSpatialData(at('crop.zarr'))).toEqual([]);
    expect(summary.transcripts.filtered).toMatchObject({
      lowQuality: all.length - good.length,
      outsideCrop: good.length - kept.length,
    });
    expect(table.obsIndex.length).toBeGreaterThan(20);
    expect(table.obsIndex.length).toBeLessThan(60);
  });

  test('xenium/toy-400um: csv.gz and Parquet of the same table say the same', async () => {
    const input = await xeniumParquet('xenium/toy-400um/outs/transcripts.parquet');
    const byId = (rows: InputRow[]) => [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(xeniumCsv('xenium/toy-400um/outs/transcripts.csv.gz'))).toEqual(byId(input));
    const { summary, table, assignedShare } = await segment(
      at('toy.zarr'),
      'xenium/toy-400um/outs',
      input,
      expand,
    );
    expect(table.obsIndex).toHaveLength(526);
    expect(assignedShare).toBeGreaterThan(0.85);
    expect(summary.warnings.join('\n')).toContain('image morphology_focus is left out');
  });

  test('merscope/brain-crop: outlines by plane with y upwards, ids beyond 64 bits, mosaics', async () => {
    const input = merscopeCsv('merscope/brain-crop/detected_transcripts.csv');
    const { summary, table, assignedShare } = await segment(
      at('brain.zarr'),
      'merscope/brain-crop',
      input,
      expand,
    );
    expect(summary.transcripts).toMatchObject({ input: 22_400, kept: 22_400, controls: 69 });
    expect(table.obsIndex.length).toBeGreaterThanOrEqual(159);
    expect(table.obsIndex.length).toBeLessThanOrEqual(165);
    // 8,653 transcripts lie in an outline of their own plane; the outlines are of whole cells and do not grow.
    expect(assignedShare).toBeGreaterThan(0.36);
    expect(assignedShare).toBeLessThan(0.41);
    expect(String(obsColumn(table, 'prior_id')[0])).toMatch(/^\d{38,39}$/);
    expect((await listElements(at('brain.zarr'))).images).toHaveLength(1);
  });

  test('merscope/cellbound-mini: GeoParquet outlines with 64-bit ids', async () => {
    const input = merscopeCsv('merscope/cellbound-mini/detected_transcripts.csv');
    const { summary, table, assignedShare } = await segment(
      at('cellbound.zarr'),
      'merscope/cellbound-mini',
      input,
      expand,
    );
    expect(summary.transcripts).toMatchObject({ kept: 11_135, controls: 209 });
    expect(table.obsIndex).toHaveLength(1058);
    expect(Array.from(obsColumn(table, 'prior_id'), String)).toContain('112824700230101249');
    expect(assignedShare).toBeGreaterThan(0.5);
  });

  test('cosmx/lung12-fov2: pixels of 0.18 um, cells by transcript only', async () => {
    const input = cosmxCsv('cosmx/lung12-fov2/Lung12_tx_file.csv', 0.18);
    const { summary, table, nuclearAgreement, assignedShare } = await segment(
      at('lung12.zarr'),
      'cosmx/lung12-fov2',
      input,
      { ...expand, input: { cosmxPixelSizeUm: 0.18 } },
    );
    expect(summary.transcripts).toMatchObject({ kept: 12_542, controls: 128 });
    expect(table.obsIndex.length).toBeGreaterThan(55);
    expect(table.obsIndex.length).toBeLessThanOrEqual(67);
    expect(nuclearAgreement).toBeGreaterThan(0.9);
    expect(assignedShare).toBeGreaterThan(0.7);
  });

  test('cosmx/brain-27cells: outlines in pixels', async () => {
    const input = cosmxCsv('cosmx/brain-27cells/Run5642_S3_Quarter_tx_file.csv', 0.120280945);
    const { table, assignedShare } = await segment(at('brain27.zarr'), 'cosmx/brain-27cells', input, expand);
    expect(table.obsIndex).toHaveLength(27);
    // 2,721 of 4,188 have a cell of the instrument.
    expect(assignedShare).toBeGreaterThan(0.6);
    expect(assignedShare).toBeLessThan(0.7);
  });
});
