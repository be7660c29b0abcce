/** The codec ships no types; these cover what spatile and its tests use. */
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const create: (options: { print(): void; printErr(): void }) => Promise<{
    J2KDecoder: new () => {
      getEncodedBuffer(length: number): Uint8Array;
      getDecodedBuffer(): Uint8Array;
      decode(): void;
      getFrameInfo(): {
        width: number;
        height: number;
        bitsPerSample: number;
        componentCount: number;
        isSigned: boolean;
      };
      delete(): void;
    };
  }>;
  export default create;
}

declare module '@cornerstonejs/codec-openjpeg/wasmjs' {
  const create: (options: { print(): void; printErr(): void }) => Promise<{
    J2KEncoder: new () => {
      getDecodedBuffer(frame: {
        width: number;
        height: number;
        bitsPerSample: number;
        componentCount: number;
        isSigned: boolean;
      }): Uint8Array;
      getEncodedBuffer(): Uint8Array;
      setQuality(lossless: boolean, quality: number): void;
      encode(): void;
      delete(): void;
    };
  }>;
  export default create;
}
