import { SpatileError } from '@spatile/formats/errors';

/**
 * Finds rows of the truth by transcript id. Ids are ascending; rows of equal upper 32 bits form a group, in which the lower
 * 32 bits are searched. Memory: 4 bytes per id.
 */
export class IdIndex {
  readonly size: number;
  readonly #low: Uint32Array;
  readonly #groups = new Map<number, { start: number; end: number }>();

  /** `ids` must ascend strictly (`METADATA_INVALID` otherwise, naming `file`). */
  constructor(ids: BigUint64Array, file: string) {
    this.size = ids.length;
    const words = new Uint32Array(ids.buffer, ids.byteOffset, 2 * ids.length);
    this.#low = new Uint32Array(ids.length);
    let current: { start: number; end: number } | undefined;
    let high = -1;
    for (let row = 0; row < ids.length; row++) {
      this.#low[row] = words[2 * row];
      const rowHigh = words[2 * row + 1];
      if (rowHigh < high || (rowHigh === high && this.#low[row] <= this.#low[row - 1]))
        throw unsorted(file, row);
      if (rowHigh !== high) {
        current = { start: row, end: row };
        this.#groups.set(rowHigh, current);
        high = rowHigh;
      }
      current!.end = row + 1;
    }
  }

  /** Row of the id `words[2 i], words[2 i + 1]` (low, high), or -1. */
  rowOf(words: Uint32Array, i: number): number {
    const low = words[2 * i];
    const group = this.#groups.get(words[2 * i + 1]);
    if (group === undefined) return -1;
    const lows = this.#low;
    // Ids without gaps, the usual case, need no search.
    const guess = group.start + low - lows[group.start];
    if (guess >= group.start && guess < group.end && lows[guess] === low) return guess;
    let from = group.start;
    let to = group.end;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (lows[middle] < low) from = middle + 1;
      else to = middle;
    }
    return from < group.end && lows[from] === low ? from : -1;
  }
}

function unsorted(file: string, row: number): SpatileError {
  return new SpatileError(
    'METADATA_INVALID',
    `${file}: transcript ids do not ascend (row ${row}); expected the truth as the simulator wrote it; simulate the slide again`,
    { fields: { file, row } },
  );
}
