import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf } from '@spatile/coordinator/correct/blocks';
import { storedCounts } from '@spatile/coordinator/correct/counts/stored';
import { rowsOf } from '@spatile/coordinator/correct/counts/table';
import type { TranscriptBatch } from '@spatile/coordinator/correct/transcripts/source';
import { TranscriptSpool } from '@spatile/coordinator/correct/transcripts/spool';
import { RunStore } from '@spatile/coordinator/run/store';
import { IDENTITY } from '@spatile/formats/space';
import { readAnnotation, readTable } from '@spatile/formats/spatialdata/read';
import { type CsrMatrix, createSpatialData } from '@spatile/formats/spatialdata/write';
import { RandomStream } from '@spatile/random/stream';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-streaming-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A matrix of so many rows with `perRow` entries each. */
function matrixOf(rows: number, genes: number, perRow: number): CsrMatrix & { data: Int32Array } {
  const stride = Math.floor(genes / perRow);
  return {
    indptr: Int32Array.from({ length: rows + 1 }, (_, i) => i * perRow),
    indices: Int32Array.from({ length: rows * perRow }, (_, e) => (e % perRow) * stride + (e % stride)),
    data: Int32Array.from({ length: rows * perRow }, (_, e) => 1 + (e % 5)),
  };
}

async function storeOf(name: string, matrix: CsrMatrix, genes: number): Promise<string> {
  const path = join(folder, name);
  const cells = matrix.indptr.length - 1;
  const writer = await createSpatialData(path, { attrs: {}, pixelSizeUm: null, micronsToGlobal: IDENTITY });
  await writer.table('table', {
    obsIndex: Array.from({ length: cells }, (_, i) => `cell-${i}`),
    obs: [],
    varIndex: Array.from({ length: genes }, (_, j) => `G${j}`),
    var: [],
    x: matrix,
    obsm: { spatial: { data: new Float64Array(2 * cells), columns: 2 } },
    region: null,
  });
  await writer.finish();
  return path;
}

test('counts streamed from a store are those that are there, in memory of a few chunks', async () => {
  const [cells, genes, perRow] = [10_000, 5000, 250];
  const path = await storeOf('wide.zarr', matrixOf(cells, genes, perRow), genes);
  const whole = (await readTable(path)).x;
  const table = await storedCounts(path, 'table', await readAnnotation(path));
  expect(table.start[cells]).toBe(cells * perRow);
  let most = 0;
  let entries = 0;
  for (const { from, to } of blocksOf(cells)) {
    const { indices, data } = await table.rows(from, to);
    const [begin, end] = [Number(whole.indptr[from]), Number(whole.indptr[to])];
    expect(bytesOf(indices).equals(bytesOf(whole.indices.subarray(begin, end)))).toBe(true);
    expect(bytesOf(data).equals(bytesOf(whole.data.subarray(begin, end)))).toBe(true);
    most = Math.max(most, indices.byteLength + data.byteLength);
    entries += data.length;
  }
  expect(entries).toBe(cells * perRow);
  // A block is 2 MB of the 20 MB that the matrix takes.
  expect(most).toBe(8 * 1024 * perRow);
  const picked = await rowsOf(table, [9999, 3, 2048, 4], null);
  expect([...picked.length]).toEqual([perRow, perRow, perRow, perRow]);
  expect([...picked.gene.subarray(perRow, 2 * perRow)]).toEqual([
    ...whole.indices.subarray(3 * perRow, 4 * perRow),
  ]);
});

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

const refused = async (name: string, change: (matrix: CsrMatrix & { data: Int32Array }) => CsrMatrix) => {
  const path = await storeOf(name, change(matrixOf(4, 20, 5)), 20);
  const table = await storedCounts(path, 'table', await readAnnotation(path));
  return table.rows(0, 4).then(
    () => 'nothing',
    (error) => `${error.code}: ${error.message}`,
  );
};

