/** Philox4x32-10 (Salmon et al., SC 2011): four words per counter, in the globals below. */
export let w0: u32 = 0;
export let w1: u32 = 0;
export let w2: u32 = 0;
export let w3: u32 = 0;

/** @param k0,k1 key; @param c0..c3 counter (iteration, kind | sub << 8, item, draw). */
export function philox(k0: u32, k1: u32, c0: u32, c1: u32, c2: u32, c3: u32): void {
  for (let round = 0; round < 10; round++) {
    const p0 = u64(c0) * 0xd2511f53;
    const p1 = u64(c2) * 0xcd9e8d57;
    c0 = u32(p1 >> 32) ^ c1 ^ k0;
    c1 = u32(p1);
    c2 = u32(p0 >> 32) ^ c3 ^ k1;
    c3 = u32(p0);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  w0 = c0;
  w1 = c1;
  w2 = c2;
  w3 = c3;
}

/** Word to the open interval (0, 1): the middle of its 2^-32 cell. */
// @ts-ignore: decorator
@inline
export function unit(word: u32): f64 {
  return (f64(word) + 0.5) * 2.3283064365386963e-10;
}

let k0: u32 = 0;
let k1: u32 = 0;
let iteration: u32 = 0;
let kind: u32 = 0;
let item: u32 = 0;
let draw: u32 = 0;

/** Opens the stream of one item: `next` then walks its draws. */
export function open(key0: u32, key1: u32, iter: u32, step: u32, sub: u32, who: u32): void {
  k0 = key0;
  k1 = key1;
  iteration = iter;
  kind = step | (sub << 8);
  item = who;
  draw = 0;
}

/** Blocks taken from the open stream. */
// @ts-ignore: decorator
@inline
export function blocks(): u32 {
  return draw;
}

/** The next four words of the open stream. */
// @ts-ignore: decorator
@inline
export function next(): void {
  philox(k0, k1, iteration, kind, item, draw++);
}
