import type { ColumnChunk, Encoding, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writePlain } from 'hyparquet-writer/src/plain.js';
import { packCodes, packedBound } from './packed-codes.ts';

/** What a column of a row group holds: bytes in an encoding, or codes into a dictionary of texts or small numbers. */
export type ChunkData =
  | { encoding: 'PLAIN' | 'DELTA_BINARY_PACKED'; bytes: Uint8Array; bounds?: { least: number; most: number } }
  | { encoding: 'RLE_DICTIONARY'; codes: Uint32Array; dictionary: readonly (string | number)[] };

/**
 * Writes one column of one row group as one page, uncompressed. hyparquet-writer makes headers and footer; its own way
 * through the values takes one call and several objects for each, which is most of a simulation's time.
 */
export function writeChunk(
  writer: ByteWriter,
  element: SchemaElement,
  rows: number,
  data: ChunkData,
): ColumnChunk {
  const start = writer.offset;
  const hasDictionary = data.encoding === 'RLE_DICTIONARY';
  if (hasDictionary) writeDictionary(writer, element, data.dictionary);
  const pageStart = writer.offset;
  const page = hasDictionary ? codedPage(data.codes, rows, data.dictionary.length) : data.bytes;
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: page.length,
    compressed_page_size: page.length,
    data_page_header_v2: {
      num_values: rows,
      num_nulls: 0,
      num_rows: rows,
      encoding: data.encoding,
      definition_levels_byte_length: 0,
      repetition_levels_byte_length: 0,
      is_compressed: false,
    },
  });
  writer.appendBytes(page);
  const size = BigInt(writer.offset - start);
  const bounds = hasDictionary ? undefined : data.bounds;
  return {
    meta_data: {
      type: element.type!,
      encodings: (hasDictionary ? ['PLAIN', 'RLE_DICTIONARY'] : [data.encoding]) as Encoding[],
      path_in_schema: [element.name],
      codec: 'UNCOMPRESSED',
      num_values: BigInt(rows),
      total_compressed_size: size,
      total_uncompressed_size: size,
      data_page_offset: BigInt(pageStart),
      dictionary_page_offset: hasDictionary ? BigInt(start) : undefined,
      statistics: bounds && { min_value: bounds.least, max_value: bounds.most, null_count: 0n },
    },
    file_offset: BigInt(start),
  };
}

function writeDictionary(
  writer: ByteWriter,
  element: SchemaElement,
  dictionary: readonly (string | number)[],
): void {
  const page = new ByteWriter();
  writePlain(page, dictionary as string[], element.type!, undefined);
  const bytes = page.getBytes();
  writePageHeader(writer, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: bytes.length,
    compressed_page_size: bytes.length,
    dictionary_page_header: { num_values: dictionary.length, encoding: 'PLAIN' },
  });
  writer.appendBytes(bytes);
}

function codedPage(codes: Uint32Array, rows: number, codesInUse: number): Uint8Array {
  const width = 32 - Math.clz32(Math.max(0, codesInUse - 1));
  const bytes = new Uint8Array(1 + packedBound(rows, width));
  bytes[0] = width;
  return bytes.subarray(0, packCodes(codes, rows, width, bytes, 1));
}
