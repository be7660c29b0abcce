/** Runs shorter than this are bit-packed; a run of equal codes costs a count and one code. */
const SHORTEST_RUN = 8;

/** Most bytes that `packCodes` writes for `n` codes of `width` bits. */
export function packedBound(n: number, width: number): number {
  // A group of 8 codes takes `width` bytes; each change between runs and groups a header of at most 5 bytes.
  return Math.ceil(n / 8) * (width + 10) + 16;
}

/**
 * Writes the first `n` codes in Parquet's hybrid of run lengths and bit packing; returns the offset behind the last byte.
 * `width`: bits of a code, 0 to 24, enough for the greatest of them; `out` has room for `packedBound(n, width)` bytes.
 */
export function packCodes(codes: Uint32Array, n: number, width: number, out: Uint8Array, at: number): number {
  let packedFrom = 0;
  let i = 0;
  while (i < n) {
    const code = codes[i];
    let end = i + 1;
    while (end < n && codes[end] === code) end++;
    if (end - i < SHORTEST_RUN) {
      i = Math.min(n, i + 8);
      continue;
    }
    if (packedFrom < i) at = packGroups(codes, packedFrom, i, width, out, at);
    at = writeVarint((end - i) * 2, out, at);
    for (let bits = 0; bits < width; bits += 8) out[at++] = code >>> bits;
    i = end;
    packedFrom = i;
  }
  return packedFrom < n ? packGroups(codes, packedFrom, n, width, out, at) : at;
}

/** Bit-packs whole groups of 8 codes from `from`; codes behind `to` in the last group are written as 0. */
function packGroups(
  codes: Uint32Array,
  from: number,
  to: number,
  width: number,
  out: Uint8Array,
  at: number,
): number {
  const groups = Math.ceil((to - from) / 8);
  at = writeVarint(groups * 2 + 1, out, at);
  let bits = 0;
  let held = 0;
  for (let k = 0; k < groups * 8; k++) {
    const i = from + k;
    if (i < to) bits |= codes[i] << held;
    held += width;
    while (held >= 8) {
      out[at++] = bits;
      bits >>>= 8;
      held -= 8;
    }
  }
  return at;
}

function writeVarint(value: number, out: Uint8Array, at: number): number {
  while (value > 127) {
    out[at++] = (value & 127) | 128;
    value >>>= 7;
  }
  out[at++] = value;
  return at;
}
