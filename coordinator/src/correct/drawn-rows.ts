import { RandomStream } from '@spatile/random/stream';

/**
 * At most so many of some ascending rows, ascending, drawn without order: each row's number decides by itself, so no cut into
 * blocks changes them. Memory is 16 bytes for each row.
 */
export function drawnRows(
  rows: readonly number[],
  most: number,
  seed: number,
  domain: string,
): readonly number[] {
  if (rows.length <= most) return rows;
  const keys = Uint32Array.from(rows, (row) => new RandomStream(seed, domain, row).uint32());
  const last = keys.slice().sort()[most - 1];
  // Of rows with the same key as the last the first ones are drawn.
  let tied = most - keys.reduce((below, key) => below + (key < last ? 1 : 0), 0);
  return rows.filter((_, i) => keys[i] < last || (keys[i] === last && tied-- > 0));
}
