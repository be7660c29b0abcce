import { SpatileError } from '@spatile/formats/errors';
import { type FitInput, modelFrame, readFitInput } from '@spatile/formats/tile/correct';
import type { Handler } from '../../handler.ts';
import { informativeGenes } from './genes.ts';
import { LARGEST_COUNT, LikelihoodTables } from './likelihood.ts';
import { bulkProportions, platformProfiles } from './platform.ts';
import { chooseSigma, type SampleCell } from './sigma.ts';
import { Solver } from './solver.ts';

const LEAST_GENES = 10;

/**
 * The fit of a slide (`rctd`, Cable et al. 2022): gene lists, platform effect, scale of the noise.
 * Errors: `REFERENCE_INVALID` when too few genes tell the types apart.
 */
export const fitTypes: Handler = async (frame, context) => {
  const input = readFitInput(frame);
  const { types, shares, settings, bulk: total, listable } = input;
  const bulkList = informativeGenes(shares, types, total, listable, {
    foldChange: settings.bulkFoldChange,
    share: settings.bulkShare,
    minTotal: settings.minTotal,
  });
  const list = informativeGenes(shares, types, total, listable, {
    foldChange: Math.max(settings.foldChange, settings.bulkFoldChange),
    share: Math.max(settings.share, settings.bulkShare),
    minTotal: settings.minTotal,
  });
  if (list.length < LEAST_GENES) {
    throw new SpatileError(
      'REFERENCE_INVALID',
      `reference: too few genes tell its types apart (${list.length} of ${total.length} shared genes); expected at least ${LEAST_GENES}; use a reference of the same tissue and species, or lower correct.rctd.foldChange`,
    );
  }
  const bulk = { counts: total, total: total.reduce((a, b) => a + b, 0) };
  const proportions = bulkProportions(shares, types, bulk, bulkList);
  const profiles = platformProfiles(shares, types, bulk, proportions, list);
  const largestCount = Math.min(LARGEST_COUNT, settings.largestCount);
  const cells = sampleOf(input, list);
  const tables = new LikelihoodTables(largestOf(cells, largestCount) + 1);
  const solver = await Solver.create({ types, genes: list.length, shares: profiles }, tables.rows);
  const sigma = chooseSigma(solver, tables, cells, types, list.length, context.progress);
  context.count({ wasmPages: solver.wasmPages, cellsFitted: cells.length });
  return modelFrame({ types, sigma, proportions, bulkList, list, profiles, largestCount });
};

const largestOf = (cells: readonly SampleCell[], limit: number): number =>
  cells.reduce(
    (most, { count }) =>
      Math.min(
        limit,
        Array.from(count).reduce((a, b) => Math.max(a, b), most),
      ),
    1,
  );

/** The sample over the genes of the fit. */
function sampleOf({ sample, bulk }: FitInput, list: Int32Array): SampleCell[] {
  const place = placesOf(list, bulk.length);
  let at = 0;
  return Array.from(sample.length, (n) => {
    const cell = listedCounts(sample.gene, sample.count, at, at + n, place);
    at += n;
    return cell;
  });
}

/** Place in a gene list of each of so many genes; -1 for genes outside of it. */
export function placesOf(list: Int32Array, genes: number): Int32Array {
  const place = new Int32Array(genes).fill(-1);
  list.forEach((j, i) => {
    place[j] = i;
  });
  return place;
}

/** Counts of one cell on the genes of a list; `umi` is the total over all genes. */
export function listedCounts(
  gene: Uint32Array,
  count: Uint32Array,
  from: number,
  to: number,
  place: Int32Array,
): { gene: number[]; count: number[]; umi: number } {
  const out = { gene: [] as number[], count: [] as number[], umi: 0 };
  for (let i = from; i < to; i++) {
    out.umi += count[i];
    if (place[gene[i]] < 0) continue;
    out.gene.push(place[gene[i]]);
    out.count.push(count[i]);
  }
  return out;
}
