import { SpatileError } from '@spatile/formats/errors';

/** The error of a failed write: `DISK_FULL` or `OUTPUT_UNWRITABLE` for what the file system says, others as they are. */
export function writeError(path: string, cause: unknown): unknown {
  const code = (cause as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new SpatileError(
      'DISK_FULL',
      `${path}: cannot be written (${code}); expected free space on the disk; free some or choose another folder`,
      { cause, fields: { path } },
    );
  }
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    return new SpatileError(
      'OUTPUT_UNWRITABLE',
      `${path}: cannot be written (${code}); expected a folder that may be written to; choose another one`,
      { cause, fields: { path } },
    );
  }
  return cause;
}

/** Runs a synchronous write, naming the file in what it throws. */
export function writing<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw writeError(path, cause);
  }
}
