import type { FileHandle } from 'node:fs/promises';
import type { ColumnMetaData, Encoding, PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompress } from './codecs.ts';
import { RangeReader } from './range.ts';
import { decodeRle } from './rle.ts';
import type { ParquetColumn } from './schema.ts';

/** The values of one page, decompressed but still encoded: `bytes[offset ..]` holds `valueCount` values. */
export interface EncodedPage {
  kind: 'dictionary' | 'data';
  encoding: Encoding;
  bytes: Uint8Array;
  offset: number;
  /** Rows of the page; nulls are not among the values. */
  rowCount: number;
  valueCount: number;
  /** 1 where a row has a value; null when all have. */
  present: Uint8Array | null;
}

/** No writer makes pages of more rows or bytes; headers that claim it are damaged. */
const MAX_PAGE_ROWS = 1 << 25;
const MAX_PAGE_BYTES = 1 << 30;
const HEADER_BYTES = 1 << 14;

/**
 * The pages of one flat column chunk in file order, one in memory at a time. Throws plain errors that the caller puts
 * into `PARQUET_INVALID`. Thrift headers are read by hyparquet.
 */
export async function* columnPages(
  handle: FileHandle,
  chunk: ColumnMetaData,
  column: ParquetColumn,
  rowCount: number,
): AsyncGenerator<EncodedPage> {
  const { start, end } = chunkExtent(chunk);
  const range = new RangeReader(handle, start, end);
  let rows = 0;
  while (rows < rowCount) {
    if (range.remaining <= 0) throw new Error(`${rows} of ${rowCount} rows found`);
    const header = await takeHeader(range);
    checkSizes(header, range.remaining);
    const bytes = await range.take(header.compressed_page_size);
    const page = encodedPage(header, bytes, chunk, column);
    if (!page) continue;
    if (page.kind === 'data') rows += page.rowCount;
    yield page;
  }
  if (rows !== rowCount) throw new Error(`${rows} rows found, ${rowCount} expected`);
}

/** First byte and end of a column chunk; some writers leave the dictionary offset out or write 0. */
export function chunkExtent(chunk: ColumnMetaData): { start: number; end: number } {
  const data = Number(chunk.data_page_offset);
  const dictionary = Number(chunk.dictionary_page_offset ?? 0);
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  return { start, end: start + Number(chunk.total_compressed_size) };
}

/** Page headers are some 30 bytes, but statistics of long texts can make them longer than any guess: try again with more. */
async function takeHeader(range: RangeReader): Promise<PageHeader> {
  for (let size = HEADER_BYTES; ; size *= 16) {
    const bytes = await range.peek(size);
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    try {
      const header = parquetHeader(reader);
      await range.take(reader.offset);
      return header;
    } catch (cause) {
      if (bytes.length < size || size > MAX_PAGE_BYTES) throw cause;
    }
  }
}

function checkSizes(header: PageHeader, remaining: number): void {
  const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
  const sane = (size: number, most: number): boolean => Number.isInteger(size) && size >= 0 && size <= most;
  if (!sane(packed, remaining)) throw new Error(`a page of ${packed} bytes where ${remaining} are left`);
  if (!sane(unpacked, MAX_PAGE_BYTES)) throw new Error(`a page of ${unpacked} bytes`);
  const values =
    (header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header)?.num_values ?? 0;
  if (!sane(values, MAX_PAGE_ROWS)) throw new Error(`a page of ${values} values`);
}

function encodedPage(
  header: PageHeader,
  bytes: Uint8Array,
  { codec }: ColumnMetaData,
  column: ParquetColumn,
): EncodedPage | null {
  if (header.type === 'DICTIONARY_PAGE' && header.dictionary_page_header) {
    const { num_values: count } = header.dictionary_page_header;
    const values = decompress(bytes, header.uncompressed_page_size, codec);
    return {
      kind: 'dictionary',
      encoding: 'PLAIN',
      bytes: values,
      offset: 0,
      rowCount: count,
      valueCount: count,
      present: null,
    };
  }
  if (header.type === 'DATA_PAGE' && header.data_page_header) {
    const { num_values: rowCount, encoding } = header.data_page_header;
    const values = decompress(bytes, header.uncompressed_page_size, codec);
    if (!column.optional)
      return {
        kind: 'data',
        encoding,
        bytes: values,
        offset: 0,
        rowCount,
        valueCount: rowCount,
        present: null,
      };
    if (values.length < 4) throw new Error('a page without definition levels');
    const length = new DataView(values.buffer, values.byteOffset).getUint32(0, true);
    return {
      kind: 'data',
      encoding,
      bytes: values,
      offset: 4 + length,
      rowCount,
      ...levels(values, 4, length, rowCount),
    };
  }
  if (header.type === 'DATA_PAGE_V2' && header.data_page_header_v2) {
    const v2 = header.data_page_header_v2;
    const before = v2.repetition_levels_byte_length + v2.definition_levels_byte_length;
    if (
      v2.repetition_levels_byte_length < 0 ||
      v2.definition_levels_byte_length < 0 ||
      before > bytes.length
    ) {
      throw new Error(`levels of ${before} bytes in a page of ${bytes.length}`);
    }
    const packed = bytes.subarray(before);
    const values =
      v2.is_compressed === false ? packed : decompress(packed, header.uncompressed_page_size - before, codec);
    const present = column.optional
      ? levels(bytes, v2.repetition_levels_byte_length, v2.definition_levels_byte_length, v2.num_values)
      : { present: null, valueCount: v2.num_values };
    return {
      kind: 'data',
      encoding: v2.encoding,
      bytes: values,
      offset: 0,
      rowCount: v2.num_values,
      ...present,
    };
  }
  if (header.type === 'INDEX_PAGE') return null;
  throw new Error(`a page of unknown type ${header.type}`);
}

/** Definition levels of an optional flat column: one bit per row. */
function levels(
  bytes: Uint8Array,
  start: number,
  length: number,
  rowCount: number,
): { present: Uint8Array | null; valueCount: number } {
  if (start + length > bytes.length)
    throw new Error(`definition levels of ${length} bytes in a page of ${bytes.length}`);
  const present = new Uint8Array(rowCount);
  decodeRle(bytes, start, start + length, 1, present, rowCount);
  let valueCount = 0;
  for (let i = 0; i < rowCount; i++) valueCount += present[i];
  return valueCount === rowCount ? { present: null, valueCount } : { present, valueCount };
}
