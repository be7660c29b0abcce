import type { AssignmentBatch } from '@spatile/instrument/judge/read/result';
import { IdIndex } from '@spatile/instrument/judge/id-index';
import type { Truth } from '@spatile/instrument/judge/truth';

/** First id of fixture truths: beyond 2^53, as Xenium's are. */
export const FIRST_ID = 33n << 48n;

/** A truth with the given cell of origin per transcript; genes, places and flags may be given, else they are plain. */
export function truthOf(
  cell: number[],
  more: Partial<Pick<Truth, 'feature' | 'qv' | 'leaked' | 'x' | 'y' | 'markerOf' | 'typeOf' | 'genes'>> = {},
): Truth {
  const n = cell.length;
  const cells = Math.max(0, ...cell);
  return {
    folder: 'fixture',
    ids: new IdIndex(
      BigUint64Array.from(cell, (_, i) => FIRST_ID + BigInt(i)),
      'fixture',
    ),
    cell: Uint32Array.from(cell),
    feature: new Uint32Array(n),
    genes: 1,
    qv: new Float32Array(n).fill(40),
    leaked: new Uint8Array(n),
    x: new Float32Array(n),
    y: new Float32Array(n),
    cells,
    typeOf: new Uint32Array(cells),
    markerOf: new Int32Array(more.genes ?? 1).fill(-1),
    ...more,
  };
}

/** Verdicts on the fixture's transcripts in one batch; `rows` says which and in what order (default all). */
export async function* verdicts(
  cell: number[],
  rows = cell.map((_, i) => i),
): AsyncGenerator<AssignmentBatch> {
  yield {
    length: rows.length,
    transcriptId: BigUint64Array.from(rows, (row) => FIRST_ID + BigInt(row)),
    cell: Uint32Array.from(rows, (row) => cell[row]),
  };
}

/** `n` copies of each label in turn: `labels(3, [1, 2])` is 1, 1, 1, 2, 2, 2. */
export function labels(n: number, values: number[]): number[] {
  return values.flatMap((value) => Array.from({ length: n }, () => value));
}
