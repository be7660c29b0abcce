import { constants } from 'node:fs';
import { access, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import type { RunOptions } from '../api.ts';
import { storageError } from './store.ts';

/** In the run directory: which process works on the run. */
export const LOCK_FILE = 'run.lock';

/** `sample.zarr` -> `sample.run`: the run directory lies beside the output. */
export function runDirectoryFor(output: string): string {
  return join(dirname(resolve(output)), `${basename(output).replace(/\.zarr$/i, '')}.run`);
}

export function reportFor(output: string): string {
  return join(dirname(resolve(output)), `${basename(output).replace(/\.zarr$/i, '')}.report.html`);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Checks what a run would write, before the input is looked at; removes nothing.
 * @returns what the run is: `resume` without anything to go on with is `new` (it was killed before it wrote anything).
 * Errors: `OUTPUT_EXISTS`, `RUN_MISMATCH` (an output without its run directory), `OUTPUT_UNWRITABLE`.
 */
export async function checkOutput(
  options: Pick<RunOptions, 'output' | 'mode' | 'report'>,
): Promise<RunOptions['mode']> {
  const output = resolve(options.output);
  const run = runDirectoryFor(output);
  const parent = dirname(output);
  if (!(await exists(parent))) {
    throw new SpatileError(
      'OUTPUT_UNWRITABLE',
      `${options.output}: its folder does not exist; create it first`,
    );
  }
  await access(parent, constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new SpatileError(
      'OUTPUT_UNWRITABLE',
      `${options.output}: its folder cannot be written to (${cause.code}); expected a folder you may write to; choose another output or change its permissions`,
      { cause },
    );
  });
  await checkReport(options);
  const begun = await exists(join(run, 'run.json'));
  if (options.mode === 'resume') {
    if (begun) return 'resume';
    if (await exists(output)) {
      throw new SpatileError(
        'RUN_MISMATCH',
        `${options.output}: already there, but there is no run to resume (no ${basename(run)} beside it); choose another name or pass --overwrite`,
      );
    }
    // It died before it wrote anything: going on is starting.
    return 'new';
  }
  if (options.mode === 'overwrite') {
    for (const [path, marker, name] of ownFolders(options.output)) await checkOwn(path, marker, name);
    return 'overwrite';
  }
  if (await exists(output)) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${options.output}: already there; choose another name or pass --overwrite`,
    );
  }
  if (begun) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${basename(run)}: an unfinished run for this output is already there; go on with it by --resume or start again with --overwrite`,
    );
  }
  return 'new';
}

/** A report that could not be written would be noticed after hours only. */
async function checkReport({ output, report }: Pick<RunOptions, 'output' | 'report'>): Promise<void> {
  if (report === null) return;
  if (resolve(report) === resolve(output) || resolve(report).startsWith(`${resolve(output)}/`)) {
    throw new SpatileError(
      'OUTPUT_UNWRITABLE',
      `${report}: lies in the output itself; expected a file of its own; choose another --report`,
    );
  }
  await access(dirname(resolve(report)), constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new SpatileError(
      'OUTPUT_UNWRITABLE',
      `${report}: its folder does not exist or cannot be written to (${cause.code}); expected a folder you may write to; choose another --report`,
      { cause },
    );
  });
}

/** What a run writes: folder, the file by which it is known as ours (null: by its name), and its name for people. */
function ownFolders(output: string): [path: string, marker: string | null, name: string][] {
  const path = resolve(output);
  const run = runDirectoryFor(output);
  return [
    [path, 'zarr.json', output],
    [`${path}.partial`, null, output],
    [run, 'run.json', basename(run)],
  ];
}

/** Removes an earlier output and its run directory. Errors: `OUTPUT_EXISTS` for what spatile did not make, `OUTPUT_UNWRITABLE`. */
export async function clearOutput(output: string): Promise<void> {
  for (const [path, marker, name] of ownFolders(output)) await removeOwn(path, marker, name);
}

/**
 * Removes what an earlier attempt of a resumed run wrote after its tiles: it may have died between the Zarr and the
 * report. Errors: `OUTPUT_EXISTS` when something else lies there, `OUTPUT_UNWRITABLE`.
 */
export async function removeUnfinished(output: string): Promise<void> {
  await removeOwn(resolve(output), 'zarr.json', output);
}

/** Refuses a path that is neither a folder that spatile made (it holds `marker`) nor one that holds nothing. */
async function checkOwn(path: string, marker: string | null, name: string): Promise<void> {
  if (!(await exists(path))) return;
  const isFolder = (await stat(path)).isDirectory();
  // A run that died while it wrote its first file left nothing but its lock and that file's temporary name.
  const holdsNothing = async (): Promise<boolean> =>
    (await readdir(path)).every((entry) => entry.includes('.tmp-') || entry === LOCK_FILE);
  const ours = isFolder && (marker === null || (await exists(join(path, marker))) || (await holdsNothing()));
  if (!ours) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${name}: already there and not made by spatile; remove it yourself or choose another name`,
    );
  }
}

async function removeOwn(path: string, marker: string | null, name: string): Promise<void> {
  await checkOwn(path, marker, name);
  await rm(path, { recursive: true, force: true }).catch((cause: NodeJS.ErrnoException) => {
    throw storageError(cause, name);
  });
}
