import type { TranscriptBatch, TranscriptSource } from '@spatile/formats/bundle/slide';

export interface Rows {
  x: number[];
  y: number[];
  z: number[];
  name: string[];
  kind: string[];
  qv: number[];
  id: bigint[];
  /** Empty for transcripts in no cell. */
  cell: string[];
  nuclear: number[];
}

/** All rows of a source as plain arrays; absent columns stay empty. */
export async function readAll(
  source: TranscriptSource,
  columns?: Parameters<TranscriptSource['batches']>[0],
): Promise<Rows> {
  const rows: Rows = { x: [], y: [], z: [], name: [], kind: [], qv: [], id: [], cell: [], nuclear: [] };
  for await (const batch of source.batches(columns)) append(rows, batch, source);
  return rows;
}

function append(rows: Rows, batch: TranscriptBatch, source: TranscriptSource): void {
  if (batch.firstRow !== rows.x.length)
    throw new Error(`batch starts at ${batch.firstRow}, not ${rows.x.length}`);
  rows.x.push(...batch.x);
  rows.y.push(...batch.y);
  rows.z.push(...(batch.z ?? []));
  rows.qv.push(...(batch.qv ?? []));
  rows.id.push(...(batch.transcriptId ?? []));
  rows.nuclear.push(...(batch.nuclear ?? []));
  for (const index of batch.feature) {
    rows.name.push(source.features[index].name);
    rows.kind.push(source.features[index].kind);
  }
  for (const index of batch.cell ?? []) rows.cell.push(index === 0 ? '' : source.cellIds[index - 1]);
}

/** How often each value occurs. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

export const count = <T>(values: readonly T[], test: (value: T) => boolean): number =>
  values.filter(test).length;
