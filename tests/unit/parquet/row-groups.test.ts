import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import { decodeRowGroups, type RowGroupDecoder } from '@spatile/formats/parquet/row-groups';
import type { ColumnRequest } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROWS = 10_007;
let root = '';
let path = '';
/** Six row groups, each a job of its own. */
let large = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spatile-groups-'));
  path = join(root, 'table.parquet');
  const of = <T>(value: (i: number) => T): T[] => Array.from({ length: ROWS }, (_, i) => value(i));
  const columnData = [
    { name: 'x', data: of((i) => Math.sin(i)), type: 'FLOAT' as const },
    { name: 'maybe', data: of((i) => (i % 5 === 0 ? null : i / 3)), type: 'DOUBLE' as const },
    { name: 'id', data: of((i) => BigInt(i) * 977n), type: 'INT64' as const },
    { name: 'gene', data: of((i) => `gene ${(i * i) % 1009}`), type: 'STRING' as const },
    { name: 'cell', data: of((i) => (i % 7 === 0 ? null : `cell ${i >> 4}`)), type: 'STRING' as const },
    { name: 'flag', data: of((i) => i % 11 === 3), type: 'BOOLEAN' as const },
  ];
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1000 })));
  large = join(root, 'large.parquet');
  const data = Array.from({ length: 600_000 }, (_, i) => i);
  const one = [{ name: 'x', data, type: 'FLOAT' as const }];
  await writeFile(large, new Uint8Array(parquetWriteBuffer({ columnData: one, rowGroupSize: 100_000 })));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Decodes as a thread does, which gets and gives copies; counts the jobs that are out at once. */
function copying(ahead: number): RowGroupDecoder & { most: number; jobs: number } {
  let out = 0;
  const decoder = {
    ahead,
    most: 0,
    jobs: 0,
    decode: async (job: Parameters<RowGroupDecoder['decode']>[0]) => {
      decoder.jobs++;
      decoder.most = Math.max(decoder.most, ++out);
      return structuredClone(await decodeRowGroups(structuredClone(job)).finally(() => out--));
    },
  };
  return decoder;
}

const justX: ColumnRequest[] = [{ name: 'x', as: 'float32', scale: 1 }];

const requests = (): (ColumnRequest & { table?: TextTable })[] => [
  { name: 'x', as: 'float32', scale: -2 },
  { name: 'maybe', as: 'float32', scale: 1 },
  { name: 'id', as: 'uint64' },
  ...['gene', 'cell', 'flag'].map((name) => ({ name, as: 'code' as const, table: new TextTable() })),
];

async function rowsOf(file: string, perBatch: number, decoder: RowGroupDecoder | null): Promise<string[]> {
  const wanted = requests();
  const rows: string[] = [];
  for await (const { firstRow, length, columns } of (await openParquet(file)).batches(
    wanted,
    perBatch,
    decoder,
  )) {
    expect([firstRow, length <= perBatch]).toEqual([rows.length, true]);
    for (let i = 0; i < length; i++)
      rows.push(wanted.map(({ table }, c) => table?.names[Number(columns[c][i])] ?? columns[c][i]).join());
  }
  return rows;
}

describe('row groups that are decoded elsewhere', () => {
  it('give the rows that streaming gives, in their order', async () => {
    const streamed = await rowsOf(path, 700, null);
    expect(streamed).toHaveLength(ROWS);
    for (const [ahead, perBatch] of [
      [1, 300],
      [2, 1 << 17],
      [9, 1001],
    ])
      expect(await rowsOf(path, perBatch, copying(ahead))).toEqual(streamed);
  });

  it('are joined where they are small', async () => {
    const decoder = copying(4);
    await rowsOf(path, 1 << 17, decoder);
    expect(decoder.jobs).toBe(1);
  });

  it('are given out ahead, and no more than was asked for', async () => {
    const decoder = copying(3);
    let sum = 0;
    for await (const { columns } of (await openParquet(large)).batches(justX, 1 << 17, decoder))
      for (const value of columns[0] as Float32Array) sum += value;
    expect([decoder.jobs, sum]).toEqual([6, (600_000 * 599_999) / 2]);
    expect(decoder.most).toBeGreaterThan(1);
    expect(decoder.most).toBeLessThanOrEqual(3);
  });

  it('fail with the sentence that streaming fails with', async () => {
    const bytes = await readFile(path);
    bytes.fill(0xff, 20_000, 60_000);
    const damaged = join(root, 'damaged.parquet');
    await writeFile(damaged, bytes);
    const said = (decoder: RowGroupDecoder | null): Promise<string> =>
      rowsOf(damaged, 500, decoder).then(
        () => 'nothing',
        ({ code, message }) => `${code} ${message}`,
      );
    expect(await said(copying(2))).toMatch(/^PARQUET_INVALID .*damaged\.parquet: .*row group \d+ of 11/);
    expect(await said(null)).toMatch(/^PARQUET_INVALID/);
  });

  it('leave nothing behind when reading stops before what was decoded ahead fails', async () => {
    let jobs = 0;
    const decode: RowGroupDecoder['decode'] = (job) =>
      jobs++ === 0 ? decodeRowGroups(job) : Promise.reject(new Error('late'));
    for await (const { length } of (await openParquet(large)).batches(justX, 1 << 17, { ahead: 3, decode })) {
      expect(length).toBe(100_000);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(jobs).toBe(3);
  });
});
