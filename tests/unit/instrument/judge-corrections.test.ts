import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IDENTITY } from '@spatile/formats/space';
import { createSpatialData } from '@spatile/formats/spatialdata/write';
import { judgeExclusive } from '@spatile/instrument/judge/corrections/exclusive';
import { formatExclusive, formatSpill } from '@spatile/instrument/judge/corrections/format';
import { correctedLayers } from '@spatile/instrument/judge/corrections/layers';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
let store: string;
const GENES = ['A', 'B', 'C'];

/** Three cells: A and B, which exclude each other, are together in the first one by spill. */
const csr = (rows: number[][], type: Int32ArrayConstructor | Float32ArrayConstructor) => ({
  indptr: Int32Array.from([
    0,
    ...rows.map(
      (_, i) =>
        rows
          .slice(0, i + 1)
          .flat()
          .filter((n) => n > 0).length,
    ),
  ]),
  indices: Int32Array.from(rows.flatMap((row) => row.flatMap((n, j) => (n > 0 ? [j] : [])))),
  data: type.from(rows.flat().filter((n) => n > 0)) as Int32Array,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-judge-'));
  store = join(folder, 'corrected.zarr');
  const writer = await createSpatialData(store, { attrs: {}, pixelSizeUm: null, micronsToGlobal: IDENTITY });
  await writer.table('table', {
    obsIndex: ['cell-1', 'cell-2', 'cell-3'],
    obs: [],
    varIndex: GENES,
    var: [],
    x: csr(
      [
        [4, 2, 1],
        [6, 0, 2],
        [0, 8, 2],
      ],
      Int32Array,
    ),
    layers: {
      counts_corrected: csr(
        [
          [4, 0.5, 1],
          [6, 0, 2],
          [0, 8, 2],
        ],
        Float32Array,
      ),
    },
    region: null,
  });
  await writer.finish();
});
afterAll(() => rm(folder, { recursive: true }));

const MARKERS = [
  { gene: 'A', type: 't' },
  { gene: 'B', type: 'u' },
];

test('pairs of exclusive markers before and after: sum of the lesser over sum of the greater', async () => {
  expect(await correctedLayers(store)).toEqual(['counts_corrected']);
  const [scores] = await judgeExclusive(store, ['counts_corrected'], MARKERS);
  expect(scores.before).toBeCloseTo(2 / (4 + 6 + 8), 12);
  expect(scores.after).toBeCloseTo(0.5 / (4 + 6 + 8), 12);
  expect(scores.kept).toBeCloseTo(23.5 / 25, 12);
  expect(scores.thinned).toBeGreaterThan(0);
  expect(formatExclusive([scores])).toContain('94.0 %');
});

test('a result without corrections, or of another kind, has no layers to judge', async () => {
  expect(await correctedLayers(join(folder, 'nothing.zarr'))).toEqual([]);
});

test('the table of spill names what doing nothing gives', () => {
  const text = formatSpill([
    {
      layer: 'counts_corrected',
      native: 60,
      spilled: 30,
      background: 10,
      removedSpill: 0.5,
      removedBackground: 0.25,
      keptNative: 0.9,
      precision: null,
      added: 0,
      cosineBefore: 0.8,
      cosineAfter: 0.9,
      typeAccuracy: Number.NaN,
      cells: 3,
    },
  ]);
  expect(text).toContain('of 100 transcripts in 3 cells 30.0 % are spill and 10.0 % background');
  expect(text).toMatch(/spilled counts removed +0\.0 % +50\.0 %/);
  expect(text).toMatch(/types named right +- +-/);
});
