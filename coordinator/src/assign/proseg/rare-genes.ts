import type { ModelFrame } from '@spatile/formats/tile/proseg';
import { latentWidth, type PooledStatistics } from './statistics.ts';

/** A gene with fewer pilot transcripts than this is topped up to what the slide leads to expect. */
const WELL_COVERED = 50;

/**
 * For every model gene the transcripts that the pilots lack against its share of the slide; 0 for genes of which they hold at
 * least 50. Without them a gene that no pilot holds would be called background everywhere.
 */
export function missingCounts(geneTotals: ArrayLike<number>, pilotTotals: ArrayLike<number>): Float64Array {
  let slide = 0;
  let pilots = 0;
  for (let g = 0; g < geneTotals.length; g++) {
    slide += geneTotals[g];
    pilots += pilotTotals[g];
  }
  return Float64Array.from({ length: geneTotals.length }, (_, g) => {
    if (slide === 0 || pilotTotals[g] >= WELL_COVERED) return 0;
    return Math.max(0, (geneTotals[g] * pilots) / slide - pilotTotals[g]);
  });
}

/**
 * Statistics with the missing transcripts added as those of an average gene: foreground in the pooled share, over factors,
 * components, layers and density bins as all genes together.
 */
export function addMissing(
  statistics: PooledStatistics,
  missing: Float64Array,
  model: ModelFrame,
): PooledStatistics {
  if (!missing.some((count) => count > 0)) return statistics;
  const { genes, privateGenes, factors, components } = model;
  const width = latentWidth(model);
  const perGene = model.layers * model.densityBins;
  const byFactor = shares(statistics.x, factors, (i) => i % factors);
  const byComponent = shares(statistics.xt, components, (i) => Math.floor(i / width));
  const byPlace = shares(statistics.b, perGene, (i) => i % perGene);
  const foreground = sumOf(statistics.xt);
  const background = sumOf(statistics.b);
  const share = foreground + background > 0 ? foreground / (foreground + background) : 0.5;
  const x = statistics.x.slice();
  const b = statistics.b.slice();
  const xt = statistics.xt.slice();
  for (let g = 0; g < genes; g++) {
    if (missing[g] === 0) continue;
    for (let i = 0; i < perGene; i++) b[g * perGene + i] += missing[g] * (1 - share) * byPlace[i];
    if (g < privateGenes) {
      for (let t = 0; t < components; t++) xt[t * width + g] += missing[g] * share * byComponent[t];
    } else {
      for (let k = 0; k < factors; k++)
        x[(g - privateGenes) * factors + k] += missing[g] * share * byFactor[k];
    }
  }
  return { ...statistics, x, b, xt };
}

/** Sums of `values` by group as shares of their total; equal shares when all are 0. */
function shares(values: Float64Array, groups: number, groupOf: (index: number) => number): Float64Array {
  const sums = new Float64Array(groups);
  for (let i = 0; i < values.length; i++) sums[groupOf(i)] += values[i];
  const total = sumOf(sums);
  return sums.map((sum) => (total > 0 ? sum / total : 1 / groups));
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
