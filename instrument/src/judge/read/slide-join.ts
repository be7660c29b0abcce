import { openBundle } from '@spatile/formats/bundle/open';
import type { SlideBundle } from '@spatile/formats/bundle/slide';
import { defaultConfig } from '@spatile/formats/config/schema';
import { TextTable } from '@spatile/formats/tabular/text-table';
import type { CellNumbers } from './cell-numbers.ts';
import type { AssignmentBatch, GeneBatch } from './result.ts';
import { resultInvalid } from './result-invalid.ts';
import { GrowingWords, RowIndex } from './row-index.ts';
import { readVerdicts, type VerdictRows, type VerdictTable } from './verdict-table.ts';

/** Stands for a transcript that the bundle does not have. */
export const UNKNOWN_ID = 2n ** 64n - 1n;

/** Opens a bundle with no filter on quality. Errors: those of `openBundle`. */
export async function openSlide(path: string): Promise<SlideBundle> {
  return openBundle(path, { ...defaultConfig().input, minQv: null });
}

/**
 * Verdicts of a table without transcript ids, which are taken from the bundle by place and gene; of several transcripts of
 * one gene at one place the first comes first. Rows that the bundle lacks get `UNKNOWN_ID`.
 * Memory: some 50 bytes per transcript of the bundle, during the pass.
 * Errors: `RESULT_INVALID` when less than half of the rows are found, `COLUMN_MISSING`, and those of the readers.
 */
export async function* joinByPlace(
  table: VerdictTable,
  cells: CellNumbers,
  bundle: string,
): AsyncGenerator<AssignmentBatch> {
  const names = new TextTable();
  const { index, ids } = await indexPlaces(bundle, names);
  let [rows, found] = [0, 0];
  const wanted = { genes: names, place: true };
  for await (const batch of readVerdicts(table, cells, wanted)) {
    const keys = placeKeys(batch);
    const transcriptId = new BigUint64Array(batch.length).fill(UNKNOWN_ID);
    for (let i = 0; i < batch.length; i++) {
      const row = index.take(keys, i);
      if (row < 0) continue;
      transcriptId[i] = ids[row];
      found++;
    }
    rows += batch.length;
    yield { length: batch.length, transcriptId, cell: batch.cell };
  }
  if (2 * found >= rows) return;
  const { path } = table.files[0];
  throw resultInvalid(
    path,
    `the rows do not fit the bundle ${bundle} by place and gene (${found} of ${rows} found)`,
    'the bundle that was segmented, and coordinates in its unit',
    'give that bundle, or a result with transcript ids',
  );
}

function placeKeys({ length, x, y, gene }: VerdictRows): Uint32Array {
  const keys = new Uint32Array(3 * length);
  writePlaces(keys, 0, length, x!, y!, (i) => gene![i]);
  return keys;
}

function writePlaces(
  words: Uint32Array,
  at: number,
  length: number,
  x: Float32Array,
  y: Float32Array,
  gene: (i: number) => number,
): void {
  const xBits = new Uint32Array(x.buffer, x.byteOffset, length);
  const yBits = new Uint32Array(y.buffer, y.byteOffset, length);
  for (let i = 0; i < length; i++) {
    words[at + 3 * i] = xBits[i];
    words[at + 3 * i + 1] = yBits[i];
    words[at + 3 * i + 2] = gene(i);
  }
}

async function indexPlaces(
  bundle: string,
  names: TextTable,
): Promise<{ index: RowIndex; ids: BigUint64Array }> {
  const { transcripts } = await openSlide(bundle);
  const places = new GrowingWords();
  const idWords = new GrowingWords();
  const codeOf: number[] = [];
  for await (const batch of transcripts.batches({ transcriptId: true })) {
    const { length, feature, x, y } = batch;
    for (const { name } of transcripts.features.slice(codeOf.length)) codeOf.push(names.codeOfText(name));
    const at = places.length;
    writePlaces(places.grow(3 * length), at, length, x, y, (i) => codeOf[feature[i]]);
    appendIds(idWords, batch);
  }
  const rows = places.length / 3;
  return {
    index: new RowIndex(places.words, 3, rows),
    ids: new BigUint64Array(idWords.words.buffer, 0, rows),
  };
}

/** Ids as low and high words; the row number where the platform gives none. */
function appendIds(
  words: GrowingWords,
  batch: { firstRow: number; length: number; transcriptId: BigUint64Array | null },
): void {
  const { firstRow, length } = batch;
  const at = words.length;
  const ids = batch.transcriptId ?? BigUint64Array.from({ length }, (_, i) => BigInt(firstRow + i));
  words.grow(2 * length).set(new Uint32Array(ids.buffer, ids.byteOffset, 2 * length), at);
}

/**
 * Adds to verdicts the genes and qualities that the bundle gives the same transcripts; transcripts it lacks are left out.
 * `names` is filled with its features. Memory: some 50 bytes per transcript of the bundle, during the pass.
 * Errors: those of `openBundle`.
 */
export async function* genesFromBundle(
  verdicts: AsyncIterable<AssignmentBatch>,
  bundle: string,
  names: string[],
): AsyncGenerator<GeneBatch> {
  const { transcripts } = await openSlide(bundle);
  const idWords = new GrowingWords();
  const facts = new GrowingWords();
  for await (const batch of transcripts.batches({ transcriptId: true, qv: true })) {
    appendIds(idWords, batch);
    const at = facts.length;
    const words = facts.grow(2 * batch.length);
    const qvBits = batch.qv && new Uint32Array(batch.qv.buffer, batch.qv.byteOffset, batch.length);
    for (let i = 0; i < batch.length; i++) {
      words[at + 2 * i] = batch.feature[i];
      words[at + 2 * i + 1] = qvBits === null ? 0 : qvBits[i];
    }
  }
  names.push(...transcripts.features.slice(names.length).map(({ name }) => name));
  const index = new RowIndex(idWords.words, 2, idWords.length / 2);
  const qualities = new Float32Array(facts.words.buffer, 0, facts.length);
  for await (const { length, transcriptId, cell } of verdicts) {
    const ids = new Uint32Array(transcriptId.buffer, transcriptId.byteOffset, 2 * length);
    const rows = Int32Array.from({ length }, (_, i) => index.rowOf(ids, i));
    const kept = rows.map((_, i) => i).filter((i) => rows[i] >= 0);
    yield {
      length: kept.length,
      cell: Uint32Array.from(kept, (i) => cell[i]),
      gene: Uint32Array.from(kept, (i) => facts.words[2 * rows[i]]),
      qv: transcripts.has.qv ? Float32Array.from(kept, (i) => qualities[2 * rows[i] + 1]) : null,
    };
  }
}
