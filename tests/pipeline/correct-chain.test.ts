import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { correctStore } from '@spatile/coordinator/correct/store';
import { writeReport } from '@spatile/coordinator/report/report';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { readLayer, readMatrix, readTable } from '@spatile/formats/spatialdata/read';
import { listUns } from '@spatile/formats/spatialdata/uns';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { beforeAll, expect, test } from 'vitest';
import { writeTrueReference } from '../../bench/correct/reference.ts';
import { config, run, testFolder } from './slide.ts';

const at = testFolder();

type Method = 'rctd' | 'split' | 'celladmix' | 'resolvi';
const settings = (methods: Method[]): RunConfigInput => ({
  assign: { method: 'expand' },
  correct: {
    methods,
    reference: { file: at('profiles.csv') },
    // So lenient that a small slide without much to learn from loses something.
    celladmix: {
      test: 'either',
      starts: 2,
      sampleMolecules: 2000,
      bridge: { fdr: 0.9 },
      enrichment: { fdr: 0.9, foldChange: 1.2, permutations: 1000 },
      native: { share: 1 },
    },
    resolvi: { epochs: 2, encoderHidden: 16, hidden: 8, particles: 2, batch: 256 },
  },
});

beforeAll(async () => {
  const { truth } = await simulateSlide({
    out: at('bundle'),
    sizeUm: 300,
    genes: 60,
    transcriptsPerCell: 60,
    images: false,
    seed: 3,
  });
  await writeTrueReference(truth, at('profiles.csv'));
  await run(at('bundle'), at('plain.zarr'), { assign: { method: 'expand' } });
});

/** The layer as one number for each cell and gene. */
async function dense(zarr: string, layer: string, [cells, genes]: [number, number]): Promise<Float64Array> {
  const { indptr, indices, data } = await readLayer(zarr, 'table', layer);
  return filled({ indptr, indices, data }, cells, genes);
}

function filled({ indptr, indices, data }: CsrMatrix, cells: number, genes: number): Float64Array {
  const out = new Float64Array(cells * genes);
  for (let row = 0; row < cells; row++)
    for (let e = Number(indptr[row]); e < Number(indptr[row + 1]); e++)
      out[row * genes + indices[e]] = data[e];
  return out;
}

/** Every file of a folder, by its path. */
async function bytesBelow(folder: string): Promise<Map<string, Buffer>> {
  const out = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) out.set(path.slice(folder.length), await readFile(path));
  }
  return out;
}

test.each([
  { methods: ['rctd', 'split', 'celladmix'], layers: { split: 'split', celladmix: 'counts' } },
  { methods: ['rctd', 'resolvi', 'celladmix'], layers: { resolvi: 'resolvi', celladmix: 'counts' } },
] as { methods: Method[]; layers: Record<string, string> }[])(
  '$methods: what each keeps and removes adds up to the counts',
  async ({ methods, layers }) => {
    const output = at(`${methods.join('-')}.zarr`);
    await correctStore({
      input: at('plain.zarr'),
      output,
      config: config(settings(methods)),
      workers: 1,
      mode: 'new',
      progress: () => {},
      signal: new AbortController().signal,
    });
    expect(await validateSpatialData(output)).toEqual([]);
    const [before, after] = [await readTable(at('plain.zarr')), await readTable(output)];
    expect(after.x).toEqual(before.x);
    const size: [number, number] = [before.obsIndex.length, before.varIndex.length];
    const counts = filled(before.x, ...size);
    for (const [method, prefix] of Object.entries(layers)) {
      const stays = await dense(output, `${prefix}_corrected`, size);
      const goes = await dense(output, `${prefix}_removed`, size);
      expect(
        counts.findIndex((n, i) => stays[i] + goes[i] !== n || stays[i] < 0 || goes[i] < 0),
        method,
      ).toBe(-1);
      const removed = goes.reduce((a, b) => a + b, 0);
      expect(removed, method).toBeGreaterThan(0);
      const totals = after.obs.find(({ name }) => name === `${method}_counts`)!.values as Float32Array;
      totals.forEach((total, row) => {
        const kept = stays.subarray(row * size[1], (row + 1) * size[1]).reduce((a, b) => a + b, 0);
        expect(Math.abs(total - kept)).toBeLessThan(1e-3);
      });
    }
    // Transcripts stay where they are, those outside of cells too, and each method says what it was told and did.
    expect(await bytesBelow(join(output, 'points/transcripts'))).toEqual(
      await bytesBelow(join(at('plain.zarr'), 'points/transcripts')),
    );
    expect(await listUns(output)).toEqual(expect.arrayContaining(methods));
    for (const method of methods)
      expect(await readdir(join(output, 'tables/table/uns', method)), method).toContain('settings');
    await writeReport({ zarr: output, runDirectory: null, out: at('report.html') });
    const report = await readFile(at('report.html'), 'utf8');
    expect(report).toContain('Corrected counts');
    for (const method of Object.keys(layers)) expect(report).toContain(`${method} kept`);
  },
);

test('a corrected result takes another correction under its own name, and what was there stays', async () => {
  const output = at('again.zarr');
  await correctStore({
    input: at('rctd-split-celladmix.zarr'),
    output,
    config: config(settings(['resolvi'])),
    workers: 1,
    mode: 'new',
    progress: () => {},
    signal: new AbortController().signal,
  });
  const scores = await readMatrix(output, 'tables/table/obsm/rctd_score_mat');
  expect(scores).toEqual(
    await readMatrix(at('rctd-split-celladmix.zarr'), 'tables/table/obsm/rctd_score_mat'),
  );
  expect(scores.data.length).toBeGreaterThan(0);
  const before = await readLayer(at('rctd-split-celladmix.zarr'), 'table', 'counts_corrected');
  expect(await readLayer(output, 'table', 'counts_corrected')).toEqual(before);
  const resolvi = await readLayer(output, 'table', 'resolvi_corrected');
  expect(resolvi.data.length).toBeGreaterThan(0);
  expect(resolvi).not.toEqual(before);
  expect(await validateSpatialData(output)).toEqual([]);
});
