import type { SchemaElement } from 'hyparquet';
import { ByteWriter, fileWriter, ParquetWriter } from 'hyparquet-writer';
import { writePlain } from 'hyparquet-writer/src/plain.js';
import { type ChunkData, writeChunk } from './column-chunk.ts';
import { RowCodes } from './row-codes.ts';
import { writeSerialIds } from './serial-ids.ts';
import { writing } from './write-errors.ts';

export type ColumnKind =
  | 'uint64'
  | 'int64'
  | 'int32'
  | 'uint8'
  | 'float32'
  | 'float64'
  | 'string'
  | 'code'
  | 'bool'
  | 'bytes';

/** Arrays behind each kind. `uint64` is for ids that mostly count up; it may be filled through 32-bit words (low, high), `bool` with 0 and 1. */
interface Arrays {
  uint64: BigUint64Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  float32: Float32Array;
  float64: Float64Array;
  string: string[];
  /** Stored as texts, which `TableOptions.texts` tells. */
  code: Uint32Array;
  bool: Uint8Array;
  bytes: Uint8Array[];
}

const STORED: Record<ColumnKind, Partial<SchemaElement>> = {
  uint64: { type: 'INT64', converted_type: 'UINT_64' },
  int64: { type: 'INT64' },
  int32: { type: 'INT32' },
  uint8: { type: 'INT32', converted_type: 'UINT_8' },
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  code: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  bool: { type: 'BOOLEAN' },
  bytes: { type: 'BYTE_ARRAY' },
};

interface TableOptions {
  rowsPerGroup?: number;
  /** float32 columns whose least and greatest value are stored for each row group, for readers that skip some. */
  bounded?: readonly string[];
  /** The text of each code of the `code` columns. */
  texts?: Record<string, (code: number) => string>;
  metadata?: Record<string, string>;
}

const MAKE: { [K in ColumnKind]: (n: number) => Arrays[K] } = {
  uint64: (n) => new BigUint64Array(n),
  int64: (n) => new BigInt64Array(n),
  int32: (n) => new Int32Array(n),
  uint8: (n) => new Uint8Array(n),
  float32: (n) => new Float32Array(n),
  float64: (n) => new Float64Array(n),
  string: (n) => new Array<string>(n).fill(''),
  code: (n) => new Uint32Array(n),
  bool: (n) => new Uint8Array(n),
  bytes: (n) => new Array<Uint8Array>(n).fill(new Uint8Array(0)),
};

/**
 * Writes one Parquet file row group by row group: fill `columns.name[at]`, then call `next()`. Memory is one row group.
 * Errors: `DISK_FULL`, `OUTPUT_UNWRITABLE`.
 */
export class TableWriter<Spec extends Record<string, ColumnKind>> {
  readonly columns: { [Name in keyof Spec]: Arrays[Spec[Name]] };
  /** Row being filled. */
  at = 0;
  readonly #spec: Spec;
  readonly #path: string;
  readonly #rowsPerGroup: number;
  readonly #bounded: readonly string[];
  readonly #texts: Record<string, (code: number) => string>;
  readonly #rowCodes = new RowCodes();
  readonly #writer: ParquetWriter;

