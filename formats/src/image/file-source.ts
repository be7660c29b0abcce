import { type FileHandle, open, stat } from 'node:fs/promises';
import { openFailed } from '../tabular/open-failed.ts';

/** Parsing a directory asks for a little more than may be there; larger requests are for data that must exist. */
const LOOK_AHEAD_BYTES = 64 * 1024;

/**
 * Byte ranges of a local file in the shape geotiff wants (`BaseSource`). Unlike geotiff's own file source it knows the
 * size of the file, so that a damaged offset or count is refused before memory is allocated for it.
 */
export class FileSource {
  readonly path: string;
  readonly fileSize: number;
  readonly #handle: FileHandle;

  private constructor(path: string, fileSize: number, handle: FileHandle) {
    this.path = path;
    this.fileSize = fileSize;
    this.#handle = handle;
  }

  /** Opens `path` for reading. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`. */
  static async open(path: string): Promise<FileSource> {
    try {
      const { size } = await stat(path);
      return new FileSource(path, size, await open(path, 'r'));
    } catch (cause) {
      throw openFailed(path, cause);
    }
  }

  /** Bytes `[offset, offset + length)`; shorter only for small look-ahead reads at the end of the file. */
  async read(offset: number, length: number): Promise<ArrayBuffer> {
    const available = Math.min(length, this.fileSize - offset);
    if (!(offset >= 0) || available < 0 || (available < length && length > LOOK_AHEAD_BYTES)) {
      throw new RangeError(`bytes ${offset} to ${offset + length} of a file of ${this.fileSize} bytes`);
    }
    const bytes = new Uint8Array(available);
    let done = 0;
    while (done < available) {
      const { bytesRead } = await this.#handle.read(bytes, done, available - done, offset + done);
      if (bytesRead === 0) throw new RangeError(`the file ended at byte ${offset + done}`);
      done += bytesRead;
    }
    return bytes.buffer;
  }

  async fetchSlice(slice: { offset: number; length: number }) {
    return { ...slice, data: await this.read(slice.offset, slice.length) };
  }

  async fetch(slices: { offset: number; length: number }[]): Promise<ArrayBuffer[]> {
    return Promise.all(slices.map(({ offset, length }) => this.read(offset, length)));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
