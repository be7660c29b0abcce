import { open } from 'node:fs/promises';
import type { FileMetaData } from 'hyparquet';
import { deltaByteArray, deltaLengthByteArray } from 'hyparquet/src/delta.js';
import { isSpatileError } from '../errors.ts';
import { columnChunk } from '../parquet/column.ts';
import { describeCause, parquetInvalid } from '../parquet/invalid.ts';
import { columnPages, type EncodedPage } from '../parquet/pages.ts';
import { decodeRle } from '../parquet/rle.ts';
import type { ParquetColumn } from '../parquet/schema.ts';
import { openFailed } from '../tabular/open-failed.ts';

/**
 * Values of a binary Parquet column in row order, null where there is none, while holding one page.
 * Errors: `INPUT_UNREADABLE`, `PARQUET_INVALID`.
 */
export async function* binaryColumn(
  path: string,
  metadata: FileMetaData,
  column: ParquetColumn,
): AsyncGenerator<Uint8Array | null> {
  const handle = await open(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    for (const group of metadata.row_groups) {
      let dictionary: Uint8Array[] | null = null;
      const chunk = columnChunk(group.columns, column.name);
      for await (const page of columnPages(handle, chunk, column, Number(group.num_rows))) {
        const values = pageValues(page, dictionary);
        if (page.kind === 'dictionary') dictionary = values;
        else yield* rowsOf(page, values);
      }
    }
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    throw parquetInvalid(path, `column "${column.name}": ${describeCause(cause)}`, cause);
  } finally {
    await handle.close();
  }
}

function* rowsOf(page: EncodedPage, values: Uint8Array[]): Generator<Uint8Array | null> {
  const { present } = page;
  if (present === null) {
    yield* values;
    return;
  }
  let next = 0;
  for (const isThere of present) yield isThere === 1 ? values[next++] : null;
}

function pageValues(page: EncodedPage, dictionary: Uint8Array[] | null): Uint8Array[] {
  const { bytes, offset, valueCount: count, encoding } = page;
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset };
  if (encoding === 'PLAIN') return plainValues(bytes, offset, count);
  if (encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY') {
    return dictionaryValues(page, dictionary);
  }
  const values = new Array<Uint8Array>(count);
  if (count === 0) return values;
  if (encoding === 'DELTA_LENGTH_BYTE_ARRAY') deltaLengthByteArray(reader, count, values);
  else if (encoding === 'DELTA_BYTE_ARRAY') deltaByteArray(reader, count, values);
  else throw new Error(`encoding ${encoding} is not supported`);
  return values;
}

/** Values with 4-byte lengths before them. */
function plainValues(bytes: Uint8Array, offset: number, count: number): Uint8Array[] {
  if (count * 4 > bytes.length - offset) throw new Error(`${count} values in ${bytes.length - offset} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Array<Uint8Array>(count);
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw new Error('values end early');
    const start = at + 4;
    at = start + view.getUint32(at, true);
    if (at > bytes.length) throw new Error('a value is longer than its page');
    values[i] = bytes.subarray(start, at);
  }
  return values;
}

function dictionaryValues(page: EncodedPage, dictionary: Uint8Array[] | null): Uint8Array[] {
  const { bytes, offset, valueCount: count } = page;
  if (count === 0) return [];
  if (dictionary === null) throw new Error('a page refers to a dictionary that is not there');
  if (offset >= bytes.length) throw new Error('dictionary indices end early');
  const indices = new Uint32Array(count);
  decodeRle(bytes, offset + 1, bytes.length, bytes[offset], indices, count);
  return Array.from(indices, (index) => {
    if (index >= dictionary.length) throw new Error(`entry ${index} of a dictionary of ${dictionary.length}`);
    return dictionary[index];
  });
}
