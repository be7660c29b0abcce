import { PRESETS } from '@spatile/instrument/simulate/presets';
import type { CaseResult } from '../results.ts';
import { number } from '../statistics.ts';
import { isClear } from './duel.ts';
import { atProsegDepth } from './equal-depth.ts';
import { type KindResults, kindName, pair, score, troubles, used } from './kinds.ts';

const OURS = 'spatile';
const THEIRS = 'proseg';
const SURE = 'spatile-sure';
const GIB = 2 ** 30;

/** One goal, what was found, and whether it is met; null = nothing measured yet. */
export interface GoalVerdict {
  goal: string;
  found: string;
  isMet: boolean | null;
  /** Slides that the goal speaks of and that were not measured. */
  missing: string[];
}

/** What is checked of one kind of slide. */
interface Finding {
  words: string;
  isMet: boolean;
  /** How far on the right side of the goal, in whatever unit: of what is met, the least is shown. */
  slack: number;
}

/** A part of what a goal speaks of, and what was found there. */
type Part = readonly [slides: string, findings: Finding[]];

/** What spatile wants to reach, against what was measured. */
export function goals(kinds: readonly KindResults[]): GoalVerdict[] {
  const small = kinds.filter(({ aimed }) => aimed <= 1e5);
  const at = (millions: number, genes: number): KindResults[] =>
    kinds.filter((kind) => kind.aimed === 1e6 * millions && kind.genes === genes);
  return [
    verdict("F1 at least Proseg's on every preset and panel size", partsOfSmall(small, f1AtLeast)),
    verdict(
      'F1 clearly above (three seeds, difference larger than the range) on `leaky` and `crowded`',
      partsOfSmall(small, f1Clear).filter(([slides]) => ['leaky', 'crowded'].includes(slides)),
    ),
    verdict("Co-expression of exclusive markers at or below Proseg's", partsOfSmall(small, coexpression)),
    verdict(
      "Wall time at 1 M and 10 M transcripts, 300 and 5,000 genes, 2 threads: at most a fifth of Proseg's",
      [1, 10].flatMap((millions) =>
        [300, 5000].map(
          (genes): Part => [`${millions} M with ${genes} genes`, at(millions, genes).flatMap(time)],
        ),
      ),
    ),
    verdict('Peak memory per worker at most 1 GiB up to 5,000 genes, 2 GiB at 18,000', [
      ['up to 5,000 genes', kinds.filter(({ genes }) => genes <= 5000).flatMap(workerMemory)],
      ['18,000 genes', kinds.filter(({ genes }) => genes > 5000).flatMap(workerMemory)],
    ]),
    verdict('Coordinator at most 1.5 GiB at 10 M transcripts', [
      ['10 M', kinds.filter(({ aimed }) => aimed >= 1e7).flatMap(coordinatorMemory)],
    ]),
    verdict(
      'Time linear in transcripts from 0.1 M to 10 M: at most 15 % more per transcript on ten times as many',
      growth(kinds, 0, wallPerMillion),
    ),
    // Smaller slides are one tile, and no full one.
    verdict(
      'Peak memory per worker flat from 1 M to 10 M: at most 15 % more',
      growth(kinds, 1e6, workerPeak),
    ),
    verdict('Two workers at least 1.9 times as fast as one', [['any slide', kinds.flatMap(twoWorkers)]]),
  ];
}

/** Every preset, and the larger panel of the default one. */
function partsOfSmall(small: readonly KindResults[], check: (kind: KindResults) => Finding[]): Part[] {
  const isWide = ({ preset, genes }: KindResults): boolean => preset === 'default' && genes > 300;
  return [
    ...PRESETS.map(
      (preset): Part => [
        preset,
        small.filter((kind) => kind.preset === preset && !isWide(kind)).flatMap(check),
      ],
    ),
    ['default with 5,000 genes', small.filter(isWide).flatMap(check)],
  ];
}

/** A goal is not measured while nothing is, and met as far as it was measured while parts are missing. */
function verdict(goal: string, parts: readonly Part[]): GoalVerdict {
  const findings = parts.flatMap(([, found]) => found);
  const missing = parts.flatMap(([slides, found]) => (found.length === 0 ? [slides] : []));
  if (findings.length === 0) return { goal, found: 'not measured', isMet: null, missing };
  const failing = findings.filter(({ isMet }) => !isMet);
  return {
    goal,
    found: failing.length > 0 ? failing.map(({ words }) => words).join('; ') : closest(findings),
    isMet: failing.length === 0,
    missing,
  };
}

/** Of what holds everywhere, where it holds with the least to spare. */
function closest(findings: readonly Finding[]): string {
  const least = findings.reduce((a, b) => (b.slack < a.slack ? b : a));
  return findings.length === 1 ? least.words : `${least.words} (the closest of ${findings.length})`;
}

function f1AtLeast(kind: KindResults): Finding[] {
  const found = pair(kind, OURS, THEIRS, score('f1'));
  if (found === null) return [];
  const words = `${kindName(kind)}: ${signed(found.difference)}`;
  return [{ words, isMet: found.difference >= 0, slack: found.difference }];
}

function f1Clear(kind: KindResults): Finding[] {
  const found = pair(kind, OURS, THEIRS, score('f1'));
  if (found === null) return [];
  const words = `${kindName(kind)}: ${signed(found.difference)}, range ${number(found.range, 3)}, ${found.n} ${found.n === 1 ? 'seed' : 'seeds'}`;
  const slack = found.difference - found.range;
  return [{ words, isMet: found.difference > 0 && isClear(found), slack }];
}

