import { ERROR_CODES, type ErrorCode, isSpatileError, SpatileError } from '@spatile/formats/errors';
import { CommanderError } from 'commander';

/** What a system error means to people: our code, what is wrong and what to do. */
const SYSTEM_ERRORS: Record<string, [ErrorCode, string, string]> = {
  ENOSPC: ['DISK_FULL', 'the disk is full', 'free some space and run the same command with --resume'],
  EDQUOT: [
    'DISK_FULL',
    'the disk quota is used up',
    'free some space and run the same command with --resume',
  ],
  EROFS: ['OUTPUT_UNWRITABLE', 'the file system is read-only', 'choose another place for the output'],
  EMFILE: ['FILES_LIMIT', 'too many files are open', 'raise the limit (ulimit -n) or use fewer workers'],
  ENFILE: ['FILES_LIMIT', 'too many files are open on this machine', 'raise the limit or use fewer workers'],
  ENOMEM: [
    'MEMORY_LIMIT',
    'the machine has no memory left',
    'use fewer workers or a lower --memory-per-worker',
  ],
  ENOENT: ['INPUT_MISSING', 'there is no such file or folder', 'check the path'],
  ENOTDIR: ['INPUT_MISSING', 'a part of the path is not a folder', 'check the path'],
  ELOOP: ['INPUT_UNREADABLE', 'the path is a circle of links', 'check the path'],
};

/** Names of system calls that change something on disk. */
const WRITING_CALLS =
  /^(write|mkdir|rename|link|symlink|unlink|rmdir|rm|truncate|ftruncate|copyfile|fsync|mkdtemp)$/;

/**
 * Any failure as a `SpatileError` with one sentence; what nobody foresaw becomes `INTERNAL`, with the original as cause.
 *
 * `outputs` are paths the command writes to: a refused permission there is the output's fault, elsewhere the input's.
 */
export function toSpatileError(error: unknown, outputs: readonly string[] = []): SpatileError {
  if (isSpatileError(error)) return error;
  if (error instanceof CommanderError) return new SpatileError('USAGE', usageSentence(error));
  const system = error as NodeJS.ErrnoException;
  if (typeof system?.code === 'string') {
    const known = fromSystem(system, outputs);
    if (known) return known;
  }
  if (
    error instanceof RangeError &&
    /allocation failed|invalid (array|typed array|array buffer) length/i.test(error.message)
  ) {
    return new SpatileError(
      'MEMORY_LIMIT',
      `memory: an allocation failed (${error.message}); expected enough free memory; use fewer workers or smaller tiles`,
      { cause: error },
    );
  }
  const reason = oneLine(error instanceof Error ? error.message : String(error));
  return new SpatileError(
    'INTERNAL',
    `spatile itself: something went wrong that should not (${reason}); this is a bug; run again with --debug and report what it prints`,
    { cause: error },
  );
}

function fromSystem(error: NodeJS.ErrnoException, outputs: readonly string[]): SpatileError | null {
  const place = error.path ?? 'disk';
  const fields = { path: error.path, system: error.code };
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    const writing =
      WRITING_CALLS.test(error.syscall ?? '') || outputs.some((output) => place.startsWith(output));
    return writing
      ? new SpatileError(
          'OUTPUT_UNWRITABLE',
          `${place}: writing is not permitted (${error.code}); expected a folder you may write to; choose another output or change the permissions`,
          { fields, cause: error },
        )
      : new SpatileError(
          'INPUT_UNREADABLE',
          `${place}: reading is not permitted (${error.code}); expected a readable file or folder; change the permissions`,
          { fields, cause: error },
        );
  }
  const known = SYSTEM_ERRORS[error.code as string];
  if (!known) return null;
  return new SpatileError(known[0], `${place}: ${known[1]} (${error.code}); ${known[2]}`, {
    fields,
    cause: error,
  });
}

/** commander's message (`error: unknown option '--sed'\n(Did you mean --seed?)`) as one sentence in our form. */
function usageSentence(error: CommanderError): string {
  const [first, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const nearest = /Did you mean (.*)\?\)/.exec(suggestion ?? '')?.[1];
  const said = first
    .replace(/\.$/, '')
    .replace(/\. (\w)/g, (_, letter: string) => `, ${letter.toLowerCase()}`);
  return `${said}; ${nearest ? `did you mean ${nearest}?` : 'see spatile --help'}`;
}

/** The error as one line for people. */
export function errorLine(error: SpatileError): string {
  return `spatile: ${oneLine(error.message)}\n`;
}

/** The error as one JSON document for programs. */
export function errorJson(error: SpatileError): string {
  const { code, message, fields } = error;
  return `${JSON.stringify({ error: { code, class: ERROR_CODES[code][0], message: oneLine(message), fields } })}\n`;
}

/** Stack of the error and of everything that caused it; shown with `--debug` only. */
export function errorStack(error: Error): string {
  const cause = error.cause instanceof Error ? `caused by ${errorStack(error.cause)}` : '';
  return `${error.stack ?? error.message}\n${cause}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}
