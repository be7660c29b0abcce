/** State of xoshiro128++ 1.0 (Blackman and Vigna, ACM TOMS 2021); never four zeros. */
let a: u32 = 1;
let b: u32 = 0;
let c: u32 = 0;
let d: u32 = 0;

/** Starts the generator from four words. */
export function seed(w0: u32, w1: u32, w2: u32, w3: u32): void {
  a = w0;
  b = w1;
  c = w2;
  d = w3;
}

/** Uniform on 0..2^32-1. */
// @ts-ignore: decorator
@inline
export function word(): u32 {
  const result = rotl<u32>(a + d, 7) + a;
  const shifted = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = rotl<u32>(d, 11);
  return result;
}

/** Uniform number in (0, 1) of one word. */
// @ts-ignore: decorator
@inline
export function share(): f64 {
  return (<f64>word() + 0.5) / 4294967296.0;
}
