import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { openFailed } from '../tabular/open-failed.ts';
import { readLabels } from './labels.ts';
import type { Panel } from './match.ts';
import { openMtx } from './mtx.ts';
import { profilesFromTable } from './profile-table.ts';
import { type ProfileLimits, profilesOf, type ReferenceProfiles } from './profiles.ts';
import { referenceInvalid } from './source.ts';

export type { Panel } from './match.ts';
export type { ReferenceProfiles } from './profiles.ts';

export interface ReferenceOptions extends ProfileLimits {
  /** Column with the cell types; null finds it. */
  labels: string | null;
  /** Table of barcodes and cell types, for 10x files. */
  labelFile: string | null;
  /** Where an AnnData file keeps its counts; null finds them. */
  layer: string | null;
}

/**
 * Mean expression of the cell types of a reference on the genes of a slide. By its name the file is AnnData (`.h5ad`), a 10x
 * matrix (`.h5`, or a folder with `matrix.mtx`; both with `labelFile`), or a table of profiles (CSV, TSV, Parquet).
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `REFERENCE_INVALID`, those of the table readers.
 */
export async function readReference(
  path: string,
  panel: Panel,
  options: ReferenceOptions,
): Promise<ReferenceProfiles> {
  const file = basename(path);
  const found = await stat(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  if (found.isDirectory())
    return profilesOf(file, await openMtx(path, file, await labels(file, options)), panel, options);
  // The library that reads HDF5 is large.
  if (/\.h5ad$/i.test(path)) {
    const { openH5ad } = await import('./h5ad.ts');
    return profilesOf(file, await openH5ad(path, file, options.labels, options.layer), panel, options);
  }
  if (/\.(h5|hdf5)$/i.test(path)) {
    const { openTenxH5 } = await import('./tenx-h5.ts');
    return profilesOf(file, await openTenxH5(path, file, await labels(file, options)), panel, options);
  }
  return profilesFromTable(path, file, panel, options.labels);
}

function labels(file: string, { labelFile, labels: column }: ReferenceOptions): Promise<Map<string, string>> {
  if (labelFile !== null) return readLabels(labelFile, basename(labelFile), column);
  throw referenceInvalid(
    file,
    'a 10x matrix has no cell types',
    'a table of barcodes and cell types beside it',
    'name it with correct.reference.labelFile',
  );
}
