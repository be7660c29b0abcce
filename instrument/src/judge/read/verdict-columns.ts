import type { ColumnUse, TableFile } from '@spatile/formats/tabular/columns';
import type { Program } from './result.ts';

/** Which columns of a table of transcripts say what; null where the table has no such column. */
export interface VerdictColumns {
  program: Extract<Program, 'proseg' | 'baysor' | 'table'>;
  transcriptId: string | null;
  cell: string;
  /** What the cell column holds for "in no cell", in lower case. */
  none: ReadonlySet<string>;
  /** A flag that takes a transcript out of its cell. */
  noise: string | null;
  gene: string | null;
  qv: string | null;
  /** How sure the program is of the cell, 0 to 1. */
  probability: string | null;
  /** Observed place. */
  x: string | null;
  y: string | null;
}

const NONE = ['', '-1', 'unassigned', 'none', 'na', 'nan', '<na>', 'null', 'background'];
/** Proseg counts cells from 0, and up to 2.x wrote the largest 32-bit number for none. */
const NONE_OF_PROSEG = new Set([...NONE, '4294967295']);
const NONE_ELSEWHERE = new Set([...NONE, '0']);

const CELL = ['cell_id', 'cell', 'cell_ID', 'EntityID'];
const GENE = ['gene', 'feature_name', 'target'];
const X = ['observed_x', 'x', 'x_location', 'global_x'];
const Y = ['observed_y', 'y', 'y_location', 'global_y'];

/** Recognises a table of verdicts by its column names; null when no column says the cell. */
export function verdictColumns(table: TableFile): VerdictColumns | null {
  const first = (names: readonly string[]): string | null =>
    names.find((name) => table.columns.some((column) => column.name === name)) ?? null;
  const shared = {
    transcriptId: first(['transcript_id']),
    gene: first(GENE),
    qv: first(['qv']),
    probability: first(['probability']),
    x: first(X),
    y: first(Y),
  };
  if (first(['assignment']) !== null) {
    const noise = first(['background']);
    return { program: 'proseg', ...shared, cell: 'assignment', none: NONE_OF_PROSEG, noise };
  }
  // Baysor keeps the columns of its input, so that a `cell_id` beside its own `cell` is the vendor's.
  if (first(['is_noise']) !== null && first(['cell']) !== null)
    return { program: 'baysor', ...shared, cell: 'cell', none: NONE_ELSEWHERE, noise: 'is_noise' };
  const cell = first(CELL);
  return cell === null ? null : { program: 'table', ...shared, cell, none: NONE_ELSEWHERE, noise: null };
}

/** The columns to check before the first row is read. */
export function usesOf(columns: VerdictColumns): { name: string; use: ColumnUse }[] {
  const { transcriptId, cell, noise, gene, qv, x, y } = columns;
  const uses: [string | null, ColumnUse][] = [
    [transcriptId, 'integer'],
    [cell, 'id'],
    [noise, 'flag'],
    [gene, 'name'],
    [qv, 'number'],
    [x, 'number'],
    [y, 'number'],
  ];
  return uses.flatMap(([name, use]) => (name === null ? [] : [{ name, use }]));
}
