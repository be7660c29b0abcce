import { inflateSync } from 'node:zlib';
import { decode } from 'fast-png';
import { imageInvalid, type PixelType } from './tiff-directory.ts';

/** Size and kind of the pixels of a PNG. */
export interface PngLayout {
  widthPx: number;
  heightPx: number;
  samples: number;
  dataType: PixelType;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** A PNG can only be decoded whole; larger ones must come in tiles. */
const MAX_PIXELS = 2 ** 25;
/** Samples by colour type; palettes are taken as the RGB they stand for. */
const SAMPLES = new Map([
  [0, 1],
  [2, 3],
  [3, 3],
  [4, 2],
  [6, 4],
]);

/** Reads the header of a PNG. Errors: `IMAGE_INVALID`. @param path for messages. */
export function pngLayout(path: string, bytes: Uint8Array): PngLayout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || SIGNATURE.some((byte, i) => bytes[i] !== byte))
    throw imageInvalid(path, 'not a PNG');
  const [widthPx, heightPx] = [view.getUint32(16), view.getUint32(20)];
  const samples = SAMPLES.get(bytes[25]);
  if (samples === undefined || widthPx === 0 || heightPx === 0)
    throw imageInvalid(path, 'the header of the PNG is damaged');
  if (widthPx * heightPx > MAX_PIXELS) {
    throw imageInvalid(
      path,
      `a PNG of ${widthPx} x ${heightPx} pixels can only be decoded whole; save it as a tiled TIFF`,
    );
  }
  return { widthPx, heightPx, samples, dataType: bytes[24] === 16 ? 'uint16' : 'uint8' };
}

/** Decodes a PNG. Throws a plain `Error` when it is damaged or unpacks to more than its header says. */
export function decodePngSample(layout: PngLayout, sample: number, bytes: Uint8Array) {
  checkUnpacked(bytes, layout);
  const image = decode(bytes);
  const { channels, data, palette } = image;
  if (image.width !== layout.widthPx || image.height !== layout.heightPx)
    throw new Error(`it is ${image.width} x ${image.height}, its header says otherwise`);
  if (palette !== undefined) {
    const pixels = Uint8Array.from(data, (index) => palette[index]?.[sample] ?? 0);
    return { pixels, step: 1, stride: layout.widthPx, first: 0 };
  }
  const pixels = data as Uint8Array | Uint16Array;
  return { pixels, step: channels, stride: channels * layout.widthPx, first: Math.min(sample, channels - 1) };
}

/** Inflates the pixels once with a limit, because the decoder has none. */
function checkUnpacked(bytes: Uint8Array, { widthPx, heightPx }: PngLayout): void {
  const parts: Uint8Array[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) !== 0x49444154) continue;
    parts.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  // 8 bytes for a pixel of 4 samples, and a filter byte for each row of each of up to 7 passes.
  const most = widthPx * heightPx * 8 + 7 * heightPx + 1024;
  inflateSync(Buffer.concat(parts), { maxOutputLength: most });
}
