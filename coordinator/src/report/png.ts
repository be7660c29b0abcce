import { promisify } from 'node:util';
import { deflate } from 'node:zlib';

/** A picture of 8-bit grey values, or of indices into a palette of red, green, blue and alpha (256 colours at the most). */
export interface Picture {
  widthPx: number;
  heightPx: number;
  /** Row by row, one byte a pixel. */
  pixels: Uint8Array;
  palette: readonly (readonly [number, number, number, number])[] | null;
}

/** The highest level saves a twentieth of a map of flat colours and takes three times as long. */
const ZLIB_LEVEL = 6;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const BIT_DEPTH = 8;
const GREY = 0;
const PALETTE = 3;

const pack = promisify(deflate);

/**
 * Encodes a picture as PNG in a data URL (PNG, third edition, W3C 2025). Packing is most of it, and Node does it beside this
 * thread, which is why it is not left to the package that reads PNG.
 */
export async function pngDataUrl({ widthPx, heightPx, pixels, palette }: Picture): Promise<string> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header[8] = BIT_DEPTH;
  header[9] = palette === null ? GREY : PALETTE;
  const png = Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...(palette === null
      ? []
      : [
          chunk('PLTE', Buffer.from(palette.flatMap((colour) => colour.slice(0, 3)))),
          chunk('tRNS', Buffer.from(palette.map(([, , , alpha]) => alpha))),
        ]),
    chunk('IDAT', await pack(scanlines(widthPx, heightPx, pixels), { level: ZLIB_LEVEL })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** The rows, each with a byte before it that says that it is not filtered. */
function scanlines(widthPx: number, heightPx: number, pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array((widthPx + 1) * heightPx);
  for (let y = 0; y < heightPx; y++)
    out.set(pixels.subarray(y * widthPx, (y + 1) * widthPx), y * (widthPx + 1) + 1);
  return out;
}

/** Length, name, content and the checksum of name and content. */
function chunk(name: string, content: Buffer): Buffer {
  const out = Buffer.alloc(12 + content.length);
  out.writeUInt32BE(content.length, 0);
  out.write(name, 4, 'latin1');
  content.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length);
  return out;
}

/** Remainders of all bytes by the polynomial of ISO 3309, lowest bit first. */
const REMAINDERS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) rest = REMAINDERS[(rest ^ bytes[i]) & 255] ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}
