import { OTHERS, SIMPLE, VARIANTS } from '../competitors/all.ts';
import { SPATILE } from '../competitors/spatile.ts';
import type { KindResults } from './kinds.ts';

/** Methods of the tables and the picture, in their order: key and label. */
export const METHODS = [SPATILE, ...VARIANTS, ...OTHERS, ...SIMPLE].map(
  ({ key, label }) => [key, label] as const,
);

/** What spatile is compared with: programs of others, then what costs next to nothing. */
export const RIVALS = [...OTHERS, ...SIMPLE].map(({ key, label }) => [key, label] as const);

/** Those that have results. */
export function measured<T extends readonly [key: string, label: string]>(
  kinds: readonly KindResults[],
  methods: readonly T[],
): T[] {
  return methods.filter(([key]) => kinds.some((kind) => kind.methods.has(key)));
}
