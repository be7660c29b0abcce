import { join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { SpatileError } from '../errors.ts';
import { COSMX_TRANSCRIPT_FILE } from './cosmx.ts';
import { firstFile, hasFile, type Listing } from './listing.ts';
import { MERSCOPE_TRANSCRIPT_FILES } from './merscope.ts';
import { openTable } from './open-table.ts';
import type { Platform } from './slide.ts';
import { XENIUM_TRANSCRIPT_FILES } from './xenium.ts';

/**
 * Recognises the platform of a folder by file names alone; the platform's reader then checks columns and metadata.
 * `PLATFORM_UNKNOWN` says what was found instead, also when two platforms fit.
 */
export async function sniffFolder(listing: Listing, config: RunConfig['input']): Promise<Platform> {
  const platforms: Platform[] = [];
  if (await looksLikeXenium(listing)) platforms.push('xenium');
  if (firstFile(listing, MERSCOPE_TRANSCRIPT_FILES)) platforms.push('merscope');
  if (listing.files.some(({ name }) => COSMX_TRANSCRIPT_FILE.test(name))) platforms.push('cosmx');
  if (platforms.length === 1) return platforms[0];
  if (platforms.length > 1) {
    throw unknown(
      listing.path,
      `the folder fits several platforms (${platforms.join(', ')})`,
      'the output of one',
      'say which with --platform',
    );
  }
  if (config.columns.path !== null) return 'table';
  throw notRecognised(listing);
}

/** A folder without `experiment.xenium` counts when its transcripts have Xenium's columns. */
async function looksLikeXenium(listing: Listing): Promise<boolean> {
  if (hasFile(listing, 'experiment.xenium')) return true;
  const name = firstFile(listing, XENIUM_TRANSCRIPT_FILES);
  if (!name) return false;
  const { columns } = await openTable(join(listing.path, name));
  return ['x_location', 'feature_name'].some((wanted) => columns.some((column) => column.name === wanted));
}

/** Checks that a single file can be read as a table with the mapped columns; says how to give the others. */
export async function sniffFile(path: string, config: RunConfig['input']): Promise<void> {
  if (config.platform !== 'auto' && config.platform !== 'table') {
    throw unknown(
      path,
      `platform ${config.platform} is a folder (this is a file)`,
      'a folder',
      'give the folder that holds it',
    );
  }
  if (config.platform === 'table') return;
  const { x, y, feature } = config.columns;
  const { columns } = await openTable(path);
  if ([x, y, feature].every((name) => columns.some((column) => column.name === name))) return;
  throw unknown(
    path,
    `a file without the columns ${x}, ${y} and ${feature} (found: ${columns
      .slice(0, 40)
      .map(({ name }) => name)
      .join(', ')})`,
    "an instrument's output folder or a table of transcripts",
    'give the folder, or name the columns with input.columns and --platform table',
  );
}

function notRecognised({ path, files, folders }: Listing): SpatileError {
  const regions = folders.filter((name) => /^region_/.test(name));
  if (regions.length > 0) {
    return unknown(
      path,
      `the folder holds MERSCOPE regions (${regions.join(', ')})`,
      'one region',
      `give one of them, such as ${join(path, regions[0])}`,
    );
  }
  if (folders.includes('outs'))
    return unknown(path, 'the folder holds "outs"', 'that folder itself', `give ${join(path, 'outs')}`);
  if (folders.includes('binned_outputs') || folders.includes('segmented_outputs')) {
    return unknown(
      path,
      'the folder is Visium HD, which has no transcripts',
      'Xenium, MERSCOPE or CosMx',
      'give such a folder',
    );
  }
  if (files.some(({ name }) => /^(zarr\.json|\.zgroup)$/.test(name))) {
    return unknown(
      path,
      'the folder is a Zarr store',
      "an instrument's output folder",
      'give the folder the store was made from',
    );
  }
  const names = [...files.map(({ name }) => name), ...folders.map((name) => `${name}/`)];
  const found = names.slice(0, 8).join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
  return unknown(
    path,
    `the folder is not recognised as any platform (found: ${found || 'nothing to read'})`,
    'experiment.xenium, detected_transcripts.csv or *_tx_file.csv in it',
    'give the folder that holds one of these, or a table with --platform table',
  );
}

function unknown(path: string, found: string, expected: string, advice: string): SpatileError {
  return new SpatileError('PLATFORM_UNKNOWN', `${path}: ${found}; expected ${expected}; ${advice}`, {
    fields: { file: path },
  });
}
