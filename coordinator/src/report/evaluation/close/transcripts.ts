import { join } from 'node:path';
import { openBundle } from '@spatile/formats/bundle/open';
import { defaultConfig } from '@spatile/formats/config/schema';
import { openParquet } from '@spatile/formats/parquet/file';
import { type RectUm, rectContains } from '@spatile/formats/space';
import { checkColumns } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { loadPanel } from '@spatile/instrument/judge/panel';
import type { AssignmentBatch } from '@spatile/instrument/judge/read/result';
import { IdSlots, wordsOf } from './id-slots.ts';

/** Transcripts in the windows, by slot. Memory grows with the windows, not with the slide. */
export interface PlacedTranscripts {
  ids: IdSlots;
  /** Whether places are those seen on the slide or, without a bundle, those of birth. */
  places: 'observed' | 'born';
  /** Microns. */
  x: number[];
  y: number[];
  /** True cell, 0 = background; -1 = not judged (a control, or of too low a quality). */
  origin: number[];
  leaked: boolean[];
}

const ROWS_PER_BATCH = 200_000;

/**
 * The transcripts that lie in any of the frames: places from the bundle when there is one with transcript ids, the rest from
 * the truth's folder. Errors: those of `openBundle`; `INPUT_MISSING`, `PARQUET_INVALID`, `COLUMN_MISSING`, `METADATA_INVALID` of the truth.
 */
export async function transcriptsIn(
  frames: readonly RectUm[],
  truth: string,
  bundle: string | null,
  minQv: number,
): Promise<PlacedTranscripts> {
  const placed: PlacedTranscripts = {
    ids: new IdSlots(),
    places: 'born',
    x: [],
    y: [],
    origin: [],
    leaked: [],
  };
  if (bundle !== null) await placeByBundle(placed, frames, bundle);
  await readOrigins(placed, frames, truth, minQv);
  return placed;
}

function place(
  placed: PlacedTranscripts,
  frames: readonly RectUm[],
  words: Uint32Array,
  i: number,
  x: number,
  y: number,
): void {
  if (!frames.some((frame) => rectContains(frame, x, y)) || !placed.ids.add(words, i)) return;
  placed.x.push(x);
  placed.y.push(y);
  placed.origin.push(-1);
  placed.leaked.push(false);
}

async function placeByBundle(
  placed: PlacedTranscripts,
  frames: readonly RectUm[],
  path: string,
): Promise<void> {
  const { transcripts } = await openBundle(path, defaultConfig().input);
  if (!transcripts.has.transcriptId) return;
  placed.places = 'observed';
  for await (const { length, x, y, transcriptId } of transcripts.batches({ transcriptId: true })) {
    const words = wordsOf(transcriptId!);
    for (let i = 0; i < length; i++) place(placed, frames, words, i, x[i], y[i]);
  }
}

async function readOrigins(
  placed: PlacedTranscripts,
  frames: readonly RectUm[],
  truth: string,
  minQv: number,
): Promise<void> {
  const { genes } = await loadPanel(join(truth, 'panel.json'), new TextTable());
  const table = await openParquet(join(truth, 'transcripts.parquet'));
  const names = ['transcript_id', 'cell', 'feature', 'qv', 'displaced', 'outside', 'born_x', 'born_y'];
  checkColumns(
    table,
    names.map((name) => ({ name, use: 'number' })),
    'expected the truth that spatile simulate wrote; simulate the slide again',
  );
  const requests = names.map((name, column) =>
    column === 0 ? ({ name, as: 'uint64' } as const) : ({ name, as: 'float32', scale: 1 } as const),
  );
  for await (const { length, columns } of table.batches(requests, ROWS_PER_BATCH)) {
    const words = wordsOf(columns[0] as BigUint64Array);
    const [cell, feature, qv, displaced, outside, bornX, bornY] = columns.slice(1) as Float32Array[];
    for (let i = 0; i < length; i++) {
      if (placed.places === 'born') place(placed, frames, words, i, bornX[i], bornY[i]);
      const slot = placed.ids.slotOf(words, i);
      if (slot < 0 || !(qv[i] >= minQv) || feature[i] >= genes) continue;
      placed.origin[slot] = cell[i];
      placed.leaked[slot] = displaced[i] === 1 && outside[i] === 1;
    }
  }
}

/** The cell of the result that each slot was put into; 0 = none. Of a transcript that comes twice the first verdict counts. */
export async function cellsPut(
  batches: AsyncIterable<AssignmentBatch>,
  { ids }: PlacedTranscripts,
): Promise<Uint32Array> {
  const put = new Uint32Array(ids.size);
  const seen = new Uint8Array(ids.size);
  for await (const { length, transcriptId, cell } of batches) {
    const words = wordsOf(transcriptId);
    for (let i = 0; i < length; i++) {
      const slot = ids.slotOf(words, i);
      if (slot < 0 || seen[slot] === 1) continue;
      seen[slot] = 1;
      put[slot] = cell[i];
    }
  }
  return put;
}
