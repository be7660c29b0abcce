import { SpatileError } from '../errors.ts';

/** The sentence about a file or folder that cannot be opened: `INPUT_MISSING` or `INPUT_UNREADABLE`. */
export function openFailed(path: string, cause: unknown): SpatileError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new SpatileError(
      'INPUT_MISSING',
      `${path}: no such file or folder (${code}); expected a readable file; check the path`,
      { fields: { file: path }, cause },
    );
  }
  return new SpatileError(
    'INPUT_UNREADABLE',
    `${path}: cannot be read (${code}); expected a readable file; check its permissions and the disk`,
    { fields: { file: path }, cause },
  );
}

/** Whether an error comes from the operating system (disk, permissions) and not from what a file holds. */
export function isSystemError(cause: unknown): boolean {
  return cause instanceof Error && 'syscall' in cause;
}
