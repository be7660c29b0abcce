import { SpatileError } from '@spatile/formats/errors';

/** `METADATA_INVALID` for a file of the truth that does not hold what the simulator writes. */
export function truthInvalid(file: string, what: string, expected: string, cause?: unknown): SpatileError {
  return new SpatileError(
    'METADATA_INVALID',
    `${file}: ${what}; expected ${expected}, as the simulator writes it; simulate the slide again`,
    { cause, fields: { file } },
  );
}
