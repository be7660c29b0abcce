import { SpatileError } from '../errors.ts';

/** The one sentence about a Parquet file whose bytes do not make sense (`PARQUET_INVALID`). */
export function parquetInvalid(path: string, found: string, cause?: unknown): SpatileError {
  return new SpatileError(
    'PARQUET_INVALID',
    `${path}: the Parquet file is truncated or damaged (${found}); expected a complete file; copy or export it again`,
    { fields: { file: path }, cause },
  );
}

/** What went wrong in a decoder, as a clause for `parquetInvalid`. */
export function describeCause(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/^parquet /, '').split('\n')[0];
}
