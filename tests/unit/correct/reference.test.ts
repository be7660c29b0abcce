import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type ReferenceOptions, readReference } from '@spatile/formats/reference/read';
import { File, type Group, ready } from 'h5wasm/node';
import { afterAll, beforeAll, expect, test } from 'vitest';

const GENES = Array.from({ length: 12 }, (_, j) => `G${j}`);
const PANEL = { names: GENES, ids: GENES.map((_, j) => `ENSG${j}`) };
const OPTIONS: ReferenceOptions = {
  labels: null,
  labelFile: null,
  layer: null,
  minCells: 2,
  minCounts: 1,
  rareTypes: 'stop',
};

/** Six cells of two types; cell c of type k counts c + 1 of genes 6k and 6k + 1. */
const LABELS = ['a', 'b', 'a', 'b', 'a', 'b'];
const DENSE = LABELS.map((label, c) =>
  GENES.map((_, j) => (Math.floor(j / 2) === (label === 'a' ? 0 : 3) ? c + 1 : 0)),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-reference-'));
  await ready;
});
afterAll(() => rm(folder, { recursive: true }));

const encoded = (group: Group, type: string): void => {
  group.create_attribute('encoding-type', type);
  group.create_attribute('encoding-version', '0.2.0');
};

type CountType = 'float32' | 'int64';

interface H5ad {
  counts?: number[][];
  layout?: 'dense' | 'csr' | 'csc';
  type?: CountType;
  place?: string;
  labels?: (string | null)[];
  genes?: string[];
  damage?: (file: File) => void;
}

function writeH5ad(
  name: string,
  {
    counts = DENSE,
    layout = 'csr',
    type = 'float32',
    place = 'X',
    labels = LABELS,
    genes = GENES,
    damage,
  }: H5ad,
): string {
  const path = join(folder, name);
  const file = new File(path, 'w');
  encoded(file as unknown as Group, 'anndata');
  for (const parent of ['layers', 'raw']) if (place.startsWith(parent)) file.create_group(parent);
  writeMatrix(file, place, counts, layout, type);
  const obs = file.create_group('obs');
  encoded(obs, 'dataframe');
  obs.create_attribute('_index', '_index');
  obs.create_dataset({ name: '_index', data: labels.map((_, c) => `c${c}`) });
  const column = obs.create_group('cell_type');
  encoded(column, 'categorical');
  const categories = [...new Set(labels.filter((label) => label !== null))];
  column.create_dataset({ name: 'categories', data: categories });
  column.create_dataset({
    name: 'codes',
    data: Int8Array.from(labels, (label) => (label === null ? -1 : categories.indexOf(label))),
  });
  const group = place.startsWith('raw') ? file.create_group('raw/var') : file.create_group('var');
  encoded(group, 'dataframe');
  group.create_attribute('_index', '_index');
  group.create_dataset({ name: '_index', data: genes });
  damage?.(file);
  file.close();
  return path;
}

const typed = (values: number[], type: CountType): Float32Array | BigInt64Array =>
  type === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);

function writeMatrix(
  file: File,
  place: string,
  counts: number[][],
  layout: 'dense' | 'csr' | 'csc',
  type: CountType = 'float32',
): void {
  const shape = [counts.length, counts[0].length];
  if (layout === 'dense') {
    file.create_dataset({ name: place, data: typed(counts.flat(), type), shape });
    return;
  }
  const outer = layout === 'csr' ? counts : counts[0].map((_, j) => counts.map((row) => row[j]));
  const group = file.create_group(place);
  encoded(group, `${layout}_matrix`);
  group.create_attribute('shape', Int32Array.from(shape));
  const indptr = [0];
  const indices: number[] = [];
  const data: number[] = [];
  for (const row of outer) {
    row.forEach((value, i) => {
      if (value === 0) return;
      indices.push(i);
      data.push(value);
    });
    indptr.push(indices.length);
  }
  group.create_dataset({ name: 'data', data: typed(data, type) });
  group.create_dataset({ name: 'indices', data: Int32Array.from(indices) });
  group.create_dataset({ name: 'indptr', data: Int32Array.from(indptr) });
}

