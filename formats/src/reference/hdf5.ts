import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { Dataset, File, type Group, ready } from 'h5wasm/node';
import { isSpatileError } from '../errors.ts';
import { openFailed } from '../tabular/open-failed.ts';
import { referenceInvalid } from './source.ts';

/** Entries that are read at once: the library's heap holds about 2 GB. */
export const SLICE = 1 << 20;

/** Does one piece of work on an open file. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `REFERENCE_INVALID`. */
export async function withHdf5<T>(path: string, name: string, work: (file: File) => T): Promise<T> {
  await access(path, constants.R_OK).catch((cause) => {
    throw openFailed(path, cause);
  });
  // Without this the library prints its error stack and goes on with an invalid file.
  (await ready).activate_throwing_error_handler();
  let file: File | null = null;
  try {
    file = new File(path, 'r');
    return work(file);
  } catch (cause) {
    if (isSpatileError(cause)) throw cause;
    const text = cause instanceof Error ? cause.message : String(cause);
    throw referenceInvalid(
      name,
      `the file cannot be read (${text.split('\n', 1)[0]})`,
      'an undamaged HDF5 file',
      'copy or export it again',
      cause,
    );
  } finally {
    file?.close();
  }
}

/** A dataset by path; `REFERENCE_INVALID` when there is none. */
export function dataset(file: Group, name: string, path: string): Dataset {
  const found = file.get(path);
  if (found instanceof Dataset) return found;
  throw referenceInvalid(
    name,
    `there is no dataset ${path}`,
    'the layout that its kind has',
    'export the file again',
  );
}

/** All of a text dataset. */
export function strings(data: Dataset): string[] {
  const value = data.value as unknown;
  return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** Numbers [from, to) of a one-dimensional dataset, 64-bit integers as doubles. */
export function numbers(data: Dataset, from: number, to: number): ArrayLike<number> {
  return to <= from ? [] : asDoubles(data.slice([[from, to]]));
}

/** Rows [from, to) of a matrix, row-major, 64-bit integers as doubles. */
export function rows(data: Dataset, from: number, to: number): ArrayLike<number> {
  return to <= from ? [] : asDoubles(data.slice([[from, to], []]));
}

/** The library gives 64-bit integers as BigInt, which no arithmetic of ours takes. */
function asDoubles(value: unknown): ArrayLike<number> {
  return value instanceof BigInt64Array || value instanceof BigUint64Array
    ? Float64Array.from(value as BigInt64Array, Number)
    : (value as ArrayLike<number>);
}

export const lengthOf = (data: Dataset): number => data.shape?.[0] ?? 0;