function coexpression(kind: KindResults): Finding[] {
  const found = pair(kind, OURS, THEIRS, score('coexpression'));
  if (found === null) return [];
  const sure = ['f1', 'coexpression'].map((name) => pair(kind, SURE, THEIRS, score(name))?.ours ?? null);
  const also =
    sure[0] === null || sure[1] === null
      ? ''
      : ` (keeping what is 0.9 sure: ${number(sure[1], 4)} at F1 ${number(sure[0], 3)})`;
  const alike = atProsegDepth(kind, OURS);
  const thinned =
    alike === null
      ? ''
      : `; if thinned at random to Proseg's ${number(100 * alike.keep)} % of its transcripts: ${number(alike.coexpression, 4)}`;
  const words = `${kindName(kind)}: ${number(found.ours, 4)} against ${number(found.theirs, 4)}${also}${thinned}`;
  return [{ words, isMet: found.difference <= 0, slack: -found.difference }];
}

function time(kind: KindResults): Finding[] {
  const both = pair(kind, OURS, THEIRS, used('wallSeconds'));
  if (both !== null) {
    const share = both.ours / both.theirs;
    const words = `${kindName(kind)}: 1/${number(1 / share, 1)}`;
    return [{ words, isMet: share <= 1 / 5, slack: 1 / 5 - share }];
  }
  const theirs = kind.methods.get(THEIRS)?.[0];
  const [failed] = troubles(kind.methods.get(OURS));
  if (failed !== undefined)
    return [
      { words: `${kindName(kind)}: spatile ended with: ${failed.quality.exit}`, isMet: false, slack: -1 },
    ];
  const ours =
    kind.methods
      .get(OURS)
      ?.map(used('wallSeconds'))
      .find((seconds) => seconds !== null) ?? null;
  if (theirs?.quality.exit !== 'out of time' || ours === null) return [];
  const limit = Number(theirs.settings.limitSeconds);
  const words = `${kindName(kind)}: ${number(ours)} s against more than ${number(limit)} s`;
  return [
    {
      words: ours <= limit / 5 ? words : `${words} (not decided: Proseg was stopped)`,
      isMet: ours <= limit / 5,
      slack: 1 / 5 - ours / limit,
    },
  ];
}

function workerMemory(kind: KindResults): Finding[] {
  return most(kind, 'helperPeakBytes', (kind.genes > 5000 ? 2 : 1) * GIB);
}

function coordinatorMemory(kind: KindResults): Finding[] {
  return most(kind, 'mainPeakBytes', 1.5 * GIB);
}

function most(kind: KindResults, figure: string, limit: number): Finding[] {
  const values = (kind.methods.get(OURS) ?? []).map(used(figure)).filter((bytes) => bytes !== null);
  if (values.length === 0) return [];
  const bytes = Math.max(...values);
  const words = `${kindName(kind)}: ${number(bytes / 2 ** 20)} MiB`;
  return [{ words, isMet: bytes <= limit, slack: 1 - bytes / limit }];
}

/** What may be more on the larger of two slides, as a share of the smaller one's. */
const GROWTH = 0.15;

/** A figure of the default preset at one panel size against the next smaller slide, from `from` transcripts on. */
function growth(kinds: readonly KindResults[], from: number, { figure, show }: Grown): Part[] {
  const panels = new Map<number, { kind: KindResults; value: number }[]>();
  for (const kind of kinds.filter(({ preset, aimed }) => preset === 'default' && aimed >= from)) {
    const values = (kind.methods.get(OURS) ?? []).map(figure).filter((value) => value !== null);
    if (values.length === 0) continue;
    const value = values.reduce((sum, x) => sum + x, 0) / values.length;
    panels.set(kind.genes, [...(panels.get(kind.genes) ?? []), { kind, value }]);
  }
  const steps = [...panels.values()].flatMap((sizes) =>
    sizes.slice(1).map(({ kind, value }, i) => {
      const change = value / sizes[i].value - 1;
      return {
        aimed: kind.aimed,
        words: `${kindName(kind)}: ${show(value)} after ${show(sizes[i].value)} (${change >= 0 ? '+' : ''}${number(100 * change)} %)`,
        isMet: change <= GROWTH,
        slack: GROWTH - change,
      };
    }),
  );
  return [1, 10]
    .filter((millions) => 1e6 * millions > from)
    .map((millions) => [`${millions} M`, steps.filter(({ aimed }) => aimed === 1e6 * millions)]);
}

interface Grown {
  figure: (result: CaseResult) => number | null;
  show: (value: number) => string;
}

const wallPerMillion: Grown = {
  figure: (result) => {
    const seconds = used('wallSeconds')(result);
    return seconds === null ? null : seconds / (Number(result.quality.transcripts) / 1e6);
  },
  show: (value) => `${number(value, 1)} s per million`,
};

const workerPeak: Grown = {
  figure: used('helperPeakBytes'),
  show: (value) => `${number(value / 2 ** 20)} MiB`,
};

function twoWorkers(kind: KindResults): Finding[] {
  const found = pair(kind, OURS, 'spatile-1', used('wallSeconds'));
  if (found === null) return [];
  const times = found.theirs / found.ours;
  return [{ words: `${kindName(kind)}: ${number(times, 2)} times`, isMet: times >= 1.9, slack: times - 1.9 }];
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${number(value, 3)}`;
}
