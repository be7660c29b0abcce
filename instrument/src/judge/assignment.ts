import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openCsv } from '@spatile/formats/csv/file';
import { SpatileError } from '@spatile/formats/errors';
import { openParquet } from '@spatile/formats/parquet/file';
import { checkColumns, type TableFile } from '@spatile/formats/tabular/columns';
import { openFailed } from '@spatile/formats/tabular/open-failed';
import { TextTable } from '@spatile/formats/tabular/text-table';
import type { AssignmentBatch } from './read/result.ts';

const ROWS_PER_BATCH = 200_000;
/** What programs write for "in no cell". */
const NONE = new Set(['', '0', '-1', 'unassigned', 'none', 'na', 'nan', 'null', 'background']);

/**
 * The verdicts of any program: a SpatialData Zarr with points `transcripts`, a Xenium bundle (the vendor's own cells), or
 * a table (Parquet or CSV) with columns `transcript_id` and `cell_id` or `cell`. Streams; memory grows with cells.
 * Errors: `INPUT_MISSING`, `INPUT_EMPTY`, `COLUMN_MISSING`, and those of the readers.
 */
export async function* readAssignment(path: string): AsyncGenerator<AssignmentBatch> {
  // One table of ids for all parts, so that a cell keeps its number.
  const ids = new TextTable();
  const numberOf: number[] = [];
  let cells = 0;
  for (const file of await tablesOf(path)) {
    const table = /\.(csv|tsv|txt)(\.gz)?$/i.test(file) ? await openCsv(file) : await openParquet(file);
    const cellColumn = table.columns.some(({ name }) => name === 'cell_id') ? 'cell_id' : 'cell';
    check(table, cellColumn);
    const requests = [
      { name: 'transcript_id', as: 'uint64' },
      { name: cellColumn, as: 'code', table: ids },
    ] as const;
    for await (const { length, columns } of table.batches(requests, ROWS_PER_BATCH)) {
      const codes = columns[1] as Uint32Array;
      for (let code = numberOf.length; code < ids.names.length; code++) {
        numberOf.push(NONE.has(ids.names[code].toLowerCase()) ? 0 : ++cells);
      }
      const cell = codes.map((code) => numberOf[code]);
      yield { length, transcriptId: columns[0] as BigUint64Array, cell };
    }
  }
}

function check(table: TableFile, cellColumn: string): void {
  const advice =
    'give a table with transcript_id and cell_id (or cell), a Zarr of spatile or a Xenium bundle';
  checkColumns(
    table,
    [
      { name: 'transcript_id', use: 'integer' },
      { name: cellColumn, use: 'id' },
    ],
    advice,
  );
}

/** The tables behind a path, in order. */
async function tablesOf(path: string): Promise<string[]> {
  const facts = await stat(path).catch((cause) => {
    throw openFailed(path, cause);
  });
  if (!facts.isDirectory()) return [path];
  const parts = join(path, 'points', 'transcripts', 'points.parquet');
  if (existsSync(parts)) return partsOf(parts);
  const bundle = join(path, 'transcripts.parquet');
  if (existsSync(bundle)) return [bundle];
  throw new SpatileError(
    'INPUT_MISSING',
    `${path}: no transcripts found (neither points/transcripts nor transcripts.parquet); expected a Zarr of spatile or a Xenium bundle; check the path`,
    { fields: { file: path } },
  );
}

async function partsOf(folder: string): Promise<string[]> {
  const numbered = (await readdir(folder))
    .map((name) => ({ name, part: /^part\.(\d+)\.parquet$/.exec(name)?.[1] }))
    .filter(({ part }) => part !== undefined)
    .sort((a, b) => Number(a.part) - Number(b.part));
  if (numbered.length > 0) return numbered.map(({ name }) => join(folder, name));
  throw new SpatileError(
    'INPUT_EMPTY',
    `${folder}: the folder holds no part (${basename(folder)}); expected part.0.parquet and so on; run spatile again`,
    { fields: { file: folder } },
  );
}
