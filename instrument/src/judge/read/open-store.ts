import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openParquet, type ParquetFile } from '@spatile/formats/parquet/file';
import { listElements } from '@spatile/formats/spatialdata/read';
import type { GivenFiles } from './open-folder.ts';
import { fileOutlines } from './outlines.ts';
import type { JudgedResult } from './result.ts';
import { resultInvalid } from './result-invalid.ts';
import { readRunFacts } from './run-facts.ts';
import { tableResult } from './table-result.ts';
import { verdictColumns } from './verdict-columns.ts';

/** Names that programs give the outlines of cells, best first. */
const SHAPES = ['cell_boundaries', 'cells', 'cell_polygons', 'proseg_boundaries', 'baysor_boundaries'];

/** Whether a folder is a Zarr with elements of SpatialData. */
export const isStore = (path: string): boolean =>
  ['zarr.json', '.zgroup', 'points'].some((name) => existsSync(join(path, name)));

/**
 * A SpatialData store (Zarr v2 or v3) of spatile, Proseg or another program: points with a cell per transcript, and shapes.
 * Coordinates are taken as stored, without transformations.
 * Errors: `RESULT_INVALID`, `INPUT_EMPTY`, and those of `tableResult`.
 */
export async function openStore(path: string, given: GivenFiles): Promise<JudgedResult> {
  const { points, shapes } = await listElements(path);
  const files = await pointsWithCells(path, points);
  const columns = verdictColumns(files[0])!;
  const facts = await readRunFacts(path);
  const shape = SHAPES.find((name) => shapes.includes(name)) ?? (shapes.length === 1 ? shapes[0] : null);
  const outlines = given.polygons ?? (shape === null ? null : join(path, 'shapes', shape, 'shapes.parquet'));
  const foreign = columns.program === 'table' ? 'spatialdata' : columns.program;
  return tableResult({
    program: facts.cores === undefined ? foreign : 'spatile',
    name: basename(path),
    facts,
    table: { files, columns, minProbability: given.minProbability },
    outlines: outlines === null ? null : (numberOf) => fileOutlines(outlines, numberOf),
    bundle: given.bundle,
  });
}

/** Parts of the points `transcripts`, else of the first points that tell cells. */
async function pointsWithCells(path: string, names: readonly string[]): Promise<ParquetFile[]> {
  const ordered = [...names].sort((a, b) => Number(b === 'transcripts') - Number(a === 'transcripts'));
  for (const name of ordered) {
    const files = await openParts(join(path, 'points', name, 'points.parquet'));
    if (verdictColumns(files[0]) !== null) return files;
  }
  throw resultInvalid(
    path,
    `no points tell the cell of a transcript (found points: ${names.join(', ') || 'none'})`,
    'a SpatialData store with points that have a column cell_id, cell or assignment',
    'write the store with its transcripts',
  );
}

async function openParts(path: string): Promise<ParquetFile[]> {
  if ((await stat(path).catch(() => null))?.isFile()) return [await openParquet(path)];
  const parts = (await readdir(path).catch(() => []))
    .map((name) => ({ name, part: Number(/^part\.(\d+)\.parquet$/.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ part }) => !Number.isNaN(part))
    .sort((a, b) => a.part - b.part);
  if (parts.length > 0) return Promise.all(parts.map(({ name }) => openParquet(join(path, name))));
  throw resultInvalid(
    path,
    'the folder of points holds no part',
    'part.0.parquet and so on',
    'write the store again',
  );
}
