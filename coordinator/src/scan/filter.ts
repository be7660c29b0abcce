import type { TranscriptBatch } from '@spatile/formats/bundle/slide';
import { SpatileError } from '@spatile/formats/errors';

/** Why a transcript was left out; the report counts each. */
export type FilterReason = 'invalidCoordinates' | 'lowQuality' | 'outsideCrop';

export interface FilterRules {
  minQv: number | null;
  dropInvalid: boolean;
  contains: ((x: number, y: number) => boolean) | null;
}

export type FilterCounts = Record<FilterReason, number>;

export const noneFiltered = (): FilterCounts => ({ invalidCoordinates: 0, lowQuality: 0, outsideCrop: 0 });

/**
 * The rows of a batch that enter the run. The same rules decide in the scan and in the partition, so both see the same rows.
 * @returns indices into the batch, ascending; counts of what was left out are added to `counts`.
 */
export function keptRows(batch: TranscriptBatch, rules: FilterRules, counts: FilterCounts): Uint32Array {
  const kept = new Uint32Array(batch.length);
  let n = 0;
  const { x, y, z, qv } = batch;
  for (let i = 0; i < batch.length; i++) {
    if (!Number.isFinite(x[i]) || !Number.isFinite(y[i]) || (z !== null && !Number.isFinite(z[i]))) {
      counts.invalidCoordinates++;
    } else if (rules.minQv !== null && qv !== null && !(qv[i] >= rules.minQv)) {
      counts.lowQuality++;
    } else if (rules.contains !== null && !rules.contains(x[i], y[i])) {
      counts.outsideCrop++;
    } else {
      kept[n++] = i;
    }
  }
  return kept.subarray(0, n);
}

/** The error of a slide with NaN or infinite coordinates, raised once the whole file was counted. */
export function invalidCoordinatesError(where: string, count: number, firstRow: number): SpatileError {
  return new SpatileError(
    'COORDINATES_INVALID',
    `${where}: ${count} transcript${count === 1 ? '' : 's'} with NaN or infinite coordinates (the first is data row ${firstRow + 1}); expected finite microns; repair the file or pass --set input.dropInvalid=true to leave them out`,
    { fields: { count, firstRow } },
  );
}
