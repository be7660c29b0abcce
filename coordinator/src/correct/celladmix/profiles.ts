import { blocksOf } from '../blocks.ts';
import type { CorrectStage } from '../method.ts';
import type { CellTypes } from './cell-types.ts';

/** What one pass over the counts gives. */
export interface CountSums {
  /** Transcripts of each cell. */
  totals: Uint32Array;
  /** Shares of genes in each type, types x genes: the mean of the cells' shares. */
  profiles: Float64Array;
}

/** Totals of cells and profiles of types by the slide's own counts. */
export async function sumCounts(
  { table }: Pick<CorrectStage, 'table'>,
  { names, type }: CellTypes,
): Promise<CountSums> {
  const genes = table.geneNames.length;
  const totals = new Uint32Array(table.cells);
  const profiles = new Float64Array(names.length * genes);
  const cells = new Uint32Array(names.length);
  for (const { from, to } of blocksOf(table.cells)) {
    const { indices, data } = await table.rows(from, to);
    for (let row = from; row < to; row++) {
      const [begin, end] = [table.start[row] - table.start[from], table.start[row + 1] - table.start[from]];
      for (let e = begin; e < end; e++) totals[row] += data[e];
      const t = type[row];
      if (t < 0 || totals[row] === 0) continue;
      cells[t]++;
      for (let e = begin; e < end; e++) profiles[t * genes + indices[e]] += data[e] / totals[row];
    }
  }
  for (let at = 0; at < profiles.length; at++) profiles[at] /= Math.max(1, cells[Math.floor(at / genes)]);
  return { totals, profiles };
}

/** Profiles from the reference for types of its names, where there is one; else those given. */
export function markerProfiles(
  { reference, table }: Pick<CorrectStage, 'reference' | 'table'>,
  { names }: CellTypes,
  own: Float64Array,
): Float64Array {
  if (reference === null || names.some((name) => !reference.types.includes(name))) return own;
  const genes = table.geneNames.length;
  const shared = reference.genes.length;
  const out = new Float64Array(names.length * genes);
  names.forEach((name, t) => {
    const row = reference.types.indexOf(name);
    for (let j = 0; j < shared; j++) out[t * genes + reference.genes[j]] = reference.shares[row * shared + j];
  });
  return out;
}
