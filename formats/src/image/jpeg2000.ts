/** TIFF compression values under which JPEG 2000 occurs: Aperio 33003 and 33005, Leica 33004, and the registered 34712. */
export const JPEG_2000 = [33003, 33004, 33005, 34712];

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

interface ExpectedFrame {
  width: number;
  height: number;
  bitsPerSample: number;
  samples: number;
}

function assertSize(found: number[], { width, height, samples }: ExpectedFrame): void {
  const expected = [width, height, samples];
  if (found.some((size, i) => size !== expected[i])) {
    throw new Error(
      `the JPEG 2000 frame is ${found.join(' x ')}, the directory says ${expected.join(' x ')}`,
    );
  }
}

const JP2C = 0x6a703263;

/** The codestream of a JP2 file, which is a row of boxes; a raw codestream is its own. */
function codestreamOf(bytes: Uint8Array): Uint8Array {
  if (bytes[0] === 0xff && bytes[1] === 0x4f) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= bytes.length; ) {
    const short = view.getUint32(at);
    const long = short === 1;
    if (view.getUint32(at + 4) === JP2C) return bytes.subarray(at + (long ? 16 : 8));
    const length = long ? Number(view.getBigUint64(at + 8)) : short;
    if (length < 8) break;
    at += length;
  }
  throw new Error('it holds no JPEG 2000 codestream to decode');
}

/** Compares the size in the main header with the directory's before a decoder makes room for it (ISO 15444-1, A.5.1). */
function checkMainHeader(bytes: Uint8Array, expected: ExpectedFrame): void {
  const codestream = codestreamOf(bytes);
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  if (codestream.length < 42 || view.getUint32(0) !== 0xff4fff51)
    throw new Error('the JPEG 2000 codestream cannot be decoded');
  const [right, bottom, left, top] = [8, 12, 16, 20].map((at) => view.getUint32(at));
  assertSize([right - left, bottom - top, view.getUint16(40)], expected);
}

/**
 * Decodes one JPEG 2000 block (codestream or JP2) to pixel-interleaved little-endian samples. Throws a plain `Error`
 * when the codestream is damaged or its frame differs from what the TIFF directory says (`expected`).
 */
export async function decodeJpeg2000(bytes: Uint8Array, expected: ExpectedFrame): Promise<ArrayBuffer> {
  assertComplete(bytes);
  checkMainHeader(bytes, expected);
  const { J2KDecoder } = await loadOpenJpeg();
  // A fresh decoder per block: after a failure a used one would hand out the pixels of the block before.
  const decoder = new J2KDecoder();
  try {
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const frame = decoder.getFrameInfo();
    assertSize([frame.width, frame.height, frame.componentCount], expected);
    const { bitsPerSample } = expected;
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

/** Whether a TIFF compression value means JPEG 2000, whose samples are little-endian whatever the file is. */
export const isJpeg2000 = (compression: number): boolean => JPEG_2000.includes(compression);
