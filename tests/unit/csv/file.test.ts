import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openCsv } from '@spatile/formats/csv/file';
import { SpatileError } from '@spatile/formats/errors';
import type { ColumnRequest } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { parse as parseReference } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spatile-csv-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let files = 0;
async function write(content: string | Uint8Array): Promise<string> {
  const path = join(root, `table-${files++}.csv`);
  await writeFile(path, content);
  return path;
}

/** All rows of the named columns as text. */
async function texts(path: string, names: string[], rowsPerBatch = 1000): Promise<string[][]> {
  const table = await openCsv(path);
  const codes = names.map(() => new TextTable());
  const requests = names.map((name, i): ColumnRequest => ({ name, as: 'code', table: codes[i] }));
  const rows: string[][] = [];
  for await (const { columns, length, firstRow } of table.batches(requests, rowsPerBatch)) {
    expect(firstRow).toBe(rows.length);
    for (let row = 0; row < length; row++)
      rows.push(columns.map((column, i) => codes[i].names[Number(column[row])]));
  }
  return rows;
}

async function numbers(path: string, name: string, scale = 1): Promise<number[]> {
  const values: number[] = [];
  for await (const { columns } of (await openCsv(path)).batches([{ name, as: 'float32', scale }], 1000)) {
    values.push(...(columns[0] as Float32Array));
  }
  return values;
}

async function failure(attempt: Promise<unknown>): Promise<SpatileError> {
  const error = await attempt.then(
    () => new Error('nothing was thrown'),
    (cause) => cause,
  );
  expect(error).toBeInstanceOf(SpatileError);
  expect(error.message).toMatch(/^[^\n]+: [^\n]+; expected [^\n]+; [^\n]+$/);
  return error;
}

