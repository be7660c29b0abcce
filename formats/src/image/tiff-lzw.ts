const CLEAR = 256;
const END = 257;
const MAX_CODES = 4096;

/**
 * Decodes one block of TIFF's LZW (codes of 9 to 12 bits, highest bit first, widened one code early), and of it no more than
 * `wanted` bytes, as libtiff does: 1 MB may stand for 2.7 GB. Throws a plain `Error` when a code is damaged.
 * Source: TIFF 6.0, section 13.
 */
export function decodeLzw(bytes: Uint8Array, wanted: number): Uint8Array {
  const out = new Uint8Array(wanted);
  // A code stands for what an earlier place of the output holds.
  const starts = new Int32Array(MAX_CODES);
  const lengths = new Int32Array(MAX_CODES);
  let [codes, width, filled, previous] = [END + 1, 9, 0, -1];
  let [held, heldBits, at] = [0, 0, 0];
  while (filled < wanted) {
    while (heldBits < width && at < bytes.length) {
      held = ((held << 8) | bytes[at++]) & 0xffffff;
      heldBits += 8;
    }
    if (heldBits < width) break;
    heldBits -= width;
    const code = (held >> heldBits) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      [codes, width, previous] = [END + 1, 9, -1];
      continue;
    }
    if (code > codes || (code === codes && previous < 0)) throw new Error(`damaged LZW code ${code}`);
    const start = filled;
    if (previous >= 0 && codes < MAX_CODES) {
      // The string before and the first byte of this one, which is written next: they lie side by side.
      starts[codes] = previous;
      lengths[codes] = start - previous + 1;
      codes++;
    }
    if (code < CLEAR) out[filled++] = code;
    else {
      const end = Math.min(wanted, start + lengths[code]);
      for (let from = starts[code]; filled < end; ) out[filled++] = out[from++];
    }
    previous = start;
    if (codes + 1 >= 1 << width && width < 12) width++;
  }
  return out.subarray(0, filled);
}
