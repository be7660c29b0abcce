import type { CellPosterior, ExpectedCounts } from '@spatile/formats/tile/assign';
import type { Sampler } from './sampler.ts';
import type { Watch } from './watch.ts';

const SLOTS = 3;
/** Entries with fewer expected transcripts are left out: a twelfth of all on simulated slides, with 0.2 % of the sum. */
const LEAST_EXPECTED = 0.05;

/**
 * What the recorded samples say of whole cells, in the order of `locals`: expected transcripts by the records (as `refine` left
 * them), their variance by the chain (that of the samples and, by the law of total variance, that within them), and how often
 * voxels changed hands.
 * `label`: final labels, layers x height x width.
 */
export function cellPosterior(
  sampler: Sampler,
  watch: Watch,
  locals: Uint32Array,
  label: Uint16Array,
): CellPosterior {
  const n = Math.max(1, watch.recorded);
  const flips = watch.voxels.flips(label, sampler.cells.length);
  const mean = (c: number): number => watch.sum[c] / n;
  const { recordCell, recordWeight } = sampler.arrays;
  const expected = new Float64Array(sampler.cells.length + 1);
  for (let slot = 0; slot < recordCell.length; slot++) expected[recordCell[slot]] += recordWeight[slot] / n;
  return {
    expected: Float32Array.from(locals, (c) => expected[c]),
    variance: Float32Array.from(
      locals,
      (c) => Math.max(0, watch.squares[c] / n - mean(c) ** 2) + watch.within[c] / n,
    ),
    flips: Float32Array.from(locals, (c) => flips[c]),
  };
}

/**
 * Expected counts of the cells in `locals` (ascending) by model gene, with the variance of a sum of independent transcripts
 * (Poisson-binomial: sum of p (1 - p)). Sorted by (cell, gene). At most three cells are remembered per transcript.
 */
export function expectedCounts(
  { arrays, cells, source }: Sampler,
  recorded: number,
  locals: Uint32Array,
): ExpectedCounts {
  const { recordCell, recordWeight, gene } = arrays;
  const wanted = new Uint8Array(cells.length + 1);
  for (const c of locals) wanted[c] = 1;
  const start = new Uint32Array(cells.length + 2);
  const slots = source.length * SLOTS;
  const counts = (slot: number): boolean => recordWeight[slot] > 0 && wanted[recordCell[slot]] === 1;
  for (let slot = 0; slot < slots; slot++) if (counts(slot)) start[recordCell[slot] + 1]++;
  for (let c = 0; c <= cells.length; c++) start[c + 1] += start[c];
  const items = new Uint32Array(start[cells.length + 1]);
  const fill = start.slice();
  for (let slot = 0; slot < slots; slot++) if (counts(slot)) items[fill[recordCell[slot]]++] = slot;
  const out = { cell: [] as number[], gene: [] as number[], mean: [] as number[], variance: [] as number[] };
  const genes = arrays.gene.reduce((most, g) => Math.max(most, g + 1), 0);
  const mean = new Float64Array(genes);
  const variance = new Float64Array(genes);
  for (const c of locals) {
    const own = items.subarray(start[c], start[c + 1]);
    const seen = new Set<number>();
    for (const slot of own) {
      const g = gene[Math.floor(slot / SLOTS)];
      const p = Math.min(1, recordWeight[slot] / recorded);
      seen.add(g);
      mean[g] += p;
      variance[g] += p * (1 - p);
    }
    for (const g of [...seen].sort((a, b) => a - b)) {
      if (mean[g] >= LEAST_EXPECTED) {
        out.cell.push(cells[c - 1]);
        out.gene.push(g);
        out.mean.push(mean[g]);
        out.variance.push(variance[g]);
      }
      mean[g] = 0;
      variance[g] = 0;
    }
  }
  return {
    cell: Uint32Array.from(out.cell),
    gene: Uint16Array.from(out.gene),
    mean: Float32Array.from(out.mean),
    variance: Float32Array.from(out.variance),
  };
}
