import { SpatileError } from '../errors.ts';

/** The one sentence about a CSV file that does not parse (`CSV_INVALID`). `found` says what is wrong, with the finding in brackets. */
export function csvInvalid(
  path: string,
  found: string,
  expected: string,
  advice: string,
  cause?: unknown,
): SpatileError {
  return new SpatileError('CSV_INVALID', `${path}: ${found}; expected ${expected}; ${advice}`, {
    fields: { file: path },
    cause,
  });
}
