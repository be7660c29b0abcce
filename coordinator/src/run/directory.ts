import { constants } from 'node:fs';
import { access, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import type { RunOptions } from '../api.ts';
import { storageError } from './store.ts';

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
 * Checks, and with `overwrite` clears, what a run would write. Never removes a folder that is neither a Zarr nor a run
 * directory. Errors: `OUTPUT_EXISTS`, `RUN_MISMATCH` (nothing to resume), `OUTPUT_UNWRITABLE`.
 */
export async function prepareOutput(options: Pick<RunOptions, 'output' | 'mode'>): Promise<void> {
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
  if (options.mode === 'resume') {
    if (!(await exists(join(run, 'run.json')))) {
      throw new SpatileError(
        'RUN_MISMATCH',
        `${options.output}: there is no run to resume (no ${basename(run)} beside it); start it without --resume`,
      );
    }
    return;
  }
  if (options.mode === 'overwrite') {
    await removeOwn(output, 'zarr.json', options.output);
    await removeOwn(`${output}.partial`, null, options.output);
    await removeOwn(run, 'run.json', basename(run));
    return;
  }
  if (await exists(output)) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${options.output}: already there; choose another name or pass --overwrite`,
    );
  }
  if (await exists(join(run, 'run.json'))) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${basename(run)}: an unfinished run for this output is already there; go on with it by --resume or start again with --overwrite`,
    );
  }
}

/**
 * Removes what an earlier attempt of a resumed run wrote after its tiles: it may have died between the Zarr and the
 * report. Errors: `OUTPUT_EXISTS` when something else lies there, `OUTPUT_UNWRITABLE`.
 */
export async function removeUnfinished(output: string): Promise<void> {
  await removeOwn(resolve(output), 'zarr.json', output);
}

/** Removes a folder that spatile made (it holds `marker`) or that holds nothing. */
async function removeOwn(path: string, marker: string | null, name: string): Promise<void> {
  if (!(await exists(path))) return;
  const isFolder = (await stat(path)).isDirectory();
  // A run that died while it wrote its first file left nothing but that file's temporary name.
  const holdsNothing = async (): Promise<boolean> =>
    (await readdir(path)).every((entry) => entry.includes('.tmp-'));
  const ours = isFolder && (marker === null || (await exists(join(path, marker))) || (await holdsNothing()));
  if (!ours) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${name}: already there and not made by spatile; remove it yourself or choose another name`,
    );
  }
  await rm(path, { recursive: true, force: true }).catch((cause: NodeJS.ErrnoException) => {
    throw storageError(cause, name);
  });
}
