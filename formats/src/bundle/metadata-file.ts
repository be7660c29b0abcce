import { readFile, stat } from 'node:fs/promises';
import { SpatileError } from '../errors.ts';
import { openFailed } from '../tabular/open-failed.ts';

/** No vendor's metadata file comes near this; larger ones are not read into memory. */
const MAX_BYTES = 1 << 28;

/** The whole text of a small metadata file. Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `METADATA_INVALID` when it is huge. */
export async function readMetadata(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw metadataInvalid(path, `too large for metadata (${size} bytes)`, `at most ${MAX_BYTES} bytes`);
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw cause instanceof SpatileError ? cause : openFailed(path, cause);
  }
}

/** A JSON metadata file. Errors: those of `readMetadata`, `METADATA_INVALID`. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readMetadata(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw metadataInvalid(path, `not JSON (${(cause as Error).message})`, 'a complete JSON file', cause);
  }
}

/** The sentence about a metadata file that does not hold what it should (`METADATA_INVALID`). */
export function metadataInvalid(
  path: string,
  found: string,
  expected: string,
  cause?: unknown,
): SpatileError {
  return new SpatileError(
    'METADATA_INVALID',
    `${path}: ${found}; expected ${expected}; copy or export it again`,
    { fields: { file: path }, cause },
  );
}
