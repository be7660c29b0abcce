import { SpatileError } from '@spatile/formats/errors';
import { checkColumns, type TableFile } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { CellNumbers } from './cell-numbers.ts';
import type { OutlineReader } from './outlines.ts';
import type { AssignmentBatch, CellOutline, GeneBatch, GeneVerdicts, JudgedResult } from './result.ts';
import { genesFromBundle, joinByPlace } from './slide-join.ts';
import { usesOf, type VerdictColumns, verdictColumns } from './verdict-columns.ts';
import { readVerdicts, type VerdictTable } from './verdict-table.ts';

export interface TableParts extends Pick<JudgedResult, 'program' | 'name' | 'facts'> {
  table: VerdictTable;
  /** Null when there are none. */
  outlines: OutlineReader | null;
  /** Folder of the slide, for results that lack ids or genes; null when not given. */
  bundle: string | null;
}

/**
 * A result that is a table of transcripts. A table without ids is opened all the same: `assignments` then needs the bundle.
 * Errors: `COLUMN_MISSING`, `COLUMN_TYPE`; later those of the readers.
 */
export async function tableResult(parts: TableParts): Promise<JudgedResult> {
  const { table, bundle, program, name, facts, outlines } = parts;
  checkProbability(table);
  const cells = new CellNumbers();
  const ids = await idColumn(table);
  const assignments = (): AsyncIterable<AssignmentBatch> => {
    if (ids !== null)
      return readVerdicts(table, cells, { transcriptId: true }) as AsyncIterable<AssignmentBatch>;
    return joinByPlace(table, cells, placedIn(bundle, table));
  };
  const ownNumbers = (reader: OutlineReader) => () =>
    program === 'baysor' ? ofBaysor(table, cells, reader) : reader((id) => cells.numberOf(id));
  return {
    program,
    name,
    facts,
    assignments,
    outlines: outlines === null ? null : ownNumbers(outlines),
    genes: geneVerdicts(table, cells, bundle, assignments),
  };
}

/** The columns of a table, or the sentence about what it lacks (`COLUMN_MISSING`). */
export function neededColumns(table: TableFile): VerdictColumns {
  const columns = verdictColumns(table);
  if (columns !== null) return columns;
  const found = table.columns.map(({ name }) => name || '(unnamed)').slice(0, 40);
  throw new SpatileError(
    'COLUMN_MISSING',
    `${table.path}: no column says the cell of a transcript (found: ${found.join(', ')}); expected cell_id, cell or assignment; give a table of transcripts`,
    { fields: { file: table.path } },
  );
}

/** Errors: `COLUMN_MISSING` when unsure transcripts are to be left out and nothing says how sure they are. */
function checkProbability({ files, columns, minProbability = 0 }: VerdictTable): void {
  if (minProbability === 0 || columns.probability !== null) return;
  const { path } = files[0];
  throw new SpatileError(
    'COLUMN_MISSING',
    `${path}: no column says how sure a transcript is of its cell (found no probability); expected it with --min-probability; leave the option out`,
    { fields: { file: path } },
  );
}

/** Checks all parts and gives the column of ids; null when there is none, or none with values. */
async function idColumn({ files, columns }: VerdictTable): Promise<string | null> {
  const advice = 'expected the same columns in all parts; write the result again';
  for (const file of files) checkColumns(file, usesOf(columns), advice);
  const { transcriptId } = columns;
  return transcriptId === null || (await isEmptyColumn(files[0], transcriptId)) ? null : transcriptId;
}

/** The bundle to find transcripts without ids in, or the sentence that it is missing (`COLUMN_MISSING`). */
function placedIn(bundle: string | null, { files, columns }: VerdictTable): string {
  if (bundle !== null && columns.gene !== null && columns.x !== null && columns.y !== null) return bundle;
  const { path } = files[0];
  throw new SpatileError(
    'COLUMN_MISSING',
    `${path}: the transcripts have no ids (no values in a column transcript_id); expected these, or x, y and gene to find them in the bundle by; give the bundle with --bundle`,
    { fields: { file: path } },
  );
}

/** Whether the first row has no value: some programs write the column without having ids. */
async function isEmptyColumn(file: TableFile, name: string): Promise<boolean> {
  const texts = new TextTable();
  for await (const { columns } of file.batches([{ name, as: 'code', table: texts }], 1))
    return texts.names[(columns[0] as Uint32Array)[0]] === '';
  return false;
}

function geneVerdicts(
  table: VerdictTable,
  cells: CellNumbers,
  bundle: string | null,
  assignments: () => AsyncIterable<AssignmentBatch>,
): GeneVerdicts | null {
  if (table.columns.gene !== null) {
    const genes = new TextTable();
    return { names: genes.names, batches: () => ownGenes(table, cells, genes) };
  }
  if (bundle === null) return null;
  const names: string[] = [];
  return { names, batches: () => genesFromBundle(assignments(), bundle, names) };
}

async function* ownGenes(
  table: VerdictTable,
  cells: CellNumbers,
  genes: TextTable,
): AsyncGenerator<GeneBatch> {
  for await (const { length, cell, gene, qv } of readVerdicts(table, cells, { genes, qv: true }))
    yield { length, cell, gene: gene!, qv: qv ?? null };
}

/**
 * Outlines of Baysor, which up to 0.6 (and in its legacy format) names cells there by the number at the end of the id that
 * the table has: `12` for `CRf3a1b2c4d-12`. One more pass over the cells finds it.
 */
async function* ofBaysor(
  table: VerdictTable,
  cells: CellNumbers,
  outlines: OutlineReader,
): AsyncGenerator<CellOutline> {
  for await (const _ of readVerdicts(table, cells, {}));
  const byEnd = new Map<string, number | null>();
  for (const [id, number] of cells.all) {
    const end = /[-_](\d+)$/.exec(id)?.[1];
    if (end !== undefined) byEnd.set(end, byEnd.has(end) ? null : number);
  }
  yield* outlines((id) => cells.all.get(id) ?? byEnd.get(id) ?? cells.numberOf(id));
}
