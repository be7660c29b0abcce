import { SpatileError } from '../errors.ts';

/** Rules of spatialdata 0.8 for names of elements and for keys inside a table (`_core/validation.py`). */

/** Why `name` is no valid name, or null. */
export function nameProblem(name: string): string | null {
  if (name === '' || name === '.' || name === '..') return 'is empty or a dot';
  if (name.startsWith('__')) return 'begins with two underscores';
  if (!/^[\p{Alphabetic}\p{Number}_.-]+$/u.test(name))
    return 'holds other characters than letters, digits, _, - and .';
  return null;
}

/** Throws `INTERNAL` unless every name is valid and no two are equal ignoring case. */
export function assertNames(what: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const problem =
      nameProblem(name) ?? (seen.has(name.toLowerCase()) ? 'occurs twice (ignoring case)' : null);
    if (problem !== null)
      throw new SpatileError('INTERNAL', `${what}: the name ${JSON.stringify(name)} ${problem}`);
    seen.add(name.toLowerCase());
  }
}
