/** Order of candidates: probability falling, then the number of the candidate. */

/** Bits of a digit, and how many digits a float32 has. */
const BITS: u32 = 11;
const DIGITS: u32 = 3;
const VALUES: u32 = 1 << BITS;

const starts: usize = memory.data(2048 * 4, 16);

/**
 * Sorts the numbers 0 to n - 1 by `prob` (f32, not negative) into `order` (u32): digit by digit from the lowest, each pass
 * keeping the order of the one before. `other`: scratch like `order`.
 */
export function rank(prob: usize, n: i32, order: usize, other: usize): void {
  // The last of an odd number of passes ends in `order`.
  let from = order;
  let to = other;
  for (let i = 0; i < n; i++) store<u32>(other + (<usize>i << 2), i);
  for (let digit: u32 = 0; digit < DIGITS; digit++) {
    const swapped = from;
    from = to;
    to = swapped;
    pass(prob, n, digit * BITS, from, to);
  }
}

function pass(prob: usize, n: i32, shift: u32, from: usize, to: usize): void {
  memory.fill(starts, 0, <usize>VALUES << 2);
  for (let i = 0; i < n; i++) {
    const at = starts + (<usize>digitOf(prob, i, shift) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let sum: u32 = 0;
  for (let value: u32 = 0; value < VALUES; value++) {
    const at = starts + (<usize>value << 2);
    const here = load<u32>(at);
    store<u32>(at, sum);
    sum += here;
  }
  for (let i = 0; i < n; i++) {
    const candidate = load<u32>(from + (<usize>i << 2));
    const at = starts + (<usize>digitOf(prob, candidate, shift) << 2);
    const next = load<u32>(at);
    store<u32>(at, next + 1);
    store<u32>(to + (<usize>next << 2), candidate);
  }
}

/** Bits of a number that is not negative grow with it; turned round, the largest comes first. */
// @ts-ignore: decorator
@inline
function digitOf(prob: usize, i: u32, shift: u32): u32 {
  return (~load<u32>(prob + (<usize>i << 2)) >> shift) & (VALUES - 1);
}
