import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openTable } from '@spatile/formats/bundle/open-table';
import { openFailed } from '@spatile/formats/tabular/open-failed';
import { type GivenFiles, openVendorCells, tableInFolder } from './open-folder.ts';
import { isStore, openStore } from './open-store.ts';
import { fileOutlines } from './outlines.ts';
import type { JudgedResult } from './result.ts';
import { neededColumns, tableResult } from './table-result.ts';

export interface OpenOptions {
  /** The slide: for results that lack transcript ids or genes. */
  bundle?: string;
  /** Outlines of the cells, when they do not lie where the program puts them. */
  polygons?: string;
  /** Transcripts less sure of their cell are taken for background, 0 to 1; default 0. */
  minProbability?: number;
  /** Name in tables and pictures; default: the last part of the path. */
  name?: string;
}

/**
 * Opens what a program said about a slide, recognised by what is there: a SpatialData Zarr (spatile, Proseg, others), the
 * tables of Proseg or Baysor, the own cells of an instrument's bundle, or any table of transcripts with their cells.
 * Opening looks at names and schemas; verdicts and outlines are streamed. Memory grows with cells, but for results that
 * must be joined to the bundle (see `joinByPlace`).
 * Errors: `INPUT_*`, `RESULT_INVALID`, `COLUMN_MISSING`, `COLUMN_TYPE`, and those of the readers.
 */
export async function openResult(path: string, options: OpenOptions = {}): Promise<JudgedResult> {
  const facts = await stat(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  const { bundle = null, polygons = null, minProbability = 0 } = options;
  const given = { bundle, polygons, minProbability };
  const result = await (facts.isDirectory() ? openFolder(path, given) : openFile(path, given));
  return { ...result, name: options.name ?? basename(path) };
}

async function openFolder(path: string, given: GivenFiles): Promise<JudgedResult> {
  if (isStore(path)) return openStore(path, given);
  const table = tableInFolder(path);
  if (table !== null) return openFile(table, given);
  return openVendorCells(path, given);
}

async function openFile(
  path: string,
  { bundle, polygons, minProbability }: GivenFiles,
): Promise<JudgedResult> {
  const table = await openTable(path);
  const columns = neededColumns(table);
  const outlines = polygons ?? (await outlinesBeside(path, columns.program));
  return tableResult({
    program: columns.program,
    name: basename(path),
    facts: {},
    table: { files: [table], columns, minProbability },
    outlines: outlines === null ? null : (numberOf) => fileOutlines(outlines, numberOf),
    bundle,
  });
}

/** The file of flat outlines that the program puts beside its table; null when there is none. */
async function outlinesBeside(path: string, program: string): Promise<string | null> {
  const folder = dirname(path);
  if (program === 'baysor') {
    const stem = basename(path).replace(/\.[^.]*$/, '');
    const names = [`${stem}_polygons_2d.json`, `${stem}_polygons.json`];
    const name = names.find((file) => existsSync(join(folder, file)));
    return name === undefined ? null : join(folder, name);
  }
  if (program !== 'proseg') return null;
  const name = (await readdir(folder)).sort().find((file) => /^cell[-_]polygons\.geojson(\.gz)?$/.test(file));
  return name === undefined ? null : join(folder, name);
}
