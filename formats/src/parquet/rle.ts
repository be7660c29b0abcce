/**
 * Decodes Parquet's hybrid of run lengths and bit packing (definition levels, dictionary indices, booleans).
 *
 * Reads `count` values of `bitWidth` bits from `bytes[start .. end)` into `out`. Stops at `count`, whatever the runs
 * claim, so damaged bytes cannot make it write or allocate more. Throws when the bytes end early. Unlike hyparquet's it
 * fills a typed array and checks both bounds.
 */
export function decodeRle(
  bytes: Uint8Array,
  start: number,
  end: number,
  bitWidth: number,
  out: Uint32Array | Uint8Array,
  count: number,
): void {
  if (bitWidth > 24) throw new Error(`${bitWidth} bits per value`);
  if (bitWidth === 0) {
    out.fill(0, 0, count);
    return;
  }
  let at = start;
  let done = 0;
  while (done < count) {
    let header = 0;
    for (let shift = 0, more = true; more; shift += 7, at++) {
      if (at >= end || shift > 28) throw new Error('run lengths end early');
      header |= (bytes[at] & 0x7f) << shift;
      more = (bytes[at] & 0x80) !== 0;
    }
    if (header & 1) {
      const values = Math.min((header >>> 1) * 8, count - done);
      unpackBits(bytes, at, end, bitWidth, out, done, values);
      at += (header >>> 1) * bitWidth;
      done += values;
    } else {
      const width = (bitWidth + 7) >> 3;
      if (at + width > end) throw new Error('run lengths end early');
      let value = 0;
      for (let b = 0; b < width; b++) value |= bytes[at++] << (8 * b);
      const values = Math.min(header >>> 1, count - done);
      out.fill(value, done, done + values);
      done += values;
      if (header === 0) throw new Error('a run of length 0');
    }
  }
}

/** Little-endian bit packing, least significant bit first; `bitWidth` is at most 24, so 32 bits hold a value and a byte. */
function unpackBits(
  bytes: Uint8Array,
  start: number,
  end: number,
  bitWidth: number,
  out: Uint32Array | Uint8Array,
  from: number,
  count: number,
): void {
  if (start + Math.ceil((count * bitWidth) / 8) > end) throw new Error('packed values end early');
  const mask = (1 << bitWidth) - 1;
  let at = start;
  let bits = 0;
  let have = 0;
  for (let i = from; i < from + count; i++) {
    while (have < bitWidth) {
      bits |= bytes[at++] << have;
      have += 8;
    }
    out[i] = bits & mask;
    bits >>>= bitWidth;
    have -= bitWidth;
  }
}