test('counts that are none are refused in one sentence', async () => {
  const with0 = (value: number) => (matrix: CsrMatrix & { data: Int32Array }) => ({
    ...matrix,
    data: Float32Array.from(matrix.data, (n, e) => (e === 7 ? value : n)),
  });
  expect(await refused('fine.zarr', with0(3))).toBe('nothing');
  for (const [name, value] of [
    ['half', 0.5],
    ['negative', -1],
    ['nan', Number.NaN],
    ['huge', 2 ** 30],
  ] as const)
    expect(await refused(`${name}.zarr`, with0(value))).toMatch(
      /^STORE_INVALID: \w+\.zarr: the counts of its table hold .*; expected whole numbers from 0 to 16777215; /,
    );
});

test('a store whose parts do not fit is refused', async () => {
  const path = await storeOf('cut.zarr', matrixOf(4, 20, 5), 20);
  await writeFile(join(path, 'tables/table/X/data/c/0'), 'this is no chunk');
  const table = await storedCounts(path, 'table', await readAnnotation(path));
  await expect(table.rows(0, 4)).rejects.toMatchObject({ code: 'STORE_INVALID' });
  const annotation = await readAnnotation(path);
  await expect(storedCounts(path, 'table', { ...annotation, obsm: {} })).rejects.toThrow(
    'has no obsm/spatial; expected places of the cells',
  );
  for (const value of [Number.NaN, Infinity]) {
    const spatial = { data: Float64Array.from({ length: 8 }, (_, i) => (i === 5 ? value : i)), columns: 2 };
    await expect(storedCounts(path, 'table', { ...annotation, obsm: { spatial } })).rejects.toMatchObject({
      code: 'STORE_INVALID',
      message: expect.stringContaining(
        `the place of cell 2 in its table's obsm/spatial is ${value}; expected places of all cells in microns; `,
      ),
    });
  }
  await expect(
    storedCounts(path, 'table', { ...annotation, obsIndex: annotation.obsIndex.slice(1) }),
  ).rejects.toThrow('expected a sparse matrix of 3 rows');
});

/** Transcripts of 2,500 cells in no order of cells, some background and some controls among them. */
function batches(): TranscriptBatch[] {
  const random = new RandomStream(4, 'test.spool');
  return Array.from({ length: 4 }, (_, b) => {
    const n = 3000;
    const draw = (most: number) => Int32Array.from({ length: n }, () => random.integer(most + 1) - 1);
    return {
      row: draw(2500),
      gene: draw(30),
      x: Float32Array.from({ length: n }, () => random.uniform()),
      y: Float32Array.from({ length: n }, () => random.uniform()),
      z: new Float32Array(n),
      id: BigUint64Array.from({ length: n }, (_, i) => BigInt(b * n + i)),
    };
  });
}

async function* source() {
  yield* batches();
}

test('transcripts come by block, cell after cell in the order they came, whatever is held at once', async () => {
  const expected = new Map<number, bigint[]>();
  for (const batch of batches())
    batch.row.forEach((row, i) => {
      if (row >= 0 && batch.gene[i] >= 0) expected.set(row, [...(expected.get(row) ?? []), batch.id[i]]);
    });
  for (const held of [700, 2 ** 20]) {
    const store = new RunStore(join(folder, `spool-${held}`));
    await store.create();
    const spool = new TranscriptSpool(store, { hasZ: false, batches: source }, 2500, held);
    for (const block of blocksOf(2500)) {
      const { length, id } = await spool.ofBlock(block);
      let at = 0;
      length.forEach((n, i) => {
        expect([...id.subarray(at, at + n)]).toEqual(expected.get(block.from + i) ?? []);
        at += n;
      });
      expect(at).toBe(id.length);
    }
  }
});

test('what an interrupted attempt left is made anew, what is complete is not made again', async () => {
  const store = new RunStore(join(folder, 'spool-again'));
  await store.create();
  const fail = async function* () {
    yield* batches().slice(0, 2);
    throw new Error('stopped');
  };
  const [block] = blocksOf(2500);
  const broken = new TranscriptSpool(store, { hasZ: false, batches: fail }, 2500, 500);
  await expect(broken.ofBlock(block)).rejects.toThrow('stopped');
  expect((await readdir(store.path('correct-transcripts'))).length).toBeGreaterThan(0);
  const whole = await new TranscriptSpool(store, { hasZ: false, batches: source }, 2500).ofBlock(block);
  const again = await new TranscriptSpool(store, { hasZ: false, batches: fail }, 2500).ofBlock(block);
  expect(again).toEqual(whole);
});
