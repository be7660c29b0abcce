import { SpatileError } from '@spatile/formats/errors';
import { NO_FACTOR } from '@spatile/formats/tile/celladmix';
import type { CountedCells } from '@spatile/formats/tile/correct';
import type { Block } from '../blocks.ts';
import type { CountTable } from '../counts/table.ts';
import type { CellTranscripts } from '../transcripts/source.ts';
import type { CellTypes } from './cell-types.ts';
import type { SlideLabels } from './label.ts';
import type { Rule } from './rules.ts';

/** Says of each molecule whether its factor is foreign to the type of its cell. */
export class Admixture {
  readonly #type: Int32Array;
  readonly #factors: number;
  readonly #foreign: Uint8Array;

  constructor({ names, type }: CellTypes, factors: number, rules: readonly Rule[]) {
    this.#type = type;
    this.#factors = factors;
    this.#foreign = new Uint8Array(names.length * factors);
    for (const { target, factor } of rules) this.#foreign[target * factors + factor] = 1;
  }

  /** Whether a molecule of this factor in this cell is to be removed. */
  isForeign(row: number, factor: number): boolean {
    const t = this.#type[row];
    return t >= 0 && factor !== NO_FACTOR && this.#foreign[t * this.#factors + factor] === 1;
  }

  /** Molecules to be removed from each cell, by counts of factors. */
  removedOf({ counts, factors }: SlideLabels, cells: number): Int32Array {
    const removed = new Int32Array(cells);
    for (let row = 0; row < cells; row++)
      for (let f = 0; f < factors; f++) if (this.isForeign(row, f)) removed[row] += counts[row * factors + f];
    return removed;
  }
}

/**
 * Counts of a block without its foreign molecules: whole numbers, never above the observed. Errors: `STORE_INVALID` when the
 * transcripts of a cell are not those that were counted.
 */
export async function remainingCounts(
  table: CountTable,
  transcripts: CellTranscripts,
  labels: SlideLabels,
  admixture: Admixture,
  block: Block,
): Promise<CountedCells> {
  const { indices, data } = await table.rows(block.from, block.to);
  const { length, gene } = await transcripts.ofBlock(block);
  const factor = await labels.ofBlock(block);
  const corrected = Float32Array.from(data);
  const removed = new Int32Array(table.geneNames.length);
  let at = 0;
  for (let c = 0; c < length.length; c++) {
    const row = block.from + c;
    let left = 0;
    for (const end = at + length[c]; at < end; at++) {
      if (!admixture.isForeign(row, factor[at])) continue;
      removed[gene[at]]++;
      left++;
    }
    const [first, end] = [row, row + 1].map((r) => table.start[r] - table.start[block.from]);
    for (let e = first; e < end; e++) {
      const n = Math.min(removed[indices[e]], data[e]);
      corrected[e] -= n;
      left -= n;
      removed[indices[e]] = 0;
    }
    if (left !== 0) throw notCounted(row);
  }
  const none = new Uint32Array(0);
  return {
    corrected,
    received: { length: new Uint32Array(length.length), gene: none, value: new Float32Array(0) },
  };
}

const notCounted = (row: number): SpatileError =>
  new SpatileError(
    'STORE_INVALID',
    `cell in row ${row}: its transcripts are not those that the table counts; expected transcripts and table of one result; correct a result of spatile run`,
  );
