/** The scores of `spatile evaluate` that the gate holds, and which way is better. */
export const GATED_SCORES: Readonly<Record<string, 'higher' | 'lower'>> = {
  f1: 'higher',
  leakedHome: 'higher',
  backgroundRecall: 'higher',
  detection: 'higher',
  outlineF1: 'higher',
  typeAccuracy: 'higher',
  expressionCorrelation: 'higher',
  foreignMarkers: 'lower',
};

/** The gated ones among the scores of an evaluation; those it lacks, or has no number for, are left out. */
export function gatedScores(scores: Record<string, unknown>): Record<string, number> {
  const out: Record<string, number> = {};
  for (const name of Object.keys(GATED_SCORES)) {
    const value = scores[name];
    if (typeof value === 'number' && Number.isFinite(value)) out[name] = value;
  }
  return out;
}

/** Mean of each score over several evaluations; a score that one of them lacks is left out. */
export function meanScores(runs: readonly Record<string, number>[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const name of Object.keys(runs[0] ?? {})) {
    if (runs.every((run) => name in run))
      out[name] = runs.reduce((sum, run) => sum + run[name], 0) / runs.length;
  }
  return out;
}

/**
 * Standard deviation of each score between runs that differ in their seed only, pooled over slides (each about its own mean).
 * @param bySlide scores of the runs of each slide.
 */
export function pooledSd(bySlide: readonly (readonly Record<string, number>[])[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const name of Object.keys(GATED_SCORES)) {
    let squares = 0;
    let degrees = 0;
    for (const runs of bySlide) {
      const values = runs.flatMap((run) => (name in run ? [run[name]] : []));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      squares += values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      degrees += Math.max(0, values.length - 1);
    }
    if (degrees > 0) out[name] = Math.sqrt(squares / degrees);
  }
  return out;
}
