import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { writing } from './write-errors.ts';

export type ColumnKind =
  | 'uint64'
  | 'int64'
  | 'int32'
  | 'uint8'
  | 'float32'
  | 'float64'
  | 'string'
  | 'bool'
  | 'bytes';

/** Arrays behind each kind; `uint64` is filled through 32-bit words (low, high). */
interface Arrays {
  uint64: BigUint64Array;
  int64: BigInt64Array;
  int32: Int32Array;
  uint8: Uint8Array;
  float32: Float32Array;
  float64: Float64Array;
  string: string[];
  bool: boolean[];
  bytes: Uint8Array[];
}

interface Storage {
  element: Partial<SchemaElement>;
  encoding?: 'PLAIN' | 'DELTA_BINARY_PACKED';
  codec?: 'UNCOMPRESSED';
}

/** How a kind is stored: given encodings spare the library its search for a dictionary, and measured values do not compress. */
const STORED: Record<ColumnKind, Storage> = {
  uint64: {
    element: { type: 'INT64', converted_type: 'UINT_64' },
    encoding: 'DELTA_BINARY_PACKED',
    codec: 'UNCOMPRESSED',
  },
  int64: { element: { type: 'INT64' }, encoding: 'PLAIN' },
  int32: { element: { type: 'INT32' }, encoding: 'PLAIN', codec: 'UNCOMPRESSED' },
  uint8: { element: { type: 'INT32', converted_type: 'UINT_8' } },
  float32: { element: { type: 'FLOAT' }, encoding: 'PLAIN', codec: 'UNCOMPRESSED' },
  float64: { element: { type: 'DOUBLE' }, encoding: 'PLAIN', codec: 'UNCOMPRESSED' },
  string: { element: { type: 'BYTE_ARRAY', converted_type: 'UTF8' } },
  bool: { element: { type: 'BOOLEAN' } },
  bytes: { element: { type: 'BYTE_ARRAY' }, encoding: 'PLAIN' },
};

interface TableOptions {
  rowsPerGroup?: number;
  /** Columns whose least and greatest value are stored for each row group, for readers that skip some. */
  bounded?: readonly string[];
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
  bool: (n) => new Array<boolean>(n).fill(false),
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
  readonly #writer: ParquetWriter;

  constructor(path: string, spec: Spec, options: TableOptions = {}) {
    this.#spec = spec;
    this.#path = path;
    this.#rowsPerGroup = options.rowsPerGroup ?? 100_000;
    this.#bounded = options.bounded ?? [];
    const names = Object.keys(spec);
    this.columns = Object.fromEntries(
      names.map((name) => [name, MAKE[spec[name]](this.#rowsPerGroup)]),
    ) as unknown as { [Name in keyof Spec]: Arrays[Spec[Name]] };
    const schema: SchemaElement[] = [
      { name: 'schema', num_children: names.length },
      ...names.map((name) => ({ ...STORED[spec[name]].element, name, repetition_type: 'REQUIRED' as const })),
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

  /** Writes what is left and closes the file. */
  finish(): void {
    if (this.at > 0) this.#flush();
    writing(this.#path, () => void this.#writer.finish());
  }

  #flush(): void {
    const columnData = Object.entries(this.#spec).map(([name, kind]) => {
      const all = this.columns[name] as Arrays[ColumnKind];
      const isFull = this.at === this.#rowsPerGroup;
      const data = isFull ? all : Array.isArray(all) ? all.slice(0, this.at) : all.subarray(0, this.at);
      const { encoding, codec } = STORED[kind];
      return { name, data: data as never, encoding, codec, statistics: this.#bounded.includes(name) };
    });
    writing(this.#path, () => void this.#writer.write({ columnData, rowGroupSize: this.at, pageSize: 0 }));
    this.at = 0;
  }
}
