import { SpatileError } from '../errors.ts';

/** `STORE_INVALID` with the house sentence. */
export function storeInvalid(path: string, what: string, cause?: unknown): SpatileError {
  return new SpatileError(
    'STORE_INVALID',
    `${path}: ${what}; expected a SpatialData store written by spatile; check that it was copied completely or run again`,
    { fields: { file: path }, cause },
  );
}
