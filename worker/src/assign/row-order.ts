/** Bits of a row that one pass orders by, and how many passes 32 bits take. */
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/**
 * `values` in ascending order of their `rows`: a radix sort, since blocks come in any order and a tile has some 100,000 rows.
 * Rows that are equal keep their order; both arrays may be overwritten.
 */
export function sortedByRow(rows: Uint32Array, values: Uint32Array): Uint32Array {
  let least = 0xffffffff;
  let most = 0;
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] < least) least = rows[i];
    if (rows[i] > most) most = rows[i];
  }
  let from: Pairs = { rows, values };
  let to: Pairs = { rows: new Uint32Array(rows.length), values: new Uint32Array(rows.length) };
  for (let shift = 0; shift < 32 && (most - least) / 2 ** shift >= 1; shift += DIGIT_BITS) {
    pass(from, to, least, shift);
    [from, to] = [to, from];
  }
  return from.values;
}

interface Pairs {
  rows: Uint32Array;
  values: Uint32Array;
}

function pass(from: Pairs, to: Pairs, least: number, shift: number): void {
  const next = new Uint32Array(DIGITS + 1);
  const n = from.rows.length;
  for (let i = 0; i < n; i++) next[(((from.rows[i] - least) >>> shift) & (DIGITS - 1)) + 1]++;
  for (let d = 0; d < DIGITS; d++) next[d + 1] += next[d];
  for (let i = 0; i < n; i++) {
    const at = next[((from.rows[i] - least) >>> shift) & (DIGITS - 1)]++;
    to.rows[at] = from.rows[i];
    to.values[at] = from.values[i];
  }
}
