import { addDecoder, BaseDecoder, getDecoder } from 'geotiff';
import { boundedInflate, boundedUnzstd } from './bounded.ts';
import { decodeJpeg2000, JPEG_2000 } from './jpeg2000.ts';
import { decodeLzw } from './tiff-lzw.ts';
import { decodePackBits } from './tiff-packbits.ts';

const DEFLATE = [8, 32946];
const LZW = 5;
const PACKBITS = 32773;
const ZSTD = 50000;
const LERC = 34887;
/** Some programs fill up the last strip of a page. */
const SLACK_BYTES = 32 * 2 ** 20;

/** geotiff's decoder of a compression, with our own of those that have to be bounded. Throws a plain error for one it has not. */
export const decoderOf = getDecoder;

function blockBytes({ parameters }: BaseDecoder): number {
  const { tileWidth, tileHeight, bitsPerSample, samplesPerPixel = 1 } = parameters;
  const bits = typeof bitsPerSample === 'number' ? bitsPerSample : bitsPerSample[0];
  return Math.ceil((tileWidth * samplesPerPixel * bits) / 8) * tileHeight;
}

const own = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

class BoundedDeflate extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBufferLike): Promise<ArrayBuffer> {
    return own(boundedInflate(new Uint8Array(buffer), blockBytes(this) + SLACK_BYTES));
  }
}

class BoundedZstd extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBufferLike): Promise<ArrayBuffer> {
    return own(await boundedUnzstd(new Uint8Array(buffer), blockBytes(this) + SLACK_BYTES));
  }
}

class LzwOfBlock extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBufferLike): Promise<ArrayBuffer> {
    return own(decodeLzw(new Uint8Array(buffer), blockBytes(this)));
  }
}

class PackBitsOfBlock extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBufferLike): Promise<ArrayBuffer> {
    return own(decodePackBits(new Uint8Array(buffer), blockBytes(this)));
  }
}

class Jpeg2000Decoder extends BaseDecoder {
  override async decodeBlock(buffer: ArrayBufferLike): Promise<ArrayBuffer> {
    const {
      tileWidth,
      tileHeight,
      bitsPerSample,
      planarConfiguration,
      samplesPerPixel = 1,
    } = this.parameters;
    return decodeJpeg2000(new Uint8Array(buffer as ArrayBuffer), {
      width: tileWidth,
      height: tileHeight,
      bitsPerSample: typeof bitsPerSample === 'number' ? bitsPerSample : bitsPerSample[0],
      samples: planarConfiguration === 2 ? 1 : samplesPerPixel,
    });
  }
}

addDecoder(DEFLATE, async () => BoundedDeflate);
addDecoder(ZSTD, async () => BoundedZstd);
addDecoder(LZW, async () => LzwOfBlock);
addDecoder(PACKBITS, async () => PackBitsOfBlock);
addDecoder(JPEG_2000, async () => Jpeg2000Decoder);
// Its decoder has no limit, and takes parameters that are not read here.
addDecoder(LERC, async () => {
  throw new Error('LERC is not read');
});
