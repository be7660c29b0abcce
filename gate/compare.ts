import type { Baseline, Measured, Noise } from './baseline.ts';
import type { GateCase } from './case.ts';
import { GATED_SCORES, meanScores } from './scores.ts';

/** Work may grow by this share. */
export const WORK_GROWTH = 0.1;
/** A score may be worse by this many standard deviations of the difference of two independent means. */
export const NOISE_MULTIPLE = 3;
/** ... and always by this much: a method without noise is held to the digits people look at. */
export const LEAST_ALLOWED = 0.002;

export type Verdict = 'same' | 'better' | 'within' | 'worse' | 'missing' | 'new';

export interface Row {
  /** `accuracy` or `work`. */
  kind: 'accuracy' | 'work';
  method: string;
  /** A slide, or `all slides`. */
  slide: string;
  metric: string;
  baseline: number | null;
  now: number | null;
  /** The last value that passes; null where there is no baseline. */
  limit: number | null;
  verdict: Verdict;
}

export const ALL_SLIDES = 'all slides';

/** Whether a row fails the gate. */
export const fails = ({ verdict }: Row): boolean => verdict === 'worse' || verdict === 'missing';

/**
 * What makes the numbers of two measurements incomparable, as one sentence; null when nothing does: the gate's case or the
 * slides that the simulator makes of it are others.
 */
export function incomparable(
  baseline: Baseline,
  slides: Measured['slides'],
  gateCase: GateCase,
): string | null {
  if (JSON.stringify(baseline.case) !== JSON.stringify(gateCase))
    return 'the case of the gate (gate/case.ts) is not the one of the baseline';
  const changed = Object.keys(slides).filter((name) => baseline.slides[name] !== slides[name]);
  if (changed.length > 0)
    return `the simulator makes other slides than those of the baseline (${changed.join(', ')})`;
  return null;
}

/** Every comparison of the gate: scores by slide and over all slides, then work. */
export function compare(baseline: Baseline, now: Measured, gateCase: GateCase): Row[] {
  return gateCase.methods.flatMap(({ name, seeds }) => [
    ...accuracyRows(
      name,
      baseline.accuracy[name] ?? {},
      now.accuracy[name] ?? {},
      baseline.noise,
      seeds.length,
    ),
    ...workRows(name, baseline.work[name] ?? {}, now.work[name] ?? {}),
  ]);
}

function accuracyRows(
  method: string,
  before: Measured['accuracy'][string],
  now: Measured['accuracy'][string],
  noise: Noise,
  seeds: number,
): Row[] {
  const slides = Object.keys({ ...before, ...now });
  const all = (scores: Measured['accuracy'][string]): Record<string, number> =>
    meanScores(Object.values(scores));
  const one = (slide: string, a: Record<string, number>, b: Record<string, number>, runs: number): Row[] =>
    Object.keys(GATED_SCORES)
      .filter((metric) => metric in a || metric in b)
      .map((metric) => {
        const sd = noise.sd[method]?.[metric] ?? 0;
        const allowed = Math.max(LEAST_ALLOWED, NOISE_MULTIPLE * sd * Math.sqrt(2 / runs));
        const sign = GATED_SCORES[metric] === 'higher' ? 1 : -1;
        return row(
          'accuracy',
          method,
          slide,
          metric,
          a[metric],
          b[metric],
          (value) => value - sign * allowed,
          sign,
        );
      });
  return [
    ...one(ALL_SLIDES, all(before), all(now), seeds * slides.length),
    ...slides.flatMap((slide) => one(slide, before[slide] ?? {}, now[slide] ?? {}, seeds)),
  ];
}

function workRows(method: string, before: Record<string, number>, now: Record<string, number>): Row[] {
  return Object.keys({ ...before, ...now }).map((metric) =>
    row('work', method, ALL_SLIDES, metric, before[metric], now[metric], (n) => n * (1 + WORK_GROWTH), -1),
  );
}

/** `sign` is 1 where higher is better and -1 where lower is. */
function row(
  kind: Row['kind'],
  method: string,
  slide: string,
  metric: string,
  baseline: number | undefined,
  now: number | undefined,
  limitOf: (baseline: number) => number,
  sign: number,
): Row {
  const limit = baseline === undefined ? null : limitOf(baseline);
  const verdict = verdictOf(baseline, now, limit, sign);
  return { kind, method, slide, metric, baseline: baseline ?? null, now: now ?? null, limit, verdict };
}

function verdictOf(
  baseline: number | undefined,
  now: number | undefined,
  limit: number | null,
  sign: number,
): Verdict {
  if (baseline === undefined || limit === null) return 'new';
  if (now === undefined) return 'missing';
  if (now === baseline) return 'same';
  if (sign * (now - baseline) > 0) return 'better';
  return sign * (now - limit) < 0 ? 'worse' : 'within';
}
