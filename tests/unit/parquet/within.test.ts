import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NumberRange, openParquet } from '@spatile/formats/parquet/file';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROWS = 95;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-within-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Row groups of 10 rows: x is the number of the row, y that of the row group modulo 3. */
async function written(name: string, statistics: boolean): Promise<string> {
  const of = <T>(value: (i: number) => T): T[] => Array.from({ length: ROWS }, (_, i) => value(i));
  const columnData = [
    { name: 'x', data: of((i) => i), type: 'FLOAT' as const },
    { name: 'y', data: of((i) => Math.floor(i / 10) % 3), type: 'DOUBLE' as const },
  ];
  const path = join(folder, name);
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 10, statistics })));
  return path;
}

async function rowsWithin(path: string, ranges: Record<string, NumberRange>): Promise<number[]> {
  const part = (await openParquet(path)).within(ranges);
  const found: number[] = [];
  for await (const { firstRow, columns } of part.batches([{ name: 'x', as: 'float32', scale: 1 }], 7)) {
    expect(firstRow).toBe(found.length);
    found.push(...(columns[0] as Float32Array));
  }
  expect(part.rowCount).toBe(found.length);
  return found;
}

const from = (row: number, to: number): number[] => Array.from({ length: to - row }, (_, i) => row + i);

test('only row groups that may hold a row in all ranges are read', async () => {
  const path = await written('table.parquet', true);
  expect(await rowsWithin(path, {})).toEqual(from(0, ROWS));
  expect(await rowsWithin(path, { x: [19, 30] })).toEqual(from(10, 40));
  expect(await rowsWithin(path, { x: [19.5, 29.5] })).toEqual(from(20, 30));
  expect(await rowsWithin(path, { x: [0, 1000], y: [2, 9] })).toEqual([
    ...from(20, 30),
    ...from(50, 60),
    ...from(80, 90),
  ]);
  expect(await rowsWithin(path, { x: [94, 200] })).toEqual(from(90, ROWS));
  expect(await rowsWithin(path, { x: [95, 200] })).toEqual([]);
});

test('all of them where the footer says nothing', async () => {
  const path = await written('plain.parquet', false);
  expect(await rowsWithin(path, { x: [19, 30] })).toEqual(from(0, ROWS));
});
