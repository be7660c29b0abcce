import type { ResolviPriors } from '@spatile/formats/tile/resolvi';
import { ln } from '@spatile/random/elementary';
import { blocksOf } from '../blocks.ts';
import type { CountTable } from '../counts/table.ts';
import type { NearestCells } from './nearest.ts';

/** Totals of a slide: transcripts of each cell and of each gene. */
export interface SlideTotals {
  cell: Float64Array;
  gene: Float64Array;
}

/** One pass over the counts. */
export async function slideTotals(table: CountTable): Promise<SlideTotals> {
  const out = { cell: new Float64Array(table.cells), gene: new Float64Array(table.geneNames.length) };
  await eachEntry(table, (row, gene, count) => {
    out.cell[row] += count;
    out.gene[gene] += count;
  });
  return out;
}

async function eachEntry(
  table: CountTable,
  see: (row: number, gene: number, count: number) => void,
): Promise<void> {
  for (const { from, to } of blocksOf(table.cells)) {
    const { indices, data } = await table.rows(from, to);
    for (let row = from; row < to; row++)
      for (let e = table.start[row] - table.start[from]; e < table.start[row + 1] - table.start[from]; e++)
        see(row, indices[e], data[e]);
  }
}

/** One in so many genes, the rarest, tells the background. */
const RARE = 50;
/** Neighbour whose distance sets the scale. */
const SIXTH = 5;

/**
 * What the priors take of the slide, over the cells that are used: as scvi-tools computes them, one more pass over the counts.
 * @param rows the used rows, ascending.
 */
export async function slidePriors(
  table: CountTable,
  totals: SlideTotals,
  rows: Uint32Array,
  nearest: NearestCells,
): Promise<ResolviPriors> {
  const logs = Float64Array.from(rows, (row) => ln(1 + totals.cell[row]));
  const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
  const variance = logs.reduce((a, b) => a + (b - mean) * (b - mean), 0) / logs.length;
  const place = Math.min(SIXTH, nearest.count - 1);
  const distances = Float64Array.from(rows, (_, i) => nearest.distance[i * nearest.count + place]);
  return {
    // Cells on one spot would leave no scale.
    medianDistance: Math.max(median(distances), 1e-6),
    backgroundRatio: await backgroundRatio(table, totals, rows),
    meanLogCounts: median(logs),
    stdLogCounts: Math.sqrt(variance),
  };
}

/** Mean over cells of the mean count of the rarest genes over that of all. */
async function backgroundRatio(table: CountTable, totals: SlideTotals, rows: Uint32Array): Promise<number> {
  const genes = totals.gene.length;
  const rarest = Math.max(1, Math.floor(genes / RARE));
  const order = Array.from(totals.gene, (_, gene) => gene).sort(
    (a, b) => totals.gene[a] - totals.gene[b] || a - b,
  );
  const rare = new Uint8Array(genes);
  for (const gene of order.slice(0, rarest)) rare[gene] = 1;
  const seen = new Float64Array(table.cells);
  await eachEntry(table, (row, gene, count) => {
    if (rare[gene]) seen[row] += count;
  });
  const sum = rows.reduce((all, row) => all + (seen[row] / rarest) * (genes / totals.cell[row]), 0);
  return sum / rows.length;
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
