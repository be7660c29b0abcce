import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { openParquet } from '@spatile/formats/parquet/file';
import { type ColumnRequest, checkColumns } from '@spatile/formats/tabular/columns';
import { openFailed } from '@spatile/formats/tabular/open-failed';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { z } from 'zod';
import { IdIndex } from './id-index.ts';

const ROWS_PER_BATCH = 200_000;

const panelSchema = z.object({
  genes: z.number().int().nonnegative(),
  features: z.array(z.object({ name: z.string(), kind: z.string(), markerOf: z.string().nullable() })),
});

/** What was simulated, by row of the truth. Memory: 25 bytes per transcript. */
export interface Truth {
  folder: string;
  ids: IdIndex;
  /** Cell of origin 1..`cells`; 0 = background. */
  cell: Uint32Array;
  /** Index into the panel's features; below `genes` it is a gene. */
  feature: Uint32Array;
  genes: number;
  qv: Float32Array;
  /** 1 = leaked and seen outside its cell. */
  leaked: Uint8Array;
  /** Place of birth in microns. */
  x: Float32Array;
  y: Float32Array;
  cells: number;
  /** Type of cell c at c - 1, as an index into `typeNames`. */
  typeOf: Uint32Array;
  /** By gene: index into `typeNames` of the only type that expresses it, -1 = not a marker. */
  markerOf: Int32Array;
}

/** Reads the folder the simulator wrote. Errors: `INPUT_MISSING`, `PARQUET_INVALID`, `METADATA_INVALID`, `COLUMN_MISSING`. */
export async function loadTruth(folder: string): Promise<Truth> {
  const path = join(folder, 'transcripts.parquet');
  const table = await openParquet(path);
  const number = (name: string): ColumnRequest => ({ name, as: 'float32', scale: 1 });
  const integer = (name: string): ColumnRequest => ({ name, as: 'uint64' });
  const requests = [
    integer('transcript_id'),
    integer('cell'),
    integer('feature'),
    ...['qv', 'displaced', 'outside', 'born_x', 'born_y'].map(number),
  ];
  checkColumns(
    table,
    requests.map(({ name }) => ({ name, use: 'number' })),
    'expected the truth that spatile simulate wrote; simulate the slide again',
  );
  const n = table.rowCount;
  const ids = new BigUint64Array(n);
  const out = {
    cell: new Uint32Array(n),
    feature: new Uint32Array(n),
    qv: new Float32Array(n),
    leaked: new Uint8Array(n),
    x: new Float32Array(n),
    y: new Float32Array(n),
  };
  for await (const { firstRow, length, columns } of table.batches(requests, ROWS_PER_BATCH)) {
    ids.set(columns[0] as BigUint64Array, firstRow);
    const cell = columns[1] as BigUint64Array;
    const feature = columns[2] as BigUint64Array;
    for (let i = 0; i < length; i++) {
      out.cell[firstRow + i] = Number(cell[i]);
      out.feature[firstRow + i] = Number(feature[i]);
      out.leaked[firstRow + i] = columns[4][i] === 1 && columns[5][i] === 1 ? 1 : 0;
    }
    out.qv.set(columns[3] as Float32Array, firstRow);
    out.x.set(columns[6] as Float32Array, firstRow);
    out.y.set(columns[7] as Float32Array, firstRow);
  }
  const { types, typeOf } = await loadCells(folder);
  const panel = await loadPanel(folder);
  checkRange(path, 'cell', out.cell, typeOf.length + 1);
  checkRange(path, 'feature', out.feature, panel.features.length);
  return {
    folder,
    ids: new IdIndex(ids, path),
    ...out,
    genes: panel.genes,
    cells: typeOf.length,
    typeOf,
    markerOf: Int32Array.from(panel.features.slice(0, panel.genes), ({ markerOf }) =>
      markerOf === null ? -1 : types.names.indexOf(markerOf),
    ),
  };
}

async function loadCells(folder: string): Promise<{ types: TextTable; typeOf: Uint32Array }> {
  const path = join(folder, 'cells.parquet');
  const table = await openParquet(path);
  const types = new TextTable();
  const typeOf = new Uint32Array(table.rowCount);
  checkColumns(table, [{ name: 'type', use: 'name' }], 'expected the truth that spatile simulate wrote');
  for await (const { firstRow, columns } of table.batches(
    [{ name: 'type', as: 'code', table: types }],
    ROWS_PER_BATCH,
  )) {
    typeOf.set(columns[0] as Uint32Array, firstRow);
  }
  return { types, typeOf };
}

async function loadPanel(folder: string): Promise<z.infer<typeof panelSchema>> {
  const path = join(folder, 'panel.json');
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw openFailed(path, cause);
  });
  try {
    return panelSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new SpatileError(
      'METADATA_INVALID',
      `${path}: not a panel of the simulator (${text.length} characters); expected JSON with genes and features; simulate the slide again`,
      { cause, fields: { file: path } },
    );
  }
}

function checkRange(file: string, column: string, values: Uint32Array, limit: number): void {
  const row = values.findIndex((value) => value >= limit);
  if (row < 0) return;
  throw new SpatileError(
    'METADATA_INVALID',
    `${file}: column "${column}" is out of range (${values[row]} in row ${row}); expected less than ${limit}; simulate the slide again`,
    { fields: { file, column, row } },
  );
}
