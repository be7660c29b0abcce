import { addDecoder, BaseDecoder } from 'geotiff';

/** TIFF compression values under which JPEG 2000 occurs: Aperio 33003 and 33005, Leica 33004, and the registered 34712. */
const JPEG_2000 = [33003, 33004, 33005, 34712];

interface FrameInfo {
  width: number;
  height: number;
  bitsPerSample: number;
  componentCount: number;
  isSigned: boolean;
}

interface J2KDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  getDecodedBuffer(): Uint8Array;
  decode(): void;
  getFrameInfo(): FrameInfo;
  delete(): void;
}

type OpenJpeg = { J2KDecoder: new () => J2KDecoder };

let openJpeg: Promise<OpenJpeg> | undefined;

/** Loads the WebAssembly module once; silent, because the codec otherwise prints to the console. */
function loadOpenJpeg(): Promise<OpenJpeg> {
  openJpeg ??= import('@cornerstonejs/codec-openjpeg/decodewasmjs').then(({ default: create }) =>
    create({ print() {}, printErr() {} }),
  );
  return openJpeg;
}

/** A raw codestream ends with the marker EOC; OpenJPEG itself accepts truncated ones and fills up with zeros. */
function assertComplete(bytes: Uint8Array): void {
  if (bytes[0] !== 0xff || bytes[1] !== 0x4f) return;
  let end = bytes.length;
  while (end > 2 && bytes[end - 1] === 0) end--;
  if (bytes[end - 2] !== 0xff || bytes[end - 1] !== 0xd9)
    throw new Error('the JPEG 2000 codestream is truncated');
}

/**
 * Decodes one JPEG 2000 block (codestream or JP2) to pixel-interleaved little-endian samples. Throws a plain `Error`
 * when the codestream is damaged or its frame differs from what the TIFF directory says (`expected`).
 */
async function decodeJpeg2000(
  bytes: Uint8Array,
  expected: { width: number; height: number; bitsPerSample: number; samples: number },
): Promise<ArrayBuffer> {
  assertComplete(bytes);
  const { J2KDecoder } = await loadOpenJpeg();
  // A fresh decoder per block: after a failure a used one would hand out the pixels of the block before.
  const decoder = new J2KDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const frame = decoder.getFrameInfo();
    const { width, height, bitsPerSample, samples } = expected;
    if (frame.width !== width || frame.height !== height || frame.componentCount !== samples) {
      throw new Error(
        `the JPEG 2000 frame is ${frame.width} x ${frame.height} x ${frame.componentCount}, the directory says ${width} x ${height} x ${samples}`,
      );
    }
    if (Math.ceil(frame.bitsPerSample / 8) * 8 !== bitsPerSample || frame.isSigned) {
      throw new Error(
        `the JPEG 2000 samples have ${frame.bitsPerSample} bits, the directory says ${bitsPerSample}`,
      );
    }
    return Uint8Array.from(decoder.getDecodedBuffer()).buffer;
  } catch (error) {
    if (error instanceof Error) throw error;
    // Emscripten throws numbers (pointers to C++ exceptions).
    throw new Error('the JPEG 2000 codestream cannot be decoded', { cause: error });
  } finally {
    decoder.delete();
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

/** Teaches geotiff the four JPEG 2000 compression values; calling it again changes nothing. */
export function registerJpeg2000(): void {
  addDecoder(JPEG_2000, async () => Jpeg2000Decoder);
}

/** Whether a TIFF compression value means JPEG 2000, whose samples are little-endian whatever the file is. */
export const isJpeg2000 = (compression: number): boolean => JPEG_2000.includes(compression);
