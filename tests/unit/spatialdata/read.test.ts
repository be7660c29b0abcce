import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  listElements,
  readPoints,
  readRootAttrs,
  readShapes,
  readTable,
} from '@spatile/formats/spatialdata/read';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CELL_IDS,
  exampleTable,
  exampleTranscripts,
  FEATURES,
  TRANSCRIPTS,
  writeExampleStore,
} from './example-store.ts';

let folder = '';
let store = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-read-'));
  store = join(folder, 'example.zarr');
  await writeExampleStore(store, folder, { spec: { rowsPerGroup: 150, rowsPerPart: 300 } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('reading back', () => {
  it('root attributes and elements', async () => {
    expect(await readRootAttrs(store)).toMatchObject({
      spatialdata_attrs: { version: '0.2' },
      spatile: { seed: 7 },
    });
    expect(await listElements(store)).toEqual({
      images: ['morphology_focus'],
      labels: [],
      points: ['transcripts'],
      shapes: ['cell_boundaries'],
      tables: ['table'],
    });
  });

  it('the table as it was given, with the region column added', async () => {
    const given = exampleTable();
    const table = await readTable(store);
    expect(table.obsIndex).toEqual(given.obsIndex);
    expect(table.varIndex).toEqual(given.varIndex);
    expect(table.var).toEqual(given.var);
    expect(table.x).toEqual(given.x);
    expect(table.obsm).toEqual(given.obsm);
    expect(table.region).toEqual(given.region);
    const region = {
      name: 'region',
      kind: 'categorical',
      values: new Int32Array(12),
      categories: ['cell_boundaries'],
    };
    expect(table.obs).toEqual([region, ...given.obs]);
  });

  it('shapes with ids and rings', async () => {
    const ids: string[] = [];
    const counts: number[] = [];
    for await (const { id, polygons } of readShapes(store, 'cell_boundaries')) {
      ids.push(...id);
      counts.push(...polygons.map((list) => list.length));
      expect(polygons[1][0][0]).toEqual(Float64Array.of(11, 1, 19, 1, 19, 9, 11, 9, 11, 1));
    }
    expect(ids).toEqual(CELL_IDS);
    expect(counts).toEqual([...new Array(11).fill(1), 2]);
  });

  it('columns of points through all parts, in order', async () => {
    const expected = exampleTranscripts();
    let rows = 0;
    for await (const batch of readPoints(store, 'transcripts', [
      'transcript_id',
      'x',
      'feature_name',
      'cell_id',
      'is_control',
    ])) {
      expect(batch.firstRow).toBe(rows);
      for (let i = 0; i < batch.length; i++, rows++) {
        expect(batch.columns.transcript_id![i]).toBe(expected.transcriptId[rows]);
        expect(batch.columns.x![i]).toBe(expected.x[rows]);
        expect(batch.texts.feature_name[batch.columns.feature_name![i] as number]).toBe(
          FEATURES[expected.feature[rows]],
        );
        const cell = expected.cell[rows];
        expect(batch.texts.cell_id[batch.columns.cell_id![i] as number]).toBe(
          cell === 0 ? '' : CELL_IDS[cell - 1],
        );
        expect(batch.columns.is_control![i]).toBe(expected.isControl[rows]);
      }
    }
    expect(rows).toBe(TRANSCRIPTS);
  });

  it('says in one sentence what is not there or damaged', async () => {
    await expect(readRootAttrs(join(folder, 'none.zarr'))).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    await expect(readTable(store, 'other')).rejects.toMatchObject({ code: 'STORE_INVALID' });
    await expect(readShapes(store, 'other').next()).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    await expect(readPoints(store, 'other', ['x']).next()).rejects.toMatchObject({ code: 'STORE_INVALID' });
    const damaged = join(folder, 'damaged.zarr');
    await writeExampleStore(damaged, folder);
    await truncate(join(damaged, 'shapes/cell_boundaries/shapes.parquet'), 500);
    await expect(readShapes(damaged, 'cell_boundaries').next()).rejects.toMatchObject({
      code: 'PARQUET_INVALID',
    });
    await truncate(join(damaged, 'points/transcripts/points.parquet/part.0.parquet'), 500);
    await expect(readPoints(damaged, 'transcripts', ['x']).next()).rejects.toMatchObject({
      code: 'PARQUET_INVALID',
    });
    await writeFile(join(damaged, 'tables/table/X/data/c/0'), 'not zstd');
    await expect(readTable(damaged)).rejects.toMatchObject({ code: 'STORE_INVALID' });
    await writeFile(join(damaged, 'zarr.json'), '{');
    await expect(readRootAttrs(damaged)).rejects.toMatchObject({ code: 'STORE_INVALID' });
  });
});