const expectToy = ({
  types,
  shares,
  genes,
}: {
  types: string[];
  shares: Float64Array;
  genes: Int32Array;
}): void => {
  expect(types).toEqual(['a', 'b']);
  expect(genes.length).toBe(12);
  const expected = [0, 1].flatMap((k) => GENES.map((_, j) => (Math.floor(j / 2) === 3 * k ? 0.5 : 0)));
  expect([...shares]).toEqual(expected);
};

test.each(['dense', 'csr', 'csc'] as const)('an AnnData file with %s counts', async (layout) => {
  const reference = await readReference(writeH5ad(`${layout}.h5ad`, { layout }), PANEL, OPTIONS);
  expectToy(reference);
  expect([...reference.cells!]).toEqual([3, 3]);
});

test.each(['dense', 'csr'] as const)('%s counts of 64-bit integers', async (layout) => {
  const path = writeH5ad(`${layout}-int64.h5ad`, { layout, type: 'int64' });
  expectToy(await readReference(path, PANEL, OPTIONS));
});

test('counts are taken from the first place that holds whole numbers', async () => {
  const path = writeH5ad('layer.h5ad', {
    counts: DENSE.map((row) => row.map((n) => n * 0.37)),
    damage: (file) => {
      file.create_group('layers');
      writeMatrix(file, 'layers/counts', DENSE, 'csr');
    },
  });
  const reference = await readReference(path, PANEL, OPTIONS);
  expectToy(reference);
  expect(reference.from).toBe('layers/counts');
});

test('cells of one type count alike, whatever their size', async () => {
  const counts = DENSE.map((row, c) => (c === 4 ? GENES.map((_, j) => (j === 5 ? 1000 : 0)) : row));
  const { shares } = await readReference(writeH5ad('mean.h5ad', { counts }), PANEL, OPTIONS);
  expect(shares[5]).toBeCloseTo(1 / 3, 12);
  expect(shares[0]).toBeCloseTo(1 / 3, 12);
});

test('a 10x matrix and a folder with Matrix Market give the same, labels by barcode', async () => {
  const labels = join(folder, 'labels.csv');
  await writeFile(labels, `barcode,cell_type\n${LABELS.map((label, c) => `BC${c}-1,${label}`).join('\n')}\n`);
  const path = join(folder, 'tenx.h5');
  const file = new File(path, 'w');
  writeMatrix(file, 'matrix', DENSE, 'csr');
  file.create_dataset({ name: 'matrix/barcodes', data: LABELS.map((_, c) => `BC${c}-1`) });
  file.create_group('matrix/features');
  file.create_dataset({ name: 'matrix/features/name', data: GENES });
  file.create_dataset({ name: 'matrix/features/id', data: PANEL.ids as string[] });
  file.close();
  expectToy(await readReference(path, PANEL, { ...OPTIONS, labelFile: labels }));
  const mtx = join(folder, 'mtx');
  await mkdir(mtx);
  await writeFile(
    join(mtx, 'features.tsv.gz'),
    gzipSync(GENES.map((g, j) => `ENSG${j}\t${g}\tGene Expression`).join('\n')),
  );
  await writeFile(join(mtx, 'barcodes.tsv'), LABELS.map((_, c) => `BC${c}-1`).join('\n'));
  const lines = DENSE.flatMap((row, c) => row.flatMap((n, j) => (n > 0 ? [`${j + 1} ${c + 1} ${n}`] : [])));
  await writeFile(
    join(mtx, 'matrix.mtx.gz'),
    gzipSync(`%%MatrixMarket matrix coordinate integer general\n12 6 ${lines.length}\n${lines.join('\n')}`),
  );
  expectToy(await readReference(mtx, PANEL, { ...OPTIONS, labelFile: labels }));
  await expect(readReference(path, PANEL, OPTIONS)).rejects.toThrow(/no cell types.*labelFile/);
  await writeFile(labels, 'barcode,cell_type\nother,a\n');
  await expect(readReference(path, PANEL, { ...OPTIONS, labelFile: labels })).rejects.toThrow(
    /no barcode has a label/,
  );
  await writeFile(join(mtx, 'barcodes.tsv'), 'BC0-1\nBC1-1\n');
  await writeFile(labels, 'barcode,cell_type\nBC0-1,a\nBC1-1,b\n');
  await expect(readReference(mtx, PANEL, { ...OPTIONS, labelFile: labels })).rejects.toThrow(
    /12 x 6.*2 barcodes/,
  );
});

