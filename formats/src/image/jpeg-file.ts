import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Affine } from '../space.ts';
import { openFailed } from '../tabular/open-failed.ts';
import type { SlideImage } from './slide-image.ts';
import { imageInvalid } from './tiff-directory.ts';

/** A JPEG can only be decoded whole; larger images must come in tiles. */
const MAX_PIXELS = 2 ** 26;
/** A JPEG of the largest image is hardly ever larger. */
const MAX_BYTES = 2 ** 28;
/** A decoder holds the coefficients of all samples at once: 15 bytes a sample (measured), five times three copies of a block. */
const DECODING = 5;
/** Names of the samples by their number. */
const CHANNELS = new Map([
  [1, ['channel-0']],
  [3, ['channel-0', 'channel-1', 'channel-2']],
]);

/** What the frame of a JPEG says. */
interface JpegFrame {
  widthPx: number;
  heightPx: number;
  samples: number;
  /** Three samples are luminance and two colours, not red, green and blue. */
  ycbcr: boolean;
}

/**
 * Opens a JPEG of 8 bits, grey or of colour, as an image of one level and one block. Nothing is decoded here.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `IMAGE_INVALID`.
 */
export async function openJpegImage(path: string, pixelToUm: Affine): Promise<SlideImage> {
  const { widthPx, heightPx, samples, ycbcr } = await frameOf(path);
  const layout = {
    ...{ dataType: 'uint8' as const, bits: 8, signed: false, compression: 7, predictor: 1, planar: false },
    ...{ stride: samples, blockWidthPx: widthPx, littleEndian: true, jpegTables: null, ycbcr },
  };
  return {
    name: basename(path).replace(/\.jpe?g$/i, ''),
    channels: CHANNELS.get(samples)!,
    levels: [{ widthPx, heightPx, factor: 1, blockBytes: DECODING * widthPx * heightPx * samples }],
    pixelToUm,
    pack: async (_, channel) => ({
      file: basename(path),
      codec: { format: 'tiff', layout, sample: channel },
      blocks: [{ x: 0, y: 0, width: widthPx, height: heightPx, bytes: await wholeFile(path) }],
    }),
    close: async () => {},
  };
}

async function wholeFile(path: string): Promise<Uint8Array> {
  const handle = await open(path, 'r').catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    const { size } = await handle.stat();
    if (size > MAX_BYTES) throw imageInvalid(path, `a JPEG of ${size} bytes is too large to decode whole`);
    const bytes = await handle.readFile().catch((cause) => {
      throw openFailed(path, cause);
    });
    return new Uint8Array(bytes);
  } finally {
    await handle.close();
  }
}

/** Walks the segments of a JPEG up to its frame. */
async function frameOf(path: string): Promise<JpegFrame> {
  const bytes = await wholeFile(path);
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw imageInvalid(path, 'not a JPEG');
  let rgb = false;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    const segment = bytes.subarray(at + 4, at + 2 + length);
    // Adobe's segment says 0 where nothing was transformed.
    if (marker === 0xee && Buffer.from(segment.subarray(0, 5)).toString('latin1') === 'Adobe')
      rgb = segment[11] === 0;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return checkedFrame(path, marker, segment, rgb);
    at += 2 + length;
  }
  throw imageInvalid(path, 'the JPEG ends before its pixels');
}

function checkedFrame(path: string, marker: number, segment: Uint8Array, rgb: boolean): JpegFrame {
  const [heightPx, widthPx] = [(segment[1] << 8) | segment[2], (segment[3] << 8) | segment[4]];
  const samples = segment[5];
  if (marker > 0xc2 || segment[0] !== 8)
    throw imageInvalid(path, `a JPEG of ${segment[0]} bits and kind ${marker.toString(16)} is not read`);
  if (!CHANNELS.has(samples)) throw imageInvalid(path, `a JPEG of ${samples} samples is not read`);
  if (widthPx === 0 || heightPx === 0 || widthPx * heightPx > MAX_PIXELS)
    throw imageInvalid(
      path,
      `a JPEG of ${widthPx} x ${heightPx} pixels cannot be decoded whole; save it as a tiled TIFF`,
    );
  return { widthPx, heightPx, samples, ycbcr: samples === 3 && !rgb };
}
