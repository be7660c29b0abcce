/**
 * Decodes one block of TIFF's PackBits, and of it no more than `wanted` bytes. A block that is cut short gives fewer.
 * Source: TIFF 6.0, section 9.
 */
export function decodePackBits(bytes: Uint8Array, wanted: number): Uint8Array {
  const out = new Uint8Array(wanted);
  let filled = 0;
  for (let at = 0; at < bytes.length && filled < wanted; ) {
    const header = bytes[at++];
    if (header === 128) continue;
    if (header < 128) {
      const literal = bytes.subarray(at, at + Math.min(header + 1, wanted - filled));
      out.set(literal, filled);
      filled += literal.length;
      at += header + 1;
    } else if (at < bytes.length) {
      const end = Math.min(wanted, filled + 257 - header);
      out.fill(bytes[at++], filled, end);
      filled = end;
    }
  }
  return out.subarray(0, filled);
}
