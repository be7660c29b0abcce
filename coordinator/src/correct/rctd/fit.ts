import type { CorrectConfig } from '@spatile/formats/config/schema';
import type { ReferenceProfiles } from '@spatile/formats/reference/read';
import { fitFrame } from '@spatile/formats/tile/correct';
import type { Frame } from '@spatile/formats/tile/frame';
import { blocksOf } from '../blocks.ts';
import { type CountTable, rowsOf } from '../counts/table.ts';
import { drawnRows } from '../drawn-rows.ts';

/** What the fit takes of the whole slide. */
export interface SlideSums {
  /** Transcripts of each cell on the genes of the reference. */
  umi: Float64Array;
  /** Transcripts of each shared gene over the cells that are typed. */
  bulk: Float64Array;
  largestCount: number;
}

/** Place among the shared genes of each gene of the table; -1 for genes that the reference lacks. */
export function sharedPlaces({ genes }: ReferenceProfiles, tableGenes: number): Int32Array {
  const place = new Int32Array(tableGenes).fill(-1);
  genes.forEach((gene, i) => {
    place[gene] = i;
  });
  return place;
}

/** Sums over the slide, in order of the rows. */
export async function slideSums(
  table: CountTable,
  place: Int32Array,
  shared: number,
  config: CorrectConfig,
): Promise<SlideSums> {
  const { umiMin, umiMax, countsMin } = config.rctd;
  const umi = new Float64Array(table.cells);
  const bulk = new Float64Array(shared);
  let largestCount = 1;
  for (const { from, to } of blocksOf(table.cells)) {
    const { indices, data } = await table.rows(from, to);
    for (let row = from; row < to; row++) {
      const [begin, end] = [table.start[row] - table.start[from], table.start[row + 1] - table.start[from]];
      for (let e = begin; e < end; e++) if (place[indices[e]] >= 0) umi[row] += data[e];
      if (umi[row] < Math.max(umiMin, countsMin) || umi[row] > umiMax) continue;
      for (let e = begin; e < end; e++) {
        const gene = place[indices[e]];
        if (gene < 0) continue;
        bulk[gene] += data[e];
        largestCount = Math.max(largestCount, data[e]);
      }
    }
  }
  return { umi, bulk, largestCount };
}

/** The input of the fit; the sample of cells is drawn by row, so no tiling changes it. */
export async function fitInput(
  table: CountTable,
  reference: ReferenceProfiles,
  place: Int32Array,
  sums: SlideSums,
  config: CorrectConfig,
  seed: number,
): Promise<Frame> {
  const { sigmaCells, bulkFoldChange, bulkShare, foldChange, share, minObserved } = config.rctd;
  return fitFrame({
    types: reference.types.length,
    shares: reference.shares,
    bulk: sums.bulk,
    // The original leaves out names with a lower-case mt-, the mitochondrial genes of the mouse.
    listable: Uint8Array.from(reference.genes, (gene) => (table.geneNames[gene].includes('mt-') ? 0 : 1)),
    sample: await rowsOf(table, sampleRows(sums.umi, config, seed, sigmaCells), place),
    settings: {
      bulkFoldChange,
      bulkShare,
      foldChange,
      share,
      minTotal: minObserved,
      largestCount: sums.largestCount,
    },
  });
}

/** Rows of the cells that set the scale of the noise, ascending. */
function sampleRows(
  umi: Float64Array,
  { rctd }: CorrectConfig,
  seed: number,
  most: number,
): readonly number[] {
  const enough = (least: number): number[] => {
    const rows: number[] = [];
    umi.forEach((n, row) => {
      if (n > least && n <= rctd.umiMax) rows.push(row);
    });
    return rows;
  };
  // A slide without cells of the wanted size is fitted on those it has.
  let rows = enough(rctd.umiMinSigma);
  if (rows.length === 0) rows = enough(Math.max(rctd.umiMin, rctd.countsMin) - 1);
  return drawnRows(rows, most, seed, 'correct.sample');
}