  constructor(path: string, spec: Spec, options: TableOptions = {}) {
    this.#spec = spec;
    this.#path = path;
    this.#rowsPerGroup = options.rowsPerGroup ?? 100_000;
    this.#bounded = options.bounded ?? [];
    this.#texts = options.texts ?? {};
    const names = Object.keys(spec);
    this.columns = Object.fromEntries(
      names.map((name) => [name, MAKE[spec[name]](this.#rowsPerGroup)]),
    ) as unknown as { [Name in keyof Spec]: Arrays[Spec[Name]] };
    const schema: SchemaElement[] = [
      { name: 'schema', num_children: names.length },
      ...names.map((name) => ({ ...STORED[spec[name]], name, repetition_type: 'REQUIRED' as const })),
    ];
    const kvMetadata = Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value }));
    this.#writer = writing(
      path,
      () => new ParquetWriter({ writer: fileWriter(path), schema, kvMetadata, createdBy: 'spatile' }),
    );
  }

  /** Ends the row that was filled. */
  next(): void {
    if (++this.at === this.#rowsPerGroup) this.#flush();
  }

  /** Adds `n` rows in runs: `write(from, count, at)` fills rows `at`.. of the columns with the caller's rows `from`... */
  fill(n: number, write: (from: number, count: number, at: number) => void): void {
    for (let from = 0; from < n; ) {
      const count = Math.min(n - from, this.#rowsPerGroup - this.at);
      write(from, count, this.at);
      this.at += count;
      from += count;
      if (this.at === this.#rowsPerGroup) this.#flush();
    }
  }

  /** Writes what is left and closes the file. */
  finish(): void {
    if (this.at > 0) this.#flush();
    writing(this.#path, () => void this.#writer.finish());
  }

  #flush(): void {
    const { writer, schema, row_groups } = this.#writer;
    const rows = this.at;
    const start = writer.offset;
    const columns = writing(this.#path, () =>
      schema.slice(1).map((element) => {
        return writeChunk(writer as ByteWriter, element, rows, this.#data(element.name, rows));
      }),
    );
    const size = BigInt(writer.offset - start);
    row_groups.push({ columns, num_rows: BigInt(rows), total_byte_size: size, total_compressed_size: size });
    this.#writer.num_rows += BigInt(rows);
    this.at = 0;
  }

  /** The first `rows` values of a column as they are stored. */
  #data(name: string, rows: number): ChunkData {
    const kind = this.#spec[name];
    const all = this.columns[name] as Arrays[ColumnKind];
    switch (kind) {
      case 'code': {
        const codes = all as Uint32Array;
        const met = this.#rowCodes.renumber(codes, rows);
        return { encoding: 'RLE_DICTIONARY', codes, dictionary: met.map(this.#texts[name]) };
      }
      case 'string':
        return stringData((all as string[]).slice(0, rows));
      case 'uint8': {
        const codes = new Uint32Array((all as Uint8Array).subarray(0, rows));
        const met = this.#rowCodes.renumber(codes, rows);
        return { encoding: 'RLE_DICTIONARY', codes, dictionary: [...met] };
      }
      case 'bool':
        return plain(packBits(all as Uint8Array, rows));
      case 'bytes':
        return plain(
          encoded((page) => writePlain(page, (all as Uint8Array[]).slice(0, rows), 'BYTE_ARRAY', 0)),
        );
      case 'uint64': {
        const values = (all as BigUint64Array).subarray(0, rows);
        const bytes = encoded((page) => writeSerialIds(page, values));
        return { encoding: 'DELTA_BINARY_PACKED', bytes };
      }
      default: {
        const values = (all as Float32Array).subarray(0, rows);
        const bytes = new Uint8Array(values.buffer, 0, values.byteLength);
        return { ...plain(bytes), bounds: this.#bounded.includes(name) ? boundsOf(values) : undefined };
      }
    }
  }
}

function plain(bytes: Uint8Array): { encoding: 'PLAIN'; bytes: Uint8Array } {
  return { encoding: 'PLAIN', bytes };
}

function encoded(write: (page: ByteWriter) => void): Uint8Array {
  const page = new ByteWriter();
  write(page);
  return page.getBytes();
}

/** Texts in a dictionary where at least every other one was there before, else one after the other. */
function stringData(texts: string[]): ChunkData {
  const places = new Map<string, number>();
  const codes = Uint32Array.from(texts, (text) => {
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    return place;
  });
  if (2 * places.size <= texts.length)
    return { encoding: 'RLE_DICTIONARY', codes, dictionary: [...places.keys()] };
  return plain(encoded((page) => writePlain(page, texts, 'BYTE_ARRAY', 0)));
}

function packBits(flags: Uint8Array, n: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(n / 8));
  for (let i = 0; i < n; i++) bytes[i >> 3] |= flags[i] << (i & 7);
  return bytes;
}

function boundsOf(values: Float32Array): { least: number; most: number } {
  let least = values[0];
  let most = values[0];
  for (let i = 1; i < values.length; i++) {
    if (values[i] < least) least = values[i];
    if (values[i] > most) most = values[i];
  }
  return { least, most };
}
