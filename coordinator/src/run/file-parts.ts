import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';
import { SpatileError } from '@spatile/formats/errors';

/** By descriptor, as in `store.ts`. */
const file = { open: promisify(open), read: promisify(read), close: promisify(close) };

/** A stretch of a file, in bytes. */
export interface FilePart {
  offset: number;
  length: number;
}

/**
 * Stretches of a file, in the order given. Errors: `RUN_CORRUPT` when the file ends before one of them does; what the system says as it
 * says it.
 * @param name of the file, for people.
 */
export async function readParts(
  path: string,
  name: string,
  parts: readonly FilePart[],
): Promise<Uint8Array[]> {
  const descriptor = await file.open(path, 'r');
  try {
    const out: Uint8Array[] = [];
    for (const part of parts) out.push(await readPart(descriptor, name, part));
    return out;
  } finally {
    await file.close(descriptor);
  }
}

async function readPart(descriptor: number, name: string, { offset, length }: FilePart): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  await fill(descriptor, name, bytes, offset);
  return bytes;
}

/** Fills memory with the bytes of an open file from `offset` on. Errors as of `readParts`. */
async function fill(descriptor: number, name: string, into: Uint8Array, offset: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(descriptor, into, done, into.length - done, offset + done);
    if (bytesRead === 0)
      throw new SpatileError(
        'RUN_CORRUPT',
        `${name}: ends early (at byte ${offset + done}); expected ${offset + into.length} at least; start again with --overwrite`,
      );
    done += bytesRead;
  }
}

/** A file of which stretches are read into memory that is there. */
export class OpenFile {
  readonly #name: string;
  readonly #descriptor: number;

  private constructor(name: string, descriptor: number) {
    this.#name = name;
    this.#descriptor = descriptor;
  }

  /** Errors: what the system says as it says it. */
  static async at(path: string, name: string): Promise<OpenFile> {
    return new OpenFile(name, await file.open(path, 'r'));
  }

  /** Errors as of `readParts`. */
  fill(into: Uint8Array, offset: number): Promise<void> {
    return fill(this.#descriptor, this.#name, into, offset);
  }

  close(): Promise<void> {
    return file.close(this.#descriptor);
  }
}
