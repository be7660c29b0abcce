import { existsSync } from 'node:fs';
import { openParquet } from '@spatile/formats/parquet/file';
import { checkColumns } from '@spatile/formats/tabular/columns';
import type { TextTable } from '@spatile/formats/tabular/text-table';
import { truthInvalid } from './truth-invalid.ts';

const ROWS_PER_BATCH = 200_000;
/** 40,000 genes and 200 types; more would be no table of profiles. */
const MAX_ROWS = 8_000_000;

/**
 * Expected share of gene g in a cell of type k at `g * types + k`, each type summing to 1; types are added to `types`.
 * Null when there is no such file: older truths had none. Errors: `METADATA_INVALID`, `COLUMN_MISSING`, `PARQUET_INVALID`.
 */
export async function loadProfiles(
  path: string,
  genes: number,
  types: TextTable,
): Promise<Float64Array | null> {
  if (!existsSync(path)) return null;
  const table = await openParquet(path);
  const needs = [
    { name: 'feature', use: 'integer' },
    { name: 'type', use: 'name' },
    { name: 'share', use: 'number' },
  ] as const;
  checkColumns(table, [...needs], 'expected the truth that spatile simulate wrote; simulate the slide again');
  const n = table.rowCount;
  if (n > MAX_ROWS) throw truthInvalid(path, `too many rows (${n})`, `at most ${MAX_ROWS}`);
  const [feature, type, share] = [new Uint32Array(n), new Uint32Array(n), new Float32Array(n)];
  const requests = [
    { name: 'feature', as: 'uint64' },
    { name: 'type', as: 'code', table: types },
    { name: 'share', as: 'float32', scale: 1 },
  ] as const;
  for await (const { firstRow, length, columns } of table.batches(requests, ROWS_PER_BATCH)) {
    for (let i = 0; i < length; i++) feature[firstRow + i] = Math.min(genes, Number(columns[0][i]));
    type.set(columns[1] as Uint32Array, firstRow);
    share.set(columns[2] as Float32Array, firstRow);
  }
  const k = types.names.length;
  const profiles = new Float64Array(genes * k);
  for (let row = 0; row < n; row++) {
    if (feature[row] >= genes)
      throw truthInvalid(path, `row ${row} is of no gene`, `features below ${genes}`);
    if (!(share[row] >= 0 && share[row] <= 1)) {
      throw truthInvalid(path, `a share of ${share[row]} in row ${row}`, 'shares from 0 to 1');
    }
    profiles[feature[row] * k + type[row]] = share[row];
  }
  return profiles;
}
