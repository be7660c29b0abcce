import { arrayJson, type ZarrType } from './metadata.ts';
import type { NodeJson, PartialStore } from './store.ts';

/** Arrays of a table: numbers and strings in one or two dimensions, chunked along the first. */

export type NumericArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

const TYPE_NAMES: [new (length: number) => NumericArray, ZarrType][] = [
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Int32Array, 'int32'],
  [BigInt64Array, 'int64'],
  [Uint8Array, 'uint8'],
  [Uint16Array, 'uint16'],
  [Uint32Array, 'uint32'],
  [BigUint64Array, 'uint64'],
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
];

const typeName = (values: NumericArray): ZarrType => TYPE_NAMES.find(([type]) => values instanceof type)![1];

/** Values in a chunk of numbers, and strings in a chunk of strings. */
const NUMBERS_PER_CHUNK = 1_000_000;
const STRINGS_PER_CHUNK = 100_000;

export function bytesOf(array: NumericArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * Writes a numeric array node with its chunks; `columns` > 0 makes it two-dimensional (row-major).
 * `type` overrides the name of the type (a `Uint8Array` of 0 and 1 written as `bool`).
 */
export async function writeNumbers(
  store: PartialStore,
  path: string,
  values: NumericArray,
  attributes: NodeJson,
  options: { columns?: number; type?: ZarrType } = {},
): Promise<void> {
  const columns = options.columns ?? 0;
  const width = Math.max(1, columns);
  const rows = values.length / width;
  const type = options.type ?? typeName(values);
  const chunkRows = Math.max(1, Math.min(rows, Math.floor(NUMBERS_PER_CHUNK / width)));
  const shape = columns > 0 ? [rows, columns] : [rows];
  await store.node(path, arrayJson(type, shape, columns > 0 ? [chunkRows, width] : [chunkRows], attributes));
  for (let chunk = 0; chunk * chunkRows < rows; chunk++) {
    const part = values.subarray(chunk * chunkRows * width, (chunk + 1) * chunkRows * width);
    const bytes = new Uint8Array(chunkRows * width * values.BYTES_PER_ELEMENT);
    bytes.set(bytesOf(part));
    await store.write(`${path}/c/${chunk}${columns > 0 ? '/0' : ''}`, await store.encoders.compress(bytes));
  }
}

/** A one-dimensional array of known length whose numbers come in pieces; the same bytes as `writeNumbers` of the whole. */
export class NumberStream {
  readonly #store: PartialStore;
  readonly #path: string;
  readonly #chunk: Float32Array | Int32Array;
  #filled = 0;
  #chunks = 0;

  private constructor(store: PartialStore, path: string, chunk: Float32Array | Int32Array) {
    this.#store = store;
    this.#path = path;
    this.#chunk = chunk;
  }

  static async create(
    store: PartialStore,
    path: string,
    type: Float32ArrayConstructor | Int32ArrayConstructor,
    length: number,
  ): Promise<NumberStream> {
    const chunk = new type(Math.max(1, Math.min(length, NUMBERS_PER_CHUNK)));
    await store.node(path, arrayJson(typeName(chunk), [length], [chunk.length], {}));
    return new NumberStream(store, path, chunk);
  }

  async append(values: Float32Array | Int32Array): Promise<void> {
    for (let from = 0; from < values.length; ) {
      const taken = Math.min(values.length - from, this.#chunk.length - this.#filled);
      this.#chunk.set(values.subarray(from, from + taken), this.#filled);
      this.#filled += taken;
      from += taken;
      if (this.#filled === this.#chunk.length) await this.#flush();
    }
  }

  /** Writes what is left. */
  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#flush();
  }

  async #flush(): Promise<void> {
    this.#chunk.fill(0, this.#filled);
    this.#filled = 0;
    const bytes = bytesOf(this.#chunk).slice();
    await this.#store.write(`${this.#path}/c/${this.#chunks++}`, await this.#store.encoders.compress(bytes));
  }
}

/** `vlen-utf8`: count, then length and bytes of each string, all uint32 little-endian. A chunk is always full. */
function encodeStrings(strings: readonly string[], from: number, count: number): Uint8Array {
  const encoded: Buffer[] = [];
  let size = 4 + 4 * count;
  for (let i = from; i < Math.min(from + count, strings.length); i++) {
    const bytes = Buffer.from(strings[i], 'utf8');
    encoded.push(bytes);
    size += bytes.length;
  }
  const out = Buffer.alloc(size);
  out.writeUInt32LE(count, 0);
  let at = 4;
  for (const bytes of encoded) {
    at = out.writeUInt32LE(bytes.length, at);
    at += bytes.copy(out, at);
  }
  return out;
}

/** Writes a one-dimensional string array (AnnData `string-array`). */
export async function writeStrings(
  store: PartialStore,
  path: string,
  values: readonly string[],
): Promise<void> {
  const perChunk = Math.max(1, Math.min(values.length, STRINGS_PER_CHUNK));
  const attributes = { 'encoding-type': 'string-array', 'encoding-version': '0.2.0' };
  await store.node(path, arrayJson('string', [values.length], [perChunk], attributes));
  for (let chunk = 0; chunk * perChunk < values.length; chunk++) {
    await store.write(
      `${path}/c/${chunk}`,
      await store.encoders.compress(encodeStrings(values, chunk * perChunk, perChunk)),
    );
  }
}

/** Writes a scalar: a string, or a number in the given type. */
export async function writeScalar(
  store: PartialStore,
  path: string,
  value: string | NumericArray,
  attributes: NodeJson,
  type?: ZarrType,
): Promise<void> {
  const isText = typeof value === 'string';
  const name = type ?? (isText ? 'string' : typeName(value));
  await store.node(path, arrayJson(name, [], [], attributes));
  await store.write(
    `${path}/c`,
    await store.encoders.compress(isText ? encodeStrings([value], 0, 1) : bytesOf(value).slice()),
  );
}
