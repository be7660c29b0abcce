import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { openParquet } from '@spatile/formats/parquet/file';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { CellFeatureMatrix } from '@spatile/instrument/simulate/cell-feature-matrix';
import type { Panel } from '@spatile/instrument/simulate/panel';
import { type SimulateSummary, simulateSlide } from '@spatile/instrument/simulate/simulate';
import { type Dataset, File as Hdf5File, ready } from 'h5wasm/node';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-bundle-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Matrix {
  /** Features and cells. */
  shape: number[];
  barcodes: string[];
  names: string[];
  ids: string[];
  types: string[];
  /** Counts by cell and feature name. */
  counts: Map<string, number>;
  /** Indices of features rise within each cell. */
  isSorted: boolean;
}

async function readMatrix(path: string): Promise<Matrix> {
  await ready;
  const file = new Hdf5File(path, 'r');
  const read = (key: string) => (file.get(`matrix/${key}`) as Dataset).value;
  const list = (key: string) => Array.from(read(key) as ArrayLike<number | bigint>, Number);
  const texts = (key: string) => read(key) as string[];
  const [data, indices, indptr] = [list('data'), list('indices'), list('indptr')];
  const [barcodes, names] = [texts('barcodes'), texts('features/name')];
  const counts = new Map<string, number>();
  let isSorted = true;
  barcodes.forEach((id, cell) => {
    for (let k = indptr[cell]; k < indptr[cell + 1]; k++) {
      counts.set(`${id} ${names[indices[k]]}`, data[k]);
      if (k > indptr[cell] && indices[k] <= indices[k - 1]) isSorted = false;
    }
  });
  const [ids, types] = [texts('features/id'), texts('features/feature_type')];
  const matrix = { shape: list('shape'), barcodes, names, ids, types, counts, isSorted };
  file.close();
  return matrix;
}

