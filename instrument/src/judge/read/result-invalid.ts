import { SpatileError } from '@spatile/formats/errors';

/** `RESULT_INVALID`: a result to judge cannot be read as one. */
export function resultInvalid(
  path: string,
  wrong: string,
  expected: string,
  remedy: string,
  cause?: unknown,
): SpatileError {
  return new SpatileError('RESULT_INVALID', `${path}: ${wrong}; expected ${expected}; ${remedy}`, {
    fields: { file: path },
    cause,
  });
}