test('a table of profiles: rows of one type are averaged, other columns passed over', async () => {
  const path = join(folder, 'profiles.csv');
  const row = (type: string, at: number, scale: number) =>
    `${GENES.map((_, j) => (Math.floor(j / 2) === at ? scale : 0)).join(',')},7,${type}`;
  await writeFile(
    path,
    `${GENES.join(',')},ct_idx,cell_type\n${row('a', 0, 1)}\n${row('b', 3, 2)}\n${row('a', 0, 9)}\n`,
  );
  expectToy(await readReference(path, PANEL, OPTIONS));
  await writeFile(
    path,
    `cell_type,${GENES.join(',')}\na,${GENES.map(() => 1).join(',')}\nb,nan,${GENES.slice(1)
      .map(() => 1)
      .join(',')}\n`,
  );
  await expect(readReference(path, PANEL, OPTIONS)).rejects.toThrow(
    /G0 in b is no number.*plain \(not scaled\) means/,
  );
  await writeFile(
    path,
    `cell_type,${GENES.join(',')}\na,${GENES.map(() => 1).join(',')}\nb,${GENES.map(() => -1).join(',')}\n`,
  );
  await expect(readReference(path, PANEL, OPTIONS)).rejects.toThrow(
    /is -1; expected means that are 0 or more/,
  );
  await writeFile(path, `cell_type,${GENES.join(',')}\na,${GENES.map(() => 1).join(',')}\n`);
  await expect(readReference(path, PANEL, OPTIONS)).rejects.toThrow(/one cell type; expected at least two/);
});

const said = (path: string, options: Partial<ReferenceOptions> = {}, panel = PANEL): Promise<string> =>
  readReference(path, panel, { ...OPTIONS, ...options }).then(
    () => 'nothing',
    (error) => `${error.code}: ${error.message}`,
  );

