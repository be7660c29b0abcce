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

/** Words of four blocks: word w of block b at 16 w + 4 b bytes. */
export const FOUR: usize = memory.data(64, 16);

// @ts-ignore: decorator
@inline
function high(low: v128, up: v128): v128 {
  return v128.shuffle<i32>(low, up, 1, 3, 5, 7);
}

// @ts-ignore: decorator
@inline
function low(low: v128, up: v128): v128 {
  return v128.shuffle<i32>(low, up, 0, 2, 4, 6);
}

/** Four blocks at once into `FOUR`, bit for bit those of `philox`: they differ in the third word of the counter, four u32 at `items`. */
export function philox4(k0: u32, k1: u32, c0: u32, c1: u32, items: usize, c3: u32): void {
  let a = i32x4.splat(c0);
  let b = i32x4.splat(c1);
  let c = v128.load(items);
  let d = i32x4.splat(c3);
  const m0 = i32x4.splat(0xd2511f53);
  const m1 = i32x4.splat(0xcd9e8d57);
  for (let round = 0; round < 10; round++) {
    const p0 = i64x2.extmul_low_i32x4_u(a, m0);
    const q0 = i64x2.extmul_high_i32x4_u(a, m0);
    const p1 = i64x2.extmul_low_i32x4_u(c, m1);
    const q1 = i64x2.extmul_high_i32x4_u(c, m1);
    a = v128.xor(v128.xor(high(p1, q1), b), i32x4.splat(k0));
    b = low(p1, q1);
    c = v128.xor(v128.xor(high(p0, q0), d), i32x4.splat(k1));
    d = low(p0, q0);
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  v128.store(FOUR, a);
  v128.store(FOUR, b, 16);
  v128.store(FOUR, c, 32);
  v128.store(FOUR, d, 48);
}

/** Word w of block b of `FOUR`. */
// @ts-ignore: decorator
@inline
export function fourth(w: usize, b: usize): u32 {
  return load<u32>(FOUR + (w << 4) + (b << 2));
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
