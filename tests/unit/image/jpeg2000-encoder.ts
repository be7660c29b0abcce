import createOpenJpeg from '@cornerstonejs/codec-openjpeg/wasmjs';
import type { TiffSpec } from './tiff-bytes.ts';

/** An encoder of blocks for `tiffBytes`, lossless. */
export async function jpeg2000Encoder(bits: number): Promise<NonNullable<TiffSpec['encode']>> {
  const { J2KEncoder } = await createOpenJpeg({ print() {}, printErr() {} });
  return (block, width, height) => {
    const codec = new J2KEncoder();
    codec
      .getDecodedBuffer({ width, height, bitsPerSample: bits, componentCount: 1, isSigned: false })
      .set(block);
    codec.setQuality(true, 0);
    codec.encode();
    const bytes = Uint8Array.from(codec.getEncodedBuffer());
    codec.delete();
    return bytes;
  };
}
