import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { openParquet } from '@spatile/formats/parquet/file';
import { type ColumnRequest, checkColumns } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { Bool, Dictionary, Int32, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import {
  Compression,
  Encoding,
  Table as WasmTable,
  WriterPropertiesBuilder,
  WriterVersion,
  writeParquet,
} from 'parquet-wasm/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSharedData, shared, skipNote } from '../bundle/shared-data.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spatile-parquet-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let files = 0;
async function write(bytes: Uint8Array | ArrayBuffer): Promise<string> {
  const path = join(root, `table-${files++}.parquet`);
  await writeFile(path, new Uint8Array(bytes));
  return path;
}

const byHyparquet = (columnData: ColumnSource[], options = {}) =>
  write(parquetWriteBuffer({ columnData, ...options }));

/** Values of the requested columns; codes as their texts. */
async function read(path: string, requests: ColumnRequest[], rowsPerBatch = 1000): Promise<unknown[][]> {
  const columns: unknown[][] = requests.map(() => []);
  let rows = 0;
  for await (const batch of (await openParquet(path)).batches(requests, rowsPerBatch)) {
    expect(batch.firstRow).toBe(rows);
    rows += batch.length;
    requests.forEach((request, i) => {
      const values = [...batch.columns[i]];
      expect(values).toHaveLength(batch.length);
      columns[i].push(
        ...(request.as === 'code' ? values.map((code) => request.table.names[Number(code)]) : values),
      );
    });
  }
  return columns;
}

const code = (name: string): ColumnRequest => ({ name, as: 'code', table: new TextTable() });
const float = (name: string, scale = 1): ColumnRequest => ({ name, as: 'float32', scale });
const id = (name: string): ColumnRequest => ({ name, as: 'uint64' });

async function failure(attempt: Promise<unknown>): Promise<SpatileError> {
  const error = await attempt.then(
    () => new Error('nothing was thrown'),
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(SpatileError);
  expect(error.message).toMatch(/^[^\n]+: [^\n]+; expected [^\n]+; [^\n]+$/);
  return error;
}

describe('types', () => {
  it('reads numbers of every type as scaled floats', async () => {
    const path = await byHyparquet([
      { name: 'f', data: new Float32Array([1.5, -2.25]), type: 'FLOAT' },
      { name: 'd', data: new Float64Array([0.1, 1e300]), type: 'DOUBLE' },
      { name: 'i', data: new Int32Array([-7, 8]), type: 'INT32' },
      { name: 'l', data: new BigInt64Array([-9n, 2n ** 53n + 1n]), type: 'INT64' },
    ]);
    expect(
      await read(
        path,
        ['f', 'd', 'i', 'l'].map((name) => float(name, 0.5)),
      ),
    ).toEqual([
      [0.75, -1.125],
      [Math.fround(0.05), Infinity],
      [-3.5, 4],
      [-4.5, Math.fround((2 ** 53 + 1) / 2)],
    ]);
  });

  it('reads unsigned integers and decimals as what they mean', async () => {
    const unsigned = new Table({
      u32: vectorFromArray(Uint32Array.of(4294967295, 5)),
      u64: vectorFromArray(BigUint64Array.of(18446744073709551615n, 9007199254740993n)),
    });
    const path = await write(writeParquet(WasmTable.fromIPCStream(tableToIPC(unsigned, 'stream'))));
    expect(await read(path, [id('u32'), id('u64'), code('u64'), code('u32')])).toEqual([
      [4294967295n, 5n],
      [18446744073709551615n, 9007199254740993n],
      ['18446744073709551615', '9007199254740993'],
      ['4294967295', '5'],
    ]);
  });

  it('reads decimals as numbers', async () => {
    const schema = [
      { name: 'root', num_children: 1 },
      {
        name: 'dec',
        type: 'INT32',
        converted_type: 'DECIMAL',
        scale: 2,
        precision: 9,
        repetition_type: 'REQUIRED',
      },
    ];
    const path = await byHyparquet([{ name: 'dec', data: [12.34, -0.05] }], { schema });
    expect(await read(path, [float('dec')])).toEqual([[12.34, -0.05].map(Math.fround)]);
  });

  it('reads text, plain bytes, integers, booleans and whole floats as codes, nulls as the empty text', async () => {
    const path = await byHyparquet([
      { name: 'text', data: ['a', null, 'ß', 'a'], type: 'STRING' },
      { name: 'bytes', data: ['a', 'b', 'c', 'a'].map((letter) => Buffer.from(letter)), type: 'BYTE_ARRAY' },
      { name: 'flag', data: [true, false, null, true], type: 'BOOLEAN' },
      { name: 'int', data: [1, -1, null, 2], type: 'INT32' },
      { name: 'pandas', data: [1, Number.NaN, null, 2], type: 'DOUBLE' },
    ]);
    expect(await read(path, ['text', 'bytes', 'flag', 'int', 'pandas'].map(code))).toEqual([
      ['a', '', 'ß', 'a'],
      ['a', 'b', 'c', 'a'],
      ['true', 'false', '', 'true'],
      ['1', '-1', '', '2'],
      ['1', '', '', '2'],
    ]);
  });

  it('gives NaN for null numbers and refuses null and negative ids', async () => {
    const path = await byHyparquet([
      { name: 'x', data: [1.5, null, 2.5], type: 'FLOAT' },
      { name: 'id', data: [1n, null, 3n], type: 'INT64' },
      { name: 'minus', data: [1n, -2n, 3n], type: 'INT64' },
    ]);
    expect(await read(path, [float('x')])).toEqual([[1.5, Number.NaN, 2.5]]);
    expect((await failure(read(path, [id('id')]))).code).toBe('COLUMN_TYPE');
    const error = await failure(read(path, [id('minus')]));
    expect([error.code, error.message.includes('-2')]).toEqual(['COLUMN_TYPE', true]);
  });

  it('lists nested and dated columns as unreadable and checks types by name', async () => {
    const path = await byHyparquet([
      { name: 'when', data: [new Date(0)], type: 'TIMESTAMP' },
      { name: 'x', data: [1.5], type: 'FLOAT' },
      { name: 'gene', data: ['A'], type: 'STRING' },
    ]);
    const table = await openParquet(path);
    expect(table.columns.map(({ kind }) => kind)).toEqual(['other', 'float', 'text']);
    const check = async (name: string, use: 'number' | 'name' | 'integer') =>
      checkColumns(table, [{ name, use }], 'expected it; look');
    await check('x', 'number');
    expect((await failure(check('when', 'number'))).code).toBe('COLUMN_TYPE');
    expect((await failure(check('gene', 'number'))).code).toBe('COLUMN_TYPE');
    expect((await failure(check('x', 'integer'))).code).toBe('COLUMN_TYPE');
    expect((await failure(check('y', 'number'))).message).toContain('no column "y" (found: when, x, gene)');
  });
});

describe('encodings and sizes', () => {
  const n = 8_000;
  const names = Array.from({ length: n }, (_, i) => `gene ${(i * 7919) % 300}`);
  const cells = Array.from({ length: n }, (_, i) => `cell-${(i * 104729) % 5_003}`);
  const ids = BigInt64Array.from({ length: n }, (_, i) => 281474976710656n + BigInt(i * 3));
  const x = Float32Array.from({ length: n }, (_, i) => Math.fround(i * 0.37 - 50));

  it.each([1, 997, 50_000])(
    'reads batches of %i rows over row groups and pages of other sizes',
    async (rowsPerBatch) => {
      const path = await byHyparquet(
        [
          { name: 'gene', data: names, type: 'STRING' },
          { name: 'cell', data: cells, type: 'STRING' },
          { name: 'id', data: ids, type: 'INT64' },
          { name: 'x', data: x, type: 'FLOAT' },
        ],
        { rowGroupSize: [3000, 1000, 4000], pageSize: 5000 },
      );
      expect((await openParquet(path)).rowCount).toBe(n);
      const few = rowsPerBatch === 1 ? 2000 : n;
      const batches: unknown[][] = [[], [], [], []];
      const requests = [code('gene'), code('cell'), id('id'), float('x')];
      for await (const { columns } of (await openParquet(path)).batches(requests, rowsPerBatch)) {
        requests.forEach((request, i) => {
          const values = [...columns[i]];
          batches[i].push(
            ...(request.as === 'code' ? values.map((value) => request.table.names[Number(value)]) : values),
          );
        });
        if (batches[0].length >= few) break;
      }
      expect(batches).toEqual([names, cells, [...ids], [...x]].map((column) => column.slice(0, few)));
    },
  );

  it.each(['DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'PLAIN'] as const)(
    'reads text as %s',
    async (encoding) => {
      expect(
        await read(await byHyparquet([{ name: 'gene', data: names, type: 'STRING', encoding }]), [
          code('gene'),
        ]),
      ).toEqual([names]);
    },
  );

  it.each(['BYTE_STREAM_SPLIT', 'PLAIN'] as const)('reads floats as %s', async (encoding) => {
    expect(
      await read(await byHyparquet([{ name: 'x', data: x, type: 'FLOAT', encoding }]), [float('x')]),
    ).toEqual([[...x]]);
  });

  it('reads integers as DELTA_BINARY_PACKED', async () => {
    const path = await byHyparquet([
      { name: 'id', data: ids, type: 'INT64', encoding: 'DELTA_BINARY_PACKED' },
    ]);
    expect(await read(path, [id('id')])).toEqual([[...ids]]);
  });

  const dictionary = () => {
    const texts = vectorFromArray(
      names.map((name, i) => (i % 11 === 0 ? null : name)),
      new Dictionary(new Utf8(), new Int32()),
    );
    const flags = vectorFromArray(
      names.map((_, i) => (i % 5 === 0 ? null : i % 3 === 0)),
      new Bool(),
    );
    return WasmTable.fromIPCStream(
      tableToIPC(
        new Table({ gene: texts, id: vectorFromArray(ids), x: vectorFromArray(x), flag: flags }),
        'stream',
      ),
    );
  };
  const expected = [
    names.map((name, i) => (i % 11 === 0 ? '' : name)),
    [...ids],
    [...x],
    names.map((_, i) => (i % 5 === 0 ? '' : String(i % 3 === 0))),
  ];
  const wanted = () => [code('gene'), id('id'), float('x'), code('flag')];

  it.each(['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI', 'LZ4_RAW', 'ZSTD'] as const)(
    'reads what parquet-rs writes with %s',
    async (codec) => {
      const properties = new WriterPropertiesBuilder()
        .setCompression(Compression[codec])
        .setMaxRowGroupSize(3000)
        .build();
      expect(await read(await write(writeParquet(dictionary(), properties)), wanted())).toEqual(expected);
    },
  );

  it('reads version 2 pages with and without dictionaries', async () => {
    for (const withDictionary of [true, false]) {
      const properties = new WriterPropertiesBuilder()
        .setWriterVersion(WriterVersion.V2)
        .setDictionaryEnabled(withDictionary)
        .setCompression(Compression.SNAPPY)
        .setDataPageSizeLimit(4096)
        .build();
      expect(await read(await write(writeParquet(dictionary(), properties)), wanted())).toEqual(expected);
    }
  });

  it('reads parquet-rs byte stream split', async () => {
    const properties = new WriterPropertiesBuilder()
      .setColumnEncoding('x', Encoding.BYTE_STREAM_SPLIT)
      .setDictionaryEnabled(false)
      .build();
    expect(await read(await write(writeParquet(dictionary(), properties)), wanted())).toEqual(expected);
  });
});

describe('damaged files', () => {
  it('refuses what is not Parquet and what is cut off', async () => {
    expect((await failure(openParquet(join(root, 'nowhere.parquet')))).code).toBe('INPUT_MISSING');
    expect((await failure(openParquet(root))).code).toBe('INPUT_UNREADABLE');
    for (const text of ['', 'PAR1', 'x'.repeat(100), `${'x'.repeat(100)}\xff\xff\xff\x7fPAR1`]) {
      expect((await failure(openParquet(await write(Buffer.from(text, 'latin1'))))).code).toBe(
        'PARQUET_INVALID',
      );
    }
  });

  it.skipIf(!hasSharedData)(
    `ends with one sentence or right values wherever a bit flips${skipNote}`,
    async () => {
      const names = ['transcript_id', 'cell_id', 'feature_name', 'x_location', 'qv', 'is_gene'];
      for (const file of ['xenium/prime-ovarian-rows', 'xenium/lung-10k', 'xenium/breast-crop/outs']) {
        const whole = await readFile(shared(`${file}/transcripts.parquet`));
        const rows = (await openParquet(shared(`${file}/transcripts.parquet`))).rowCount;
        let state = 1;
        for (let trial = 0; trial < 60; trial++) {
          const damaged = Buffer.from(whole);
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          // Half of the trials hit the footer, where sizes and offsets are.
          const at = trial % 2 ? state % whole.length : whole.length - 1 - (state % 4000);
          damaged[at] ^= 1 << (trial % 8);
          const path = await write(damaged);
          try {
            const table = await openParquet(path);
            const present = names.filter((name) =>
              table.columns.some((column) => column.name === name && column.kind !== 'other'),
            );
            let read = 0;
            const requests = present.map((name): ColumnRequest => {
              const { kind } = table.columns.find((column) => column.name === name)!;
              if (kind === 'float') return float(name);
              return kind === 'integer' && name === 'transcript_id' ? id(name) : code(name);
            });
            for await (const batch of table.batches(requests, 4096)) read += batch.length;
            expect(read).toBe(rows);
          } catch (cause) {
            if (!(cause instanceof SpatileError)) throw cause;
            expect(['PARQUET_INVALID', 'COLUMN_TYPE']).toContain(cause.code);
            expect(cause.message).toMatch(/^[^\n]+; expected [^\n]+; [^\n]+$/);
          }
          await rm(path);
        }
      }
    },
  );
});
