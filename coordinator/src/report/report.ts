import type { Pictures } from './pictures.ts';
import { writePage } from './write-page.ts';

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
  /** `drawPictures` of the same output, where they were drawn before; drawn now when absent. */
  pictures?: Pictures;
}): Promise<void> {
  // Loaded here, since the plotting library takes a while to load and most of a run does without.
  const [{ readSlide }, { renderPage }] = await Promise.all([import('./slide.ts'), import('./page.ts')]);
  const slide = await readSlide(options.zarr, options.runDirectory);
  await writePage(options.out, await renderPage(slide, options.pictures));
}

/** Loads what writes reports ahead of the first. */
export async function loadReport(): Promise<void> {
  await Promise.all([import('./slide.ts'), import('./page.ts'), import('./pictures.ts')]);
}

/** The pictures of a report: they take most of its time and need nothing but the Zarr. Errors: as `writeReport`. */
export async function drawPictures(zarr: string, runDirectory: string): Promise<Pictures> {
  const [{ readSlide }, { gatherPictures }] = await Promise.all([
    import('./slide.ts'),
    import('./pictures.ts'),
  ]);
  return gatherPictures(await readSlide(zarr, runDirectory));
}
