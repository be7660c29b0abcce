import type { ModelFrame, ProsegGlobals } from '@spatile/formats/tile/proseg';
import { exp, ln } from '@spatile/random/elementary';
import { factorTotals, meanGlobals, modeOfScale, type PosteriorOptions } from './posterior.ts';
import { addMissing } from './rare-genes.ts';
import { latentWidth, type PooledStatistics } from './statistics.ts';

/** One block of the end of the fit. */
export interface FitRecord {
  statistics: PooledStatistics;
  /** Means of the conditional posteriors given the statistics. */
  mean: ProsegGlobals;
}

/**
 * The means of the conditional posteriors given the statistics of a block and the globals these were made with, the genes that the
 * pilots lack (`missing`, transcripts by gene) as an average gene.
 */
export const meanOfBlock = (
  statistics: PooledStatistics,
  globals: ProsegGlobals,
  missing: Float64Array,
  model: ModelFrame,
  options: Pick<PosteriorOptions, 'fixedDispersion' | 'priorShare'>,
): ProsegGlobals =>
  meanGlobals(addMissing(statistics, missing, model), globals, model, { ...options, fixedBackground: false });

/**
 * Point values of the globals for all tiles: the means of `records` averaged (scales geometrically), with private genes that the
 * pilots lack (`missing`, transcripts by gene) given the rates of an average gene.
 */
export function freezeGlobals(
  records: readonly FitRecord[],
  missing: Float64Array,
  model: ModelFrame,
): ProsegGlobals {
  const means = records.map(({ mean }) => mean);
  const average = <A extends Float32Array | Float64Array>(pick: (globals: ProsegGlobals) => A): A => {
    const first = pick(means[0]);
    const sums = new Float64Array(first.length);
    for (const mean of means) {
      const values = pick(mean);
      for (let i = 0; i < sums.length; i++) sums[i] += values[i];
    }
    const out = first.slice() as A;
    for (let i = 0; i < sums.length; i++) out[i] = sums[i] / means.length;
    return out;
  };
  const globals: ProsegGlobals = {
    theta: average(({ theta }) => theta),
    r: average(({ r }) => r),
    s: average(({ s }) => s.map(ln)).map(exp),
    pi: average(({ pi }) => pi),
    mu: average(({ mu }) => mu),
    sigma2: average(({ sigma2 }) => sigma2),
    beta: average(({ beta }) => beta),
  };
  return coverPrivateGenes(globals, records[records.length - 1].statistics, missing, model);
}

/** Private genes that the pilots lack: dispersion 1 and the scale that makes their expected counts, in every component. */
function coverPrivateGenes(
  globals: ProsegGlobals,
  statistics: PooledStatistics,
  missing: Float64Array,
  model: ModelFrame,
): ProsegGlobals {
  const lacking = missing.subarray(0, model.privateGenes);
  if (!lacking.some((count) => count > 0)) return globals;
  const width = latentWidth(model);
  const scales = modeOfScale(
    addMissing(statistics, missing, model),
    factorTotals(globals.theta, model),
    model,
  );
  const r = globals.r.slice();
  const s = globals.s.slice();
  for (let i = 0; i < r.length; i++) {
    const gene = i % width;
    if (gene >= model.privateGenes || lacking[gene] === 0) continue;
    r[i] = 1;
    s[i] = scales[i];
  }
  return { ...globals, r, s };
}
