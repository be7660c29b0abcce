import type { DecodedArray } from 'hyparquet';
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { byteStreamSplit } from 'hyparquet/src/encoding.js';
import { readPlain } from 'hyparquet/src/plain.js';
import { SpatileError } from '../errors.ts';
import type { ColumnArray, ColumnRequest } from '../tabular/columns.ts';
import type { TextTable } from '../tabular/text-table.ts';
import type { EncodedPage } from './pages.ts';
import { decodeRle } from './rle.ts';
import type { ParquetColumn } from './schema.ts';

/**
 * Decodes a page into the array a request asks for, one entry per row.
 *
 * `dictionary` is the chunk's dictionary page decoded by this same function, so texts are looked up once per dictionary
 * entry and not once per row. Throws plain errors for damaged bytes and `COLUMN_TYPE` for values that cannot be
 * represented.
 */
export function decodePage(
  page: EncodedPage,
  column: ParquetColumn,
  request: ColumnRequest,
  dictionary: ColumnArray | null,
): ColumnArray {
  const values = decodeValues(page, column, request, dictionary);
  return page.present ? spread(values, page.present, column, request) : values;
}

function decodeValues(
  page: EncodedPage,
  column: ParquetColumn,
  request: ColumnRequest,
  dictionary: ColumnArray | null,
): ColumnArray {
  const { bytes, offset, valueCount: count } = page;
  switch (page.encoding) {
    case 'PLAIN':
      if (column.physical === 'BYTE_ARRAY') return plainTexts(bytes, offset, count, codeTable(request));
      return convert(plainNumbers(page, column), column, request);
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY':
      if (!dictionary) throw new Error('a page refers to a dictionary that is not there');
      return lookUp(page, dictionary);
    case 'RLE': {
      const flags = new Uint8Array(count);
      if (count > 0) decodeRle(bytes, offset + 4, bytes.length, 1, flags, count);
      return convert(Array.from(flags, Boolean), column, request);
    }
    default:
      return convert(otherEncoding(page, column), column, request);
  }
}

/** The rare encodings, by hyparquet. */
function otherEncoding(page: EncodedPage, column: ParquetColumn): DecodedArray {
  const { bytes, offset, valueCount: count, encoding } = page;
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset };
  if (count === 0) return [];
  if (encoding === 'BYTE_STREAM_SPLIT')
    return byteStreamSplit(reader, count, column.physical, column.typeLength);
  if (encoding === 'DELTA_BINARY_PACKED') {
    const values = column.physical === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
    deltaBinaryUnpack(reader, count, values);
    return values;
  }
  const texts: Uint8Array[] = new Array(count);
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') deltaLengthByteArray(reader, count, texts);
  else if (encoding === 'DELTA_BYTE_ARRAY') deltaByteArray(reader, count, texts);
  else throw new Error(`encoding ${encoding} is not supported`);
  return texts;
}

const BYTES: Partial<Record<ParquetColumn['physical'], number>> = { FLOAT: 4, INT32: 4, DOUBLE: 8, INT64: 8 };

