import { SpatileError } from '@spatile/formats/errors';

/** `MARKERS_INVALID`: a file of markers or of reference profiles cannot be used. */
export function markersInvalid(path: string, wrong: string, expected: string, remedy: string): SpatileError {
  return new SpatileError('MARKERS_INVALID', `${path}: ${wrong}; expected ${expected}; ${remedy}`, {
    fields: { file: path },
  });
}
