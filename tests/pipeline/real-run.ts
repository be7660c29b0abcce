import type { RunOptions, RunSummary } from '@spatile/coordinator/api';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import type { StoredTable } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { expect } from 'vitest';
import { type InputRow, shared } from './instrument-files.ts';
import { run } from './slide.ts';
import { digestOfFiles, expectConserved, obsColumn, type StoredRow } from './store.ts';

export interface Outcome {
  summary: RunSummary;
  rows: StoredRow[];
  table: StoredTable;
  input: InputRow[];
  /** Of the transcripts that the instrument put into the nucleus of a cell, the share that came out in that cell. */
  nuclearAgreement: number;
  assignedShare: number;
}

/** Runs a set, checks what must hold for every set, and hands back what differs between sets. */
export async function segment(
  output: string,
  bundle: string,
  input: InputRow[],
  settings: RunConfigInput,
  options: Partial<RunOptions> = {},
): Promise<Outcome> {
  const summary = await run(shared(bundle), output, settings, options);
  expect(await validateSpatialData(output)).toEqual([]);
  expect(summary.digest).toBe(digestOfFiles(output));
  const kept = input.filter(({ qv }) => qv >= 20);
  const { rows, table } = await expectConserved(output, new Map(kept.map((row) => [row.id, row])));
  const assigned = rows.filter(({ cell, isControl }) => cell !== '' && !isControl).length;
  const controls = rows.filter(({ isControl }) => isControl).length;
  expect(summary.transcripts).toMatchObject({ input: input.length, kept: kept.length, assigned, controls });
  expect(Object.values(summary.transcripts.filtered).reduce((sum, n) => sum + n)).toBe(
    input.length - kept.length,
  );
  expect(summary.cells).toBe(table.obsIndex.length);
  expectAnnotated(rows, table);
  return {
    ...{ summary, rows, table, input },
    nuclearAgreement: agreement(rows, table, input),
    assignedShare: assigned / (rows.length - controls),
  };
}

/** The columns of the table that count something count what the points hold. */
function expectAnnotated(rows: StoredRow[], table: StoredTable): void {
  const ofCell = new Map<string, number>();
  const ofGene = new Map<string, { all: number; assigned: number }>();
  for (const { cell, gene, isControl } of rows) {
    if (isControl) continue;
    if (cell !== '') ofCell.set(cell, (ofCell.get(cell) ?? 0) + 1);
    const counts = ofGene.get(gene) ?? { all: 0, assigned: 0 };
    ofGene.set(gene, { all: counts.all + 1, assigned: counts.assigned + (cell === '' ? 0 : 1) });
  }
  expect(Array.from(obsColumn(table, 'transcript_counts'), Number)).toEqual(
    table.obsIndex.map((cell) => ofCell.get(cell) ?? 0),
  );
  const ofVar = (name: string): number[] =>
    Array.from(table.var.find((column) => column.name === name)!.values as ArrayLike<number>, Number);
  expect(ofVar('total_counts')).toEqual(table.varIndex.map((gene) => ofGene.get(gene)?.all ?? 0));
  expect(ofVar('assigned_counts')).toEqual(table.varIndex.map((gene) => ofGene.get(gene)?.assigned ?? 0));
}

function agreement(rows: StoredRow[], table: StoredTable, input: InputRow[]): number {
  const prior = obsColumn(table, 'prior_id');
  const priorOf = new Map(table.obsIndex.map((cell, i) => [cell, String(prior[i])]));
  const vendor = new Map(input.map((row) => [row.id, row]));
  let nuclear = 0;
  let same = 0;
  for (const { id, cell } of rows) {
    const row = vendor.get(id)!;
    if (!row.nuclear || row.cell === '') continue;
    nuclear++;
    if (priorOf.get(cell) === row.cell) same++;
  }
  return same / nuclear;
}
