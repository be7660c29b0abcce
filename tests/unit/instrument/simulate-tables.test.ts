import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packCodes, packedBound } from '@spatile/instrument/simulate/packed-codes';
import { TableWriter } from '@spatile/instrument/simulate/table-writer';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { readParquet } from 'parquet-wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'spatile-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ROWS = 2503;
const GROUP = 1000;
const SPEC = {
  id: 'uint64',
  count: 'int64',
  number: 'int32',
  flag: 'uint8',
  x: 'float32',
  y: 'float64',
  text: 'string',
  name: 'string',
  code: 'code',
  is: 'bool',
  bytes: 'bytes',
} as const;

const row = (i: number) => ({
  id: (BigInt(1 + Math.floor(i / 700)) << 48n) + BigInt(i % 700),
  count: BigInt(i) - 5n,
  number: i * 7 - 100_000,
  flag: i % 3 === 0 ? 1 : 0,
  x: Math.fround(Math.sqrt(i) - 20),
  y: i / 7,
  text: `${i % 40}`,
  name: `row ${i} µm`,
  // Runs, then a different code in every row, then few codes again.
  code: i < 900 ? 70_000 : i < 1800 ? i * 13 : i % 5,
  is: i % 5 < 2,
  bytes: Uint8Array.from({ length: i % 9 }, (_, k) => k * i),
});
const textOf = (code: number): string => `code ${code}`;

describe('a table written in groups of rows', () => {
  const path = join(folder, 'table.parquet');
  let file: ArrayBuffer;
  beforeAll(() => {
    const table = new TableWriter(path, SPEC, {
      rowsPerGroup: GROUP,
      bounded: ['x'],
      texts: { code: textOf },
      metadata: { key: 'value' },
    });
    const write = (i: number, at: number): void => {
      const values = row(i);
      const { columns } = table;
      for (const name of Object.keys(SPEC) as (keyof typeof SPEC)[]) {
        const value = name === 'is' ? Number(values.is) : values[name];
        (columns[name] as unknown[])[at] = value;
      }
    };
    for (let i = 0; i < 300; i++) {
      write(i, table.at);
      table.next();
    }
    table.fill(ROWS - 300, (from, count, at) => {
      for (let k = 0; k < count; k++) write(300 + from + k, at + k);
    });
    table.finish();
    file = new Uint8Array(readFileSync(path)).buffer;
  });

  it('reads back in hyparquet', async () => {
    const rows = await parquetReadObjects({ file, utf8: false });
    expect(rows).toHaveLength(ROWS);
    for (const i of [0, 1, 299, 300, 699, 700, 899, 900, 999, 1000, 1801, 2000, ROWS - 1]) {
      expect(rows[i], `row ${i}`).toEqual({ ...row(i), code: textOf(row(i).code) });
    }
  });

  it('reads back in parquet-wasm, all of it', () => {
    const table = tableFromIPC(readParquet(readFileSync(path)).intoIPCStream());
    expect(table.numRows).toBe(ROWS);
    for (let i = 0; i < ROWS; i++) {
      const found = table.get(i)!.toJSON();
      const expected = { ...row(i), code: textOf(row(i).code) };
      for (const name of Object.keys(SPEC) as (keyof typeof SPEC)[]) {
        if (name === 'bytes') expect([...found.bytes]).toEqual([...expected.bytes]);
        else if (found[name] !== expected[name])
          expect(found[name], `${name} of row ${i}`).toBe(expected[name]);
      }
    }
  });

  it('tells its groups, their bounds and its metadata', () => {
    const { row_groups, key_value_metadata, num_rows } = parquetMetadata(file);
    expect(num_rows).toBe(BigInt(ROWS));
    expect(row_groups.map((group) => Number(group.num_rows))).toEqual([1000, 1000, 503]);
    expect(key_value_metadata).toEqual([{ key: 'key', value: 'value' }]);
    const x = row_groups[1].columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === 'x')!;
    expect(x.meta_data!.statistics).toMatchObject({ min_value: row(1000).x, max_value: row(1999).x });
  });
});

describe('packed codes', () => {
  it('unpack to what they were, runs and all', () => {
    const run = fc.tuple(fc.nat(200_000), fc.integer({ min: 1, max: 40 }));
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 60 }), (runs) => {
        const codes = Uint32Array.from(runs.flatMap(([code, n]) => new Array<number>(n).fill(code)));
        const width = 32 - Math.clz32(codes.reduce((a, b) => Math.max(a, b), 0));
        const bytes = new Uint8Array(packedBound(codes.length, width));
        const end = packCodes(codes, codes.length, width, bytes, 0);
        expect(end).toBeLessThanOrEqual(bytes.length);
        const read = new Int32Array(codes.length);
        const reader = { view: new DataView(bytes.buffer, 0, end), offset: 0 };
        readRleBitPackedHybrid(reader, width, read, end);
        expect([...read]).toEqual([...codes]);
        expect(reader.offset).toBe(end);
      }),
    );
  });
});
