import { rename, unlink, writeFile } from 'node:fs/promises';
import { SpatileError } from '@spatile/formats/errors';

/** Puts a finished page in its place, whole or not at all. Errors: `OUTPUT_UNWRITABLE`, `DISK_FULL`. */
export async function writePage(out: string, page: string): Promise<void> {
  const partial = `${out}.partial`;
  try {
    await writeFile(partial, page);
    await rename(partial, out);
  } catch (cause) {
    await unlink(partial).catch(() => undefined);
    throw unwritable(cause as NodeJS.ErrnoException, out);
  }
}

function unwritable(cause: NodeJS.ErrnoException, out: string): SpatileError {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
    return new SpatileError(
      'DISK_FULL',
      `${out}: no space left on the disk; free some and write the report again`,
      { cause },
    );
  return new SpatileError(
    'OUTPUT_UNWRITABLE',
    `${out}: the report cannot be written (${cause.code ?? cause.message}); expected a folder that may be written to; choose another place`,
    { cause },
  );
}
