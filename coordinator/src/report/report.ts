import type { Pictures } from './pictures.ts';
import type { ReportedSlide } from './slide.ts';
import { writePage } from './write-page.ts';

/** What of a report needs nothing but the Zarr, and takes most of its time. */
export interface DrawnReport {
  slide: ReportedSlide;
  pictures: Pictures;
}

/**
 * Writes the report of a finished output: one HTML file that needs nothing but itself. Equal inputs give equal bytes with one
 * build of Node.js, which packs the pictures.
 *
 * `runDirectory` null means the `.run` folder beside the Zarr; without one the page leaves out what only the run knows.
 * Errors: `INPUT_MISSING` (no Zarr there), `STORE_INVALID`, `PARQUET_INVALID`, `GEOMETRY_INVALID`, `RUN_CORRUPT`,
 * `OUTPUT_UNWRITABLE`, `DISK_FULL`.
 */
export async function writeReport(options: {
  zarr: string;
  runDirectory: string | null;
  out: string;
  /** `drawReport` of the same output, where it was drawn before; drawn now when absent. */
  drawn?: DrawnReport;
}): Promise<void> {
  // Loaded here, since the plotting library takes a while to load and most of a run does without.
  const [{ readSlide, withRun }, { renderPage }] = await Promise.all([
    import('./slide.ts'),
    import('./page.ts'),
  ]);
  const { slide, pictures } = options.drawn ?? { slide: await readSlide(options.zarr) };
  await writePage(options.out, await renderPage(await withRun(slide, options.runDirectory), pictures));
}

/** Loads what writes reports ahead of the first. */
export async function loadReport(): Promise<void> {
  await Promise.all([import('./slide.ts'), import('./page.ts'), import('./pictures.ts')]);
}

/** Draws the pictures of a report. Errors: as `writeReport`, but for the run's. */
export async function drawReport(zarr: string): Promise<DrawnReport> {
  const [{ readSlide }, { gatherPictures }] = await Promise.all([
    import('./slide.ts'),
    import('./pictures.ts'),
  ]);
  const slide = await readSlide(zarr);
  return { slide, pictures: await gatherPictures(slide) };
}