function plainNumbers(
  { bytes, offset, valueCount: count }: EncodedPage,
  column: ParquetColumn,
): DecodedArray {
  const width = BYTES[column.physical];
  const needed = width ? count * width : Math.ceil(count / 8);
  if (offset + needed > bytes.length) throw new Error(`${count} values in ${bytes.length - offset} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return readPlain({ view, offset }, column.physical, count, column.typeLength);
}

/** Texts with 4-byte lengths, looked up where they lie. */
function plainTexts(bytes: Uint8Array, offset: number, count: number, table: TextTable): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (count * 4 > bytes.length - offset) throw new Error(`${count} texts in ${bytes.length - offset} bytes`);
  const codes = new Uint32Array(count);
  let at = offset;
  for (let i = 0; i < count; i++) {
    const start = at + 4;
    at = start + view.getUint32(at, true);
    if (at > bytes.length) throw new Error('a text is longer than its page');
    codes[i] = table.code(bytes, start, at);
  }
  return codes;
}

function lookUp({ bytes, offset, valueCount: count }: EncodedPage, dictionary: ColumnArray): ColumnArray {
  if (count === 0) return dictionary.slice(0, 0);
  if (offset >= bytes.length) throw new Error('dictionary indices end early');
  const indices = new Uint32Array(count);
  decodeRle(bytes, offset + 1, bytes.length, bytes[offset], indices, count);
  const size = dictionary.length;
  for (let i = 0; i < count; i++)
    if (indices[i] >= size) throw new Error(`entry ${indices[i]} of a dictionary of ${size}`);
  // One loop per type: a loop that has seen several array types is several times as slow.
  if (dictionary instanceof Float32Array) {
    const out = new Float32Array(count);
    for (let i = 0; i < count; i++) out[i] = dictionary[indices[i]];
    return out;
  }
  if (dictionary instanceof Uint32Array) {
    for (let i = 0; i < count; i++) indices[i] = dictionary[indices[i]];
    return indices;
  }
  const out = new BigUint64Array(count);
  for (let i = 0; i < count; i++) out[i] = dictionary[indices[i]];
  return out;
}

/** Raw values of any physical type to the array of the request. */
function convert(raw: DecodedArray, column: ParquetColumn, request: ColumnRequest): ColumnArray {
  switch (request.as) {
    case 'float32':
      return toFloat32(raw, column, request.scale);
    case 'uint64':
      return toUint64(raw, column);
    case 'code':
      return toCodes(raw, column, request.table);
  }
}

function toFloat32(raw: DecodedArray, { factor, unsigned }: ParquetColumn, scale: number): Float32Array {
  const times = factor * scale;
  if (raw instanceof Float32Array && times === 1) return raw;
  const numbers = unsigned ? asUnsigned(raw) : raw;
  const out = new Float32Array(raw.length);
  if (times === 1) for (let i = 0; i < out.length; i++) out[i] = Number(numbers[i]);
  else for (let i = 0; i < out.length; i++) out[i] = Number(numbers[i]) * times;
  return out;
}

function toUint64(raw: DecodedArray, column: ParquetColumn): BigUint64Array {
  if (raw instanceof BigInt64Array) {
    if (!column.unsigned) {
      const words = new Int32Array(raw.buffer, raw.byteOffset, raw.length * 2);
      for (let i = 1; i < words.length; i += 2) if (words[i] < 0) throw negative(column, raw[i >> 1]);
    }
    return new BigUint64Array(raw.buffer, raw.byteOffset, raw.length);
  }
  const numbers = column.unsigned ? asUnsigned(raw) : raw;
  const out = new BigUint64Array(raw.length);
  for (let i = 0; i < out.length; i++) {
    if (numbers[i] < 0) throw negative(column, numbers[i]);
    out[i] = BigInt(numbers[i]);
  }
  return out;
}

function toCodes(raw: DecodedArray, { unsigned }: ParquetColumn, table: TextTable): Uint32Array {
  const values = unsigned ? asUnsigned(raw) : raw;
  const out = new Uint32Array(values.length);
  if (typeof values[0] === 'boolean') {
    const [no, yes] = [table.codeOfText('false'), table.codeOfText('true')];
    for (let i = 0; i < out.length; i++) out[i] = values[i] ? yes : no;
  } else if (values[0] instanceof Uint8Array) {
    for (let i = 0; i < out.length; i++) out[i] = table.code(values[i], 0, values[i].length);
  } else {
    for (let i = 0; i < out.length; i++) out[i] = table.codeOfNumber(values[i]);
  }
  return out;
}

function asUnsigned(raw: DecodedArray): DecodedArray {
  if (raw instanceof Int32Array) return new Uint32Array(raw.buffer, raw.byteOffset, raw.length);
  if (raw instanceof BigInt64Array) return new BigUint64Array(raw.buffer, raw.byteOffset, raw.length);
  return raw;
}

/** Values to rows: nulls become NaN or the code of the empty text. */
function spread(
  values: ColumnArray,
  present: Uint8Array,
  column: ParquetColumn,
  request: ColumnRequest,
): ColumnArray {
  if (request.as === 'uint64') {
    throw new SpatileError(
      'COLUMN_TYPE',
      `${column.path}: column "${column.name}" has rows without a value (null); expected an integer in every row; fill them or leave the column out`,
      { fields: { file: column.path, column: column.name } },
    );
  }
  const missing = request.as === 'float32' ? Number.NaN : request.table.codeOfText('');
  const out = request.as === 'float32' ? new Float32Array(present.length) : new Uint32Array(present.length);
  for (let row = 0, next = 0; row < present.length; row++) {
    out[row] = present[row] ? (values[next++] as number) : missing;
  }
  return out;
}

function codeTable(request: ColumnRequest): TextTable {
  if (request.as !== 'code')
    throw new SpatileError('INTERNAL', `text column "${request.name}" was requested as ${request.as}`);
  return request.table;
}

function negative(column: ParquetColumn, value: unknown): SpatileError {
  return new SpatileError(
    'COLUMN_TYPE',
    `${column.path}: column "${column.name}" has a negative value (${value}); expected integers from 0 to 2^64 - 1; name another column`,
    { fields: { file: column.path, column: column.name } },
  );
}
