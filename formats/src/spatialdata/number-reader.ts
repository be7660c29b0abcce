import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zarr from 'zarrita';
import { isSpatileError } from '../errors.ts';
import { storeInvalid } from './store-invalid.ts';

/** Chunks kept for whoever asks next. */
const KEPT_CHUNKS = 4;

type Numbers = Int32Array | Float32Array | Float64Array | BigInt64Array;

/** A one-dimensional array of numbers in a store, read piece by piece. */
export interface NumberReader {
  length: number;
  /** Values [from, to); memory is these and a few chunks. Errors: `STORE_INVALID`. */
  slice(from: number, to: number): Promise<Numbers>;
  all(): Promise<Numbers>;
}

/** Opens an array of numbers of a store. Errors: `STORE_INVALID` when it is not there or not one-dimensional numbers. */
export async function openNumbers(path: string, name: string): Promise<NumberReader> {
  const file = join(path, name);
  const root = zarr.root({
    get: (key: zarr.AbsolutePath) =>
      readFile(join(path, key.slice(1))).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
  });
  const array = await guarded(file, () => zarr.open.v3(root.resolve(name), { kind: 'array' }));
  const [length] = array.shape;
  if (array.shape.length !== 1 || !/^(u?int|float)\d+$/.test(array.dtype))
    throw storeInvalid(file, `is no list of numbers (${array.dtype}, ${array.shape.length} dimensions)`);
  const [chunkLength] = array.chunks;
  const kept = new Map<number, Promise<Numbers>>();
  const chunk = (i: number): Promise<Numbers> => {
    const known = kept.get(i) ?? guarded(file, async () => (await array.getChunk([i])).data as Numbers);
    kept.delete(i);
    kept.set(i, known);
    if (kept.size > KEPT_CHUNKS) kept.delete(kept.keys().next().value!);
    return known;
  };
  const slice = async (from: number, to: number): Promise<Numbers> => {
    const first = await chunk(Math.floor(from / chunkLength));
    const out = new (first.constructor as Float64ArrayConstructor)(to - from);
    for (let at = from; at < to; ) {
      const i = Math.floor(at / chunkLength);
      const end = Math.min(to, (i + 1) * chunkLength);
      const values = (await chunk(i)) as Float64Array;
      out.set(values.subarray(at - i * chunkLength, end - i * chunkLength), at - from);
      at = end;
    }
    return out as Numbers;
  };
  return {
    length,
    slice: async (from, to) => (to <= from || length === 0 ? new Int32Array(0) : slice(from, to)),
    all: async () => (length === 0 ? new Int32Array(0) : slice(0, length)),
  };
}

async function guarded<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    throw storeInvalid(
      file,
      `cannot be read (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
}
