import type { ProsegPreparation } from '@spatile/formats/tile/proseg';
import type { Sampler } from './sampler.ts';
import type { StartColumns } from './start.ts';

/**
 * Transcripts by gene of every cell under its first label, and where those lie on average (microns): what the coordinator learns
 * kinds of cells from. Cells of the halo count like others, as neighbours of those in the core. Sorted by (cell, gene).
 */
export function cellCounts(
  { task, observed, source, grid }: Sampler,
  start: StartColumns,
): Pick<ProsegPreparation, 'cellX' | 'cellY' | 'countCell' | 'countGene' | 'count'> {
  const { gene } = task.tile.transcripts;
  const { genes } = task.model;
  const known = task.tile.cells.cell.length + 1;
  const total = new Float64Array(known);
  const x = new Float64Array(known);
  const y = new Float64Array(known);
  const keys = new Float64Array(source.length);
  let used = 0;
  for (const i of source) {
    const column =
      Math.floor(observed.y[i] / grid.coarseFactor) * start.width +
      Math.floor(observed.x[i] / grid.coarseFactor);
    const cell = start.label[column];
    if (cell === 0) continue;
    total[cell]++;
    x[cell] += observed.x[i];
    y[cell] += observed.y[i];
    keys[used++] = cell * genes + gene[i];
  }
  const slot = new Int32Array(known);
  const kept: number[] = [];
  for (let cell = 1; cell < known; cell++) if (total[cell] > 0) slot[cell] = kept.push(cell) - 1;
  const place = (sum: Float64Array, first: number, originUm: number): Float64Array =>
    Float64Array.from(kept, (cell) => originUm + (first + sum[cell] / total[cell] + 0.5) * grid.voxelUm);
  return {
    cellX: place(x, grid.firstColumn, grid.originUm[0]),
    cellY: place(y, grid.firstRow, grid.originUm[1]),
    ...runLengths(keys.subarray(0, used).sort(), genes, slot),
  };
}

/** Equal keys (cell * genes + gene) that follow each other, as one entry with their number. */
function runLengths(
  keys: Float64Array,
  genes: number,
  slot: Int32Array,
): Pick<ProsegPreparation, 'countCell' | 'countGene' | 'count'> {
  const [cell, gene, count] = [0, 0, 0].map(() => new Uint32Array(keys.length));
  let n = 0;
  for (let i = 0; i < keys.length; n++) {
    const key = keys[i];
    const from = i;
    while (i < keys.length && keys[i] === key) i++;
    const own = Math.floor(key / genes);
    cell[n] = slot[own];
    gene[n] = key - own * genes;
    count[n] = i - from;
  }
  return { countCell: cell.slice(0, n), countGene: gene.slice(0, n), count: count.slice(0, n) };
}
