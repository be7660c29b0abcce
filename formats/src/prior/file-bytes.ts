import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { SpatileError } from '../errors.ts';
import { openFailed } from '../tabular/open-failed.ts';

/** A local file read by ranges. */
export interface OpenFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Bytes `[offset, offset + length)` in a buffer of their own. Errors: `INPUT_UNREADABLE` when they are not there. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** Opens a file for reading by ranges; the caller closes it. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`. */
export async function openFile(path: string): Promise<OpenFile> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(path, 'r');
    const info = await handle.stat();
    if (info.isDirectory()) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' });
    return rangeReader(path, handle, info.size);
  } catch (cause) {
    await handle?.close();
    throw openFailed(path, cause);
  }
}

function rangeReader(path: string, handle: FileHandle, sizeBytes: number): OpenFile {
  return {
    path,
    sizeBytes,
    async read(offset, length) {
      if (!(offset >= 0) || !(length >= 0) || offset + length > sizeBytes) {
        throw new SpatileError(
          'INPUT_UNREADABLE',
          `${basename(path)}: bytes ${offset} to ${offset + length} are not in the file (${sizeBytes} bytes); expected a complete file; copy it again`,
          { fields: { file: path } },
        );
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0)
          throw openFailed(
            path,
            Object.assign(new Error('truncated'), { code: `it ended at byte ${offset + done}` }),
          );
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}
