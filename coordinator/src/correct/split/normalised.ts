import { CELL_CLASSES } from '@spatile/formats/tile/correct';
import { type Block, blocksOf } from '../blocks.ts';
import type { CountTable } from '../counts/table.ts';
import type { SettledTypes, SlideTypes } from '../rctd/cell-types.ts';
import { type ReadScores, scoresByCell } from '../rctd/scores.ts';

/** A cell whose second type gains less than this for each gene it holds is a singlet. */
const LEAST_GAIN = 0.5;

/** Classes that do not lean towards doublets where cells hold many genes. */
export interface NormalisedClasses {
  /** What a second type gains over the first alone, -ln likelihood, for each shared gene of the cell; NaN without a score. */
  gain: Float32Array;
  /** Index in `CELL_CLASSES`. */
  cellClass: Uint8Array;
}

/**
 * Takes cells for singlets by their gain per gene (the second class of SPLIT's post-processing, Bilous et al. 2026): scores
 * grow with the genes of a cell, a fixed threshold does not.
 * @param place shared gene of each gene of the table; -1 for genes that the reference lacks.
 */
export async function normalisedClasses(
  table: CountTable,
  place: Int32Array,
  settled: SettledTypes,
  { minScore }: SlideTypes,
  read: ReadScores,
): Promise<NormalisedClasses> {
  const gain = new Float32Array(table.cells).fill(Number.NaN);
  const cellClass = settled.cellClass.slice();
  const reject = CELL_CLASSES.indexOf('reject');
  for (const block of blocksOf(table.cells)) {
    const genes = await genesOf(table, place, block);
    let i = 0;
    for (const { type, single } of scoresByCell(await read(block))) {
      const row = block.from + i;
      const first = type.indexOf(settled.first[row]);
      if (first >= 0) gain[row] = (single[first] - minScore[row]) / genes[i];
      if (gain[row] < LEAST_GAIN && cellClass[row] !== reject)
        cellClass[row] = CELL_CLASSES.indexOf('singlet');
      i++;
    }
  }
  return { gain, cellClass };
}

/** Shared genes of which each cell of a block holds a transcript. */
async function genesOf(table: CountTable, place: Int32Array, { from, to }: Block): Promise<Uint32Array> {
  const { indices, data } = await table.rows(from, to);
  const genes = new Uint32Array(to - from);
  for (let i = 0; i < genes.length; i++)
    for (
      let e = table.start[from + i] - table.start[from];
      e < table.start[from + i + 1] - table.start[from];
      e++
    )
      if (place[indices[e]] >= 0 && data[e] > 0) genes[i]++;
  return genes;
}
