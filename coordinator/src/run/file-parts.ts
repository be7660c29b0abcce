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
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(descriptor, bytes, done, length - done, offset + done);
    if (bytesRead === 0)
      throw new SpatileError(
        'RUN_CORRUPT',
        `${name}: ends early (at byte ${offset + done}); expected ${offset + length} at least; start again with --overwrite`,
      );
    done += bytesRead;
  }
  return bytes;
}