describe('a simulated bundle without images', () => {
  const out = join(folder, 'slide');
  let summary: SimulateSummary;
  beforeAll(async () => {
    // Three rows of blocks, so that cells of the first are written before the last is simulated.
    summary = await simulateSlide({
      out,
      sizeUm: 450,
      genes: 80,
      seed: 12,
      transcriptsPerCell: 60,
      images: false,
    });
  });

  it('counts in the matrix every good call in a cell, and nothing else', async () => {
    const matrix = await readMatrix(join(out, 'cell_feature_matrix.h5'));
    const [ids, names] = [new TextTable(), new TextTable()];
    const columns = [
      { name: 'cell_id', as: 'code', table: ids },
      { name: 'feature_name', as: 'code', table: names },
      { name: 'qv', as: 'float32', scale: 1 },
      { name: 'codeword_index', as: 'float32', scale: 1 },
    ] as const;
    const counts = new Map<string, number>();
    const codewords = new Map<string, number>();
    const transcripts = await openParquet(join(out, 'transcripts.parquet'));
    for await (const { length, columns: values } of transcripts.batches(columns, 50_000)) {
      for (let i = 0; i < length; i++) {
        const id = ids.names[Number(values[0][i])];
        const name = names.names[Number(values[1][i])];
        codewords.set(name, Number(values[3][i]));
        if (values[2][i] < 20 || id === 'UNASSIGNED') continue;
        counts.set(`${id} ${name}`, (counts.get(`${id} ${name}`) ?? 0) + 1);
      }
    }
    expect(matrix.counts.size).toBeGreaterThan(10_000);
    expect(Object.fromEntries(matrix.counts)).toEqual(Object.fromEntries(counts));
    expect(matrix.isSorted).toBe(true);
    expect(matrix.shape).toEqual([matrix.names.length, summary.vendorCells]);
    for (const [name, codeword] of codewords) expect(matrix.names[codeword]).toBe(name);
  });

  it('lists in the matrix the cells of cells.parquet in their order, and features with their kinds', async () => {
    const { barcodes, ids, names, types } = await readMatrix(join(out, 'cell_feature_matrix.h5'));
    const table = new TextTable();
    const cells = await openParquet(join(out, 'cells.parquet'));
    const inOrder: string[] = [];
    for await (const { length, columns } of cells.batches([{ name: 'cell_id', as: 'code', table }], 50_000))
      for (let i = 0; i < length; i++) inOrder.push(table.names[Number(columns[0][i])]);
    expect(barcodes).toEqual(inOrder);
    expect(types.filter((type) => type === 'Gene Expression')).toHaveLength(80);
    expect(new Set(types).size).toBe(4);
    expect(new Set(ids).size).toBe(names.length);
    const { transcripts } = await openBundle(out, defaultConfig().input);
    for (const { name, kind, id } of transcripts.features) {
      const at = names.indexOf(name);
      expect(types[at] === 'Gene Expression').toBe(kind === 'gene');
      if (kind === 'gene') expect(id).toBe(ids[at]);
    }
  });

  it('sums the slide up', async () => {
    const [header, row] = readFileSync(join(out, 'metrics_summary.csv'), 'utf8').trim().split('\n');
    const values = row.split(',');
    const metrics = Object.fromEntries(header.split(',').map((name, i) => [name, values[i]]));
    const { counts, barcodes, names, types } = await readMatrix(join(out, 'cell_feature_matrix.h5'));
    const perCell = new Map(barcodes.map((id) => [id, 0]));
    for (const [key, n] of counts) {
      const [id, name] = key.split(' ');
      if (types[names.indexOf(name)] === 'Gene Expression') perCell.set(id, perCell.get(id)! + n);
    }
    const sorted = [...perCell.values()].sort((a, b) => a - b);
    const assigned = sorted.reduce((sum, n) => sum + n, 0);
    expect(Number(metrics.num_cells_detected)).toBe(summary.vendorCells);
    expect(Number(metrics.median_transcripts_per_cell)).toBeCloseTo(
      (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2,
    );
    const highQuality = Number(metrics.total_high_quality_decoded_transcripts);
    expect(Number(metrics.fraction_transcripts_assigned)).toBeCloseTo(assigned / highQuality, 12);
    expect(highQuality / summary.transcripts).toBeCloseTo(0.9, 1);
    expect(Number(metrics.median_genes_per_cell)).toBeGreaterThan(5);
  });
});

describe('the matrix', () => {
  const panel = {
    names: ['A', 'B', 'NegControlProbe_00001'],
    categories: ['predesigned_gene', 'predesigned_gene', 'negative_control_probe'],
    genes: 2,
  } as Panel;
  const nucleus = (block: number, place: number) =>
    ({ block, place, id: `aaaaaa${block}${place}-1` }) as never;
  afterEach(() => vi.useRealTimers());

  async function write(path: string): Promise<number[]> {
    const matrix = await CellFeatureMatrix.create(path, panel, 1);
    for (const block of [0, 1, 2]) {
      for (const near of [block - 1, block, block + 1]) {
        if (near >= 0 && near < 3) for (const place of [1, 0]) matrix.cell(nucleus(near, place));
      }
      matrix.featuresOf(nucleus(block, 0)).push(2, 0, 0);
      if (block > 0) matrix.featuresOf(nucleus(block - 1, 0)).push(1);
      await matrix.rowDone(block);
    }
    await matrix.finish();
    return matrix.genesPerCell;
  }

  it('takes counts of neighbouring rows, and keeps cells without any', async () => {
    const path = join(folder, 'small.h5');
    expect(await write(path)).toEqual([2, 0, 2, 0, 1, 0]);
    const { counts, barcodes, shape } = await readMatrix(path);
    expect(barcodes).toEqual(['00', '01', '10', '11', '20', '21'].map((at) => `aaaaaa${at}-1`));
    expect(shape).toEqual([3, 6]);
    expect(counts.get('aaaaaa00-1 A')).toBe(2);
    expect(counts.get('aaaaaa00-1 B')).toBe(1);
    expect(counts.get('aaaaaa20-1 B')).toBeUndefined();
    expect(counts.get('aaaaaa20-1 NegControlProbe_00001')).toBe(1);
  });

  it('is the same at any time of day', async () => {
    vi.useFakeTimers({ now: new Date('2001-02-03'), toFake: ['Date'] });
    await write(join(folder, 'early.h5'));
    vi.setSystemTime(new Date('2031-02-03'));
    await write(join(folder, 'late.h5'));
    expect(readFileSync(join(folder, 'late.h5'))).toEqual(readFileSync(join(folder, 'early.h5')));
    expect(Date.now()).toBe(new Date('2031-02-03').getTime());
  });

  it('says so when it cannot be written', async () => {
    const path = join(folder, 'nowhere', 'matrix.h5');
    const wrong = CellFeatureMatrix.create(path, panel, 1);
    await expect(wrong).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE', fields: { path } });
  });
});
