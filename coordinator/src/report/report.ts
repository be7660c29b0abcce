import { rename, unlink, writeFile } from 'node:fs/promises';
import { SpatileError } from '@spatile/formats/errors';

/**
 * Writes the report of a finished output: one HTML file that needs nothing but itself. Equal inputs give equal bytes.
 *
 * `runDirectory` null means the `.run` folder beside the Zarr; without one the page leaves out what only the run knows.
 * Errors: `INPUT_MISSING` (no Zarr there), `STORE_INVALID`, `PARQUET_INVALID`, `GEOMETRY_INVALID`, `RUN_CORRUPT`,
 * `OUTPUT_UNWRITABLE`, `DISK_FULL`.
 */
export async function writeReport(options: {
  zarr: string;
  runDirectory: string | null;
  out: string;
}): Promise<void> {
  // Loaded here, since the plotting library takes a while to load and most of a run does without.
  const [{ readSlide }, { renderPage }] = await Promise.all([import('./slide.ts'), import('./page.ts')]);
  const page = await renderPage(await readSlide(options.zarr, options.runDirectory));
  const partial = `${options.out}.partial`;
  try {
    await writeFile(partial, page);
    await rename(partial, options.out);
  } catch (cause) {
    await unlink(partial).catch(() => undefined);
    throw unwritable(cause as NodeJS.ErrnoException, options.out);
  }
}

function unwritable(cause: NodeJS.ErrnoException, out: string): SpatileError {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
    return new SpatileError(
      'DISK_FULL',
      `${out}: no space left on the disk; free some and write the report again`,
      {
        cause,
      },
    );
  return new SpatileError(
    'OUTPUT_UNWRITABLE',
    `${out}: the report cannot be written (${cause.code ?? cause.message}); expected a folder that may be written to; choose another place`,
    { cause },
  );
}
