import type { ColumnChunk, ParquetType, Statistics } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { snappyCompress } from 'hyparquet-writer/src/snappy.js';

/** Numbers whose bytes in memory are those of the encoding PLAIN (this machine keeps the low byte first, as all that run Node do). */
export type PlainNumbers = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

/**
 * Writes a column of numbers (data pages of version 2, PLAIN, SNAPPY): the same bytes and footer as hyparquet-writer's, which
 * looks at each number several times, in half the time.
 * @param pageBytes a page holds fewer bytes than this, as hyparquet-writer cuts them.
 * @param stats whether the footer says the bounds of the numbers.
 */
export function writePlainChunk(
  writer: ByteWriter,
  column: { columnName: string; type: ParquetType; pageBytes: number; stats: boolean },
  values: PlainNumbers,
): ColumnChunk {
  const start = writer.offset;
  const perPage = Math.max(1, Math.ceil(column.pageBytes / values.BYTES_PER_ELEMENT) - 1);
  let uncompressed = 0;
  for (let from = 0; from < values.length; from += perPage)
    uncompressed += writePage(writer, values.subarray(from, from + perPage));
  const pages = Math.ceil(values.length / perPage);
  return {
    meta_data: {
      type: column.type,
      encodings: ['PLAIN'],
      path_in_schema: [column.columnName],
      codec: 'SNAPPY',
      num_values: BigInt(values.length),
      total_compressed_size: BigInt(writer.offset - start),
      total_uncompressed_size: BigInt(uncompressed),
      data_page_offset: BigInt(start),
      statistics: column.stats ? boundsOf(values as Float32Array | Float64Array) : undefined,
      encoding_stats: column.stats
        ? [{ page_type: 'DATA_PAGE_V2', encoding: 'PLAIN', count: pages }]
        : undefined,
    },
    file_offset: BigInt(start),
  };
}

/** Writes one page; gives its bytes before compression, with its header. */
function writePage(writer: ByteWriter, values: PlainNumbers): number {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const compressed = snappyCompress(bytes);
  const start = writer.offset;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: bytes.length,
    compressed_page_size: compressed.length,
    data_page_header_v2: {
      num_values: values.length,
      num_nulls: 0,
      num_rows: values.length,
      encoding: 'PLAIN',
      definition_levels_byte_length: 0,
      repetition_levels_byte_length: 0,
      is_compressed: true,
    },
  });
  const header = writer.offset - start;
  writer.appendBytes(compressed);
  return header + bytes.length;
}

/** Least and most of the numbers, not-a-numbers aside; a least zero is -0 and a most zero 0, as the format wants it. */
function boundsOf(values: Float32Array | Float64Array): Statistics & { nan_count: bigint } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  let nans = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < least) least = value;
    if (value > most) most = value;
    if (Number.isNaN(value)) nans++;
  }
  const counts = { null_count: 0n, nan_count: BigInt(nans) };
  if (nans === values.length) return { min_value: undefined, max_value: undefined, ...counts };
  // Numbers that are all infinite never passed the bounds they began with, which are those numbers.
  return { min_value: least === 0 ? -0 : least, max_value: most === 0 ? 0 : most, ...counts };
}
