import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPoints, readShapes, readTable, type StoredTable } from '@spatile/formats/spatialdata/read';
import { expect } from 'vitest';

/** One transcript, of an input or of the points of an output. */
export interface Row {
  gene: string;
  x: number;
  y: number;
}

export interface StoredRow extends Row {
  id: bigint;
  cell: string;
  probability: number;
  isControl: boolean;
}

/** Names and digests of all files of a store, sorted: two stores are byte-identical when these lists are equal. */
export function filesOf(store: string): string[] {
  return readdirSync(store, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map(
      (path) =>
        `${createHash('sha256').update(readFileSync(path)).digest('hex')}  ${path.slice(store.length + 1)}`,
    );
}

/** What `summary.digest` must be: SHA-256 over the lines `<sha256 of the file>  <path>` in byte order of the paths. */
export function digestOfFiles(store: string): string {
  return createHash('sha256')
    .update(
      filesOf(store)
        .sort((a, b) => Buffer.compare(Buffer.from(a.slice(66)), Buffer.from(b.slice(66))))
        .map((line) => `${line}\n`)
        .join(''),
    )
    .digest('hex');
}

/** All points of a store, in stored order. */
export async function storedRows(store: string): Promise<StoredRow[]> {
  const names = ['x', 'y', 'feature_name', 'transcript_id', 'cell_id', 'probability', 'is_control'] as const;
  const rows: StoredRow[] = [];
  for await (const { length, columns, texts } of readPoints(store, 'transcripts', names)) {
    for (let i = 0; i < length; i++) {
      rows.push({
        id: columns.transcript_id![i] as bigint,
        gene: texts.feature_name[Number(columns.feature_name![i])],
        x: columns.x![i] as number,
        y: columns.y![i] as number,
        cell: texts.cell_id[Number(columns.cell_id![i])],
        probability: columns.probability![i] as number,
        isControl: columns.is_control![i] === 1,
      });
    }
  }
  return rows;
}

/** Ids of a shapes element, in stored order. */
export async function shapeIds(store: string, name: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of readShapes(store, name)) ids.push(...id);
  return ids;
}

/** A column of `obs` by name. */
export function obsColumn(table: StoredTable, name: string): ArrayLike<number | bigint | string> {
  const column = table.obs.find((candidate) => candidate.name === name);
  if (column === undefined) throw new Error(`obs has no column ${name}`);
  return column.values as ArrayLike<number | bigint | string>;
}

/** `cell gene` -> count, from the matrix. */
function matrixCounts({ obsIndex, varIndex, x }: StoredTable): Map<string, number> {
  const counts = new Map<string, number>();
  for (let row = 0; row < obsIndex.length; row++) {
    for (let k = Number(x.indptr[row]); k < Number(x.indptr[row + 1]); k++)
      counts.set(`${obsIndex[row]} ${varIndex[x.indices[k]]}`, x.data[k]);
  }
  return counts;
}

/**
 * The first promise: every transcript of `expected` (by id) is in the points exactly once, at its place and with its gene;
 * the matrix equals the points by cell and gene; every cell has an outline and every outline is a cell.
 * @returns the points and the table, for further checks.
 */
export async function expectConserved(
  store: string,
  expected: ReadonlyMap<bigint, Row>,
): Promise<{ rows: StoredRow[]; table: StoredTable }> {
  const rows = await storedRows(store);
  expect(rows.length).toBe(expected.size);
  const seen = new Set<bigint>();
  const wrong: unknown[] = [];
  for (const row of rows) {
    const { gene, x, y } = expected.get(row.id) ?? { gene: 'not in the input', x: 0, y: 0 };
    if (seen.has(row.id)) wrong.push({ twice: row.id });
    seen.add(row.id);
    if (row.gene !== gene || row.x !== x || row.y !== y) wrong.push({ row, expected: { gene, x, y } });
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  const table = await readTable(store);
  const genes = new Set(table.varIndex);
  const counted = new Map<string, number>();
  for (const { cell, gene, isControl } of rows) {
    if (genes.has(gene) === isControl) wrong.push({ gene, isControl });
    if (cell === '' || isControl) continue;
    counted.set(`${cell} ${gene}`, (counted.get(`${cell} ${gene}`) ?? 0) + 1);
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  expect([...matrixCounts(table)].sort()).toEqual([...counted].sort());
  expect([...(await shapeIds(store, 'cell_boundaries'))].sort()).toEqual([...table.obsIndex].sort());
  const cells = new Set(table.obsIndex);
  expect(cells.size).toBe(table.obsIndex.length);
  expect(rows.filter(({ cell }) => cell !== '' && !cells.has(cell))).toEqual([]);
  return { rows, table };
}