describe('layout of a CSV file', () => {
  it('reads commas and tabs, BOM, CRLF, no last line end, quotes and an empty first name', async () => {
    expect(await texts(await write('a,b\n1,x\n2,y'), ['b', 'a'])).toEqual([
      ['x', '1'],
      ['y', '2'],
    ]);
    expect(await texts(await write('a\tb\r\n1,5\tx\r\n'), ['a', 'b'])).toEqual([['1,5', 'x']]);
    expect(await texts(await write('\uFEFFa,b\n1,x\n'), ['a'])).toEqual([['1']]);
    expect(await texts(await write(',a\n0,x\n1,y\n'), ['a', ''])).toEqual([
      ['x', '0'],
      ['y', '1'],
    ]);
    expect(
      await texts(await write('"a","b ""c"""\r\n"x, y","say ""hi""\nthere"\r\n'), ['a', 'b "c"']),
    ).toEqual([['x, y', 'say "hi"\nthere']]);
  });

  it('skips empty lines but keeps rows of empty fields', async () => {
    expect(await texts(await write('a,b\n\n1,x\n\r\n,\n\n'), ['a', 'b'])).toEqual([
      ['1', 'x'],
      ['', ''],
    ]);
  });

  it('has no rows when there is only a header', async () => {
    expect(await texts(await write('a,b\n'), ['a'])).toEqual([]);
    expect(await texts(await write('a,b'), ['a'])).toEqual([]);
  });

  it('unpacks gzip by content, several members too', async () => {
    const packed = Buffer.concat([gzipSync('a,b\n1,x\n'), gzipSync('2,y\n')]);
    expect(await texts(await write(packed), ['a'])).toEqual([['1'], ['2']]);
  });

  it('lists its columns and allows a repeated name that nobody asks for', async () => {
    const path = await write('a,b,b\n1,2,3\n');
    expect((await openCsv(path)).columns.map(({ name }) => name)).toEqual(['a', 'b', 'b']);
    expect(await texts(path, ['a'])).toEqual([['1']]);
    expect((await failure(texts(path, ['b']))).code).toBe('CSV_INVALID');
  });

  it('decodes one column in two ways at once', async () => {
    const table = new TextTable();
    const requests: ColumnRequest[] = [
      { name: 'a', as: 'uint64' },
      { name: 'a', as: 'float32', scale: 2 },
      { name: 'a', as: 'code', table },
    ];
    for await (const { columns } of (await openCsv(await write('a,b\n9007199254740993,x\n'))).batches(
      requests,
      10,
    )) {
      expect([...columns[0]]).toEqual([9007199254740993n]);
      expect([...columns[1]]).toEqual([Math.fround(2 * 2 ** 53)]);
      expect(table.names).toEqual(['9007199254740993']);
    }
  });

  it('agrees with csv-parse on any table, for any batch size and across chunk borders', async () => {
    const field = fc.string({
      unit: fc.constantFrom('a', 'ß', '"', ',', '\n', '\r\n', ' ', '7', '-'),
      maxLength: 5,
    });
    const row = fc.tuple(field, field, field);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        async (rows, size) => {
          const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
          const line = (fields: string[]) => fields.map(quote).join(',');
          const content = `${['p', 'q', 'r'].join(',')}\n${rows.map(line).join('\n')}\n`;
          const expected = parseReference(content, { from_line: 2, relax_column_count: false }) as string[][];
          expect(await texts(await write(content), ['p', 'q', 'r'], size)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads records that lie across the borders of file chunks', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => [`${i}`, `"name, ${i % 977}"`]);
    const path = await write(`i,name\n${rows.map((row) => row.join(',')).join('\n')}\n`);
    const read = await texts(path, ['i', 'name'], 4096);
    expect(read).toHaveLength(60_000);
    expect(read.every(([i, name], row) => i === `${row}` && name === `name, ${row % 977}`)).toBe(true);
  });
});

describe('numbers', () => {
  it('scales in double before rounding to float, keeps missing ones as NaN', async () => {
    const path = await write('x,y\n4829.825,1\n-0.1,2\nNA,3\n,4\n1e2,5\ninf,6\n');
    expect(await numbers(path, 'x', 0.12)).toEqual(
      [4829.825 * 0.12, -0.1 * 0.12, Number.NaN, Number.NaN, 12, Infinity].map(Math.fround),
    );
  });

  it('names the column and the line of what is not a number', async () => {
    const error = await failure(numbers(await write('x,y\n1,2\n\nten,3\n'), 'x'));
    expect([error.code, error.message.includes('"x"'), error.message.includes('"ten" in line 4')]).toEqual([
      'COLUMN_TYPE',
      true,
      true,
    ]);
  });

  it('says decimal comma where it is one', async () => {
    expect((await failure(numbers(await write('x\ty\n1,5\t2\n'), 'x'))).message).toContain('decimal comma');
    expect((await failure(numbers(await write('x,y\n"1,5",2\n'), 'x'))).message).toContain('decimal comma');
    expect((await failure(numbers(await write('x,y\n1,5,2,25\n'), 'x'))).message).toContain('decimal commas');
  });

  it('refuses ids that are not integers', async () => {
    const table = await openCsv(await write('id,y\n1.0,2\n'));
    const read = async () => {
      for await (const _ of table.batches([{ name: 'id', as: 'uint64' }], 10));
    };
    expect((await failure(read())).code).toBe('COLUMN_TYPE');
  });
});

describe('damaged CSV files', () => {
  it.each([
    ['a,b\n1\n', 'line 2 has 1 fields (the header has 2)'],
    ['a,b\n1,2\n1,2,3\n', 'line 3 has at least 3 fields'],
    ['a,b\n"x\ny",2\n1\n', 'line 4 has 1 fields'],
    ['a,b\n"1,2\n', 'a quote is not closed'],
    ['a,b\n"1"x,2\n', 'text follows a closing quote'],
    ['a;b\n1;2\n', 'separated by ";"'],
    ['\n1,2\n', 'the first line is empty'],
    ['PK\0\0,b\n', 'binary'],
  ])('%j', async (content, found) => {
    const error = await failure(texts(await write(content), ['a']));
    expect([error.code, error.message]).toEqual(['CSV_INVALID', expect.stringContaining(found)]);
  });

  it('says that a file is empty, missing or truncated', async () => {
    expect((await failure(openCsv(await write('')))).code).toBe('INPUT_EMPTY');
    expect((await failure(openCsv(join(root, 'nowhere.csv')))).code).toBe('INPUT_MISSING');
    const content = `a,b\n${'1234,5678\n'.repeat(5000)}`;
    const packed = gzipSync(content);
    const error = await failure(texts(await write(packed.subarray(0, packed.length - 9)), ['a']));
    expect([error.code, error.message.includes('truncated')]).toEqual(['CSV_INVALID', true]);
    const flipped = Buffer.from(packed);
    flipped[flipped.length - 6] ^= 0xff; // the checksum
    expect((await failure(texts(await write(flipped), ['a']))).code).toBe('CSV_INVALID');
  });
});
