import { join } from 'node:path';
import { type Listing, namesIn } from '../bundle/listing.ts';
import { openTable } from '../bundle/open-table.ts';
import type { PriorSource } from '../bundle/slide.ts';
import type { RectUm } from '../space.ts';
import { merscopeCsvPrior } from './merscope-csv.ts';
import { merscopeParquetPrior } from './merscope-parquet.ts';

/** Boundary tables in microns by preference; those in mosaic pixels are left alone. */
const TABLES = [
  /^cell_boundaries\.parquet$/,
  /^cellpose\d*_micron_space\.parquet$/,
  /^cell_micron_space\.parquet$/,
];
const NUCLEI = /nucle\w*_micron_space\.parquet$/;
const FOLDER = 'cell_boundaries';
/** Rows of the transcript table that tell its frame. */
const SAMPLE_ROWS = 1000;

/**
 * Cells (and nuclei, where vpt wrote some) of a MERSCOPE region: the first of Parquet table, HDF5 files and polygon CSVs.
 * Errors: those of the readers.
 */
export async function merscopePriors(listing: Listing): Promise<PriorSource[]> {
  const names = listing.files.map(({ name }) => name);
  const priors: PriorSource[] = [];
  const nuclei = names.find((name) => NUCLEI.test(name));
  if (nuclei !== undefined) priors.push(await merscopeParquetPrior(join(listing.path, nuclei), 'nucleus'));
  const cells = await cellPrior(listing, names);
  if (cells !== null) priors.push(cells);
  return priors;
}

async function cellPrior(listing: Listing, names: string[]): Promise<PriorSource | null> {
  const table = TABLES.map((pattern) => names.find((name) => pattern.test(name))).find(
    (name) => name !== undefined,
  );
  if (table !== undefined) return merscopeParquetPrior(join(listing.path, table), 'cell');
  if (!listing.folders.includes(FOLDER)) return null;
  const folder = join(listing.path, FOLDER);
  const inside = await namesIn(folder);
  const paths = (pattern: RegExp): string[] =>
    inside.filter((name) => pattern.test(name)).map((name) => join(folder, name));
  const hdf5 = paths(/\.hdf5$/);
  if (hdf5.length > 0) {
    // The library that reads HDF5 is large.
    const { merscopeHdf5Prior } = await import('./merscope-hdf5.ts');
    return merscopeHdf5Prior(hdf5, `${FOLDER}/*.hdf5`);
  }
  const csv = paths(/^z\d+_polygons\.csv(\.gz)?$/);
  if (csv.length > 0)
    return merscopeCsvPrior(csv, `${FOLDER}/z*_polygons.csv`, await sampleBounds(listing, names));
  return null;
}

/** Bounds of the first transcripts in microns; null when there are none to be read. */
async function sampleBounds(listing: Listing, names: string[]): Promise<RectUm | null> {
  const name = names.find((file) => /^detected_transcripts\.(csv(\.gz)?|parquet)$/.test(file));
  if (name === undefined) return null;
  const table = await openTable(join(listing.path, name));
  const readable = ['global_x', 'global_y'].every((column) =>
    table.columns.some((found) => found.name === column),
  );
  if (!readable) return null;
  const batches = table.batches(
    [
      { name: 'global_x', as: 'float32', scale: 1 },
      { name: 'global_y', as: 'float32', scale: 1 },
    ],
    SAMPLE_ROWS,
  );
  for await (const { columns } of batches) {
    const [x, y] = columns.map((column) => Array.from(column as Float32Array).filter(Number.isFinite));
    if (x.length === 0 || y.length === 0) return null;
    return { x0: Math.min(...x), y0: Math.min(...y), x1: Math.max(...x), y1: Math.max(...y) };
  }
  return null;
}