test('a reference that cannot be used says why in one sentence', async () => {
  const negative = DENSE.map((row, c) => row.map((n, j) => (c === 5 && j === 6 ? -2 : n)));
  expect(await said(writeH5ad('negative.h5ad', { counts: negative }))).toMatch(
    /REFERENCE_INVALID.*negative values \(-2\)/,
  );
  const nan = DENSE.map((row, c) => row.map((n, j) => (c === 0 && j === 0 ? Number.NaN : n)));
  expect(await said(writeH5ad('nan.h5ad', { counts: nan }))).toMatch(/holds NaN/);
  expect(await said(writeH5ad('half.h5ad', { counts: DENSE.map((row) => row.map((n) => n / 2)) }))).toMatch(
    /non-integers.*correct.reference.layer/,
  );
  expect(await said(writeH5ad('mouse.h5ad', { genes: GENES.map((g) => `mm-${g}`) }))).toMatch(
    /too few of its genes are on the slide \(0 of 12; reference: mm-G0, .*; slide: G0, /,
  );
  expect(await said(writeH5ad('single.h5ad', { labels: ['a', 'a', 'a', 'a', 'a', 'b'] }))).toMatch(
    /1 of 2 types have too few cells \(b \(1\)\); expected at least 2 cells of each type/,
  );
  expect(await said(writeH5ad('column.h5ad', {}), { labels: 'none' })).toMatch(
    /no column of text "none"; expected one of cell_type/,
  );
  expect(await said(join(folder, 'missing.h5ad'))).toMatch(/^INPUT_MISSING/);
  await writeFile(join(folder, 'text.h5ad'), 'this is no HDF5');
  expect(await said(join(folder, 'text.h5ad'))).toMatch(
    /REFERENCE_INVALID: text.h5ad: the file cannot be read/,
  );
  const torn = writeH5ad('torn.h5ad', {
    counts: DENSE,
    place: 'raw/X',
    damage: (file) => {
      file.create_group('X');
    },
  });
  expect(await said(torn)).toMatch(/X is of an unknown encoding \(none\)/);
});

test('what can be done without is warned about', async () => {
  const unlabelled = await readReference(
    writeH5ad('unlabelled.h5ad', { labels: ['a', 'b', 'a', 'b', null, 'b'] }),
    PANEL,
    OPTIONS,
  );
  expect(unlabelled.warnings.join()).toMatch(/1 of 6 cells have no label/);
  const rare = await readReference(
    writeH5ad('rare.h5ad', { labels: ['a', 'b', 'a', 'b', 'c', 'b'] }),
    PANEL,
    { ...OPTIONS, rareTypes: 'drop' },
  );
  expect(rare.types).toEqual(['a', 'b']);
  expect(rare.warnings.join()).toMatch(/1 types with fewer than 2 cells are left out \(c \(1\)\)/);
  const wide = {
    names: [...GENES, ...GENES.map((g) => `other-${g}`)],
    ids: [...GENES, ...GENES.map((g) => `x${g}`)],
  };
  const few = await readReference(writeH5ad('few.h5ad', {}), wide, OPTIONS);
  expect(few.warnings).toEqual([]);
  const wider = { names: [...wide.names, 'one more'], ids: [...wide.ids, 'y'] };
  expect((await readReference(writeH5ad('fewer.h5ad', {}), wider, OPTIONS)).warnings.join()).toMatch(
    /only 12 of 25 genes/,
  );
  const twice = await readReference(
    writeH5ad('twice.h5ad', { counts: DENSE.map((row) => [...row, row[0]]), genes: [...GENES, 'G0'] }),
    PANEL,
    OPTIONS,
  );
  expect(twice.warnings.join()).toMatch(/1 gene names occur more than once/);
  expect(twice.shares[0]).toBeCloseTo(2 / 3, 12);
});

test('genes are matched by Ensembl id, version or not', async () => {
  const path = writeH5ad('ensembl.h5ad', { genes: GENES.map((_, j) => `ENSG${j}.7`) });
  expectToy(await readReference(path, PANEL, OPTIONS));
});

const data = fileURLToPath(new URL('../../../../shared/data/references/', import.meta.url));

test.skipIf(!existsSync(data))('a scaled public file is refused, published profiles are read', async () => {
  const pbmc = join(data, 'pbmc/10x_pbmc68k_reduced.h5ad');
  const panel = { names: ['CD3D', 'CD74', 'LYZ', 'NKG7', 'MS4A1'], ids: [] as string[] };
  expect(await said(pbmc, { labels: 'bulk_labels' }, panel)).toMatch(/REFERENCE_INVALID.*no counts/);
  const { names } = {
    names: ['ABCC11', 'ACTA2', 'ACTG2', 'ADAM9', 'AQP1', 'AR', 'C1QA', 'CCND1', 'CD3D', 'CD3E', 'CD1C'],
  };
  const breast = await readReference(join(data, 'breast/sc_breast.csv'), { names, ids: names }, OPTIONS);
  expect(breast.types.length).toBe(15);
  expect(breast.genes.length).toBe(11);
});
