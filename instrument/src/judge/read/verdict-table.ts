import type { ColumnArray, ColumnRequest, TableFile } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import type { CellNumbers } from './cell-numbers.ts';
import type { VerdictColumns } from './verdict-columns.ts';

/** A table of verdicts in one or more files of the same columns, in order. */
export interface VerdictTable {
  files: readonly TableFile[];
  columns: VerdictColumns;
  /** Transcripts that are less sure of their cell are in none; needs `columns.probability`. */
  minProbability?: number;
}

/** Rows of the table; arrays not wanted are absent. */
export interface VerdictRows {
  length: number;
  /** As `AssignmentBatch.cell`. */
  cell: Uint32Array;
  transcriptId?: BigUint64Array;
  /** Codes in the table of genes. */
  gene?: Uint32Array;
  qv?: Float32Array;
  x?: Float32Array;
  y?: Float32Array;
}

export interface WantedColumns {
  transcriptId?: boolean;
  genes?: TextTable;
  qv?: boolean;
  place?: boolean;
}

const ROWS_PER_BATCH = 200_000;

/** Streams the wanted columns with the number of the cell. Errors: those of the table readers. */
export async function* readVerdicts(
  { files, columns, minProbability = 0 }: VerdictTable,
  cells: CellNumbers,
  wanted: WantedColumns,
): AsyncGenerator<VerdictRows> {
  const cellTexts = new TextTable();
  const flagTexts = new TextTable();
  const requests = new Map<string, ColumnRequest>();
  requests.set('cell', { name: columns.cell, as: 'code', table: cellTexts });
  const add = (key: string, name: string | null, request: (name: string) => ColumnRequest): void => {
    if (name !== null) requests.set(key, request(name));
  };
  const number = (name: string): ColumnRequest => ({ name, as: 'float32', scale: 1 });
  add('noise', columns.noise, (name) => ({ name, as: 'code', table: flagTexts }));
  if (wanted.transcriptId) add('transcriptId', columns.transcriptId, (name) => ({ name, as: 'uint64' }));
  const { genes } = wanted;
  if (genes !== undefined) add('gene', columns.gene, (name) => ({ name, as: 'code', table: genes }));
  if (wanted.qv) add('qv', columns.qv, number);
  if (minProbability > 0) add('probability', columns.probability, number);
  if (wanted.place) add('x', columns.x, number);
  if (wanted.place) add('y', columns.y, number);
  const keys = [...requests.keys()];
  const numberOf: number[] = [];
  for (const file of files) {
    for await (const batch of file.batches([...requests.values()], ROWS_PER_BATCH)) {
      const found: Record<string, ColumnArray> = Object.fromEntries(
        keys.map((key, i) => [key, batch.columns[i]]),
      );
      for (const id of cellTexts.names.slice(numberOf.length))
        numberOf.push(columns.none.has(id.toLowerCase()) ? 0 : cells.numberOf(id));
      const cell = (found.cell as Uint32Array).map((code) => numberOf[code]);
      dropNoise(cell, found.noise as Uint32Array | undefined, flagTexts.names);
      dropUnsure(cell, found.probability as Float32Array | undefined, minProbability);
      yield { ...found, length: batch.length, cell };
    }
  }
}

function dropNoise(cell: Uint32Array, noise: Uint32Array | undefined, texts: readonly string[]): void {
  if (noise === undefined) return;
  const isNoise = texts.map((text) => /^(true|1|1\.0)$/i.test(text));
  for (let i = 0; i < cell.length; i++) if (isNoise[noise[i]]) cell[i] = 0;
}

function dropUnsure(cell: Uint32Array, probability: Float32Array | undefined, least: number): void {
  if (probability === undefined) return;
  for (let i = 0; i < cell.length; i++) if (!(probability[i] >= least)) cell[i] = 0;
}
