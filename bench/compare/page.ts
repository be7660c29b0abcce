import { OTHERS, SIMPLE, VARIANTS } from '../competitors/all.ts';
import { NOT_RUN } from '../competitors/not-run.ts';
import { PROSEG } from '../competitors/proseg.ts';
import { SPATILE, SPATILE_ONE } from '../competitors/spatile.ts';
import { provenance, table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { recallTable } from './curve.ts';
import { extrapolation } from './extrapolation.ts';
import { type GoalVerdict, goals } from './goals.ts';
import { byKind, detailsOf, type KindResults, kindName, troubles } from './kinds.ts';
import { smallerTells, trialsOf } from './smaller.ts';
import { accuracy, statements } from './statements.ts';
import { allScores, costTable, endingInWords, scalingTable, scoreTable, stepTable } from './tables.ts';

/** Columns of the tables, as far as there are results. */
export const METHODS = [SPATILE, ...VARIANTS, ...OTHERS, ...SIMPLE].map(
  ({ key, label }) => [key, label] as const,
);

/** The picture of the comparison, beside the page. */
export const FIGURE = 'figures/compare.svg';

/** The comparison as a page: where spatile stands, its goals, accuracy, cost, scaling, and what did not run. */
export function renderComparison(cases: readonly CaseResult[]): string {
  const { kinds, leftOut } = byKind(cases);
  const methods = METHODS.filter(([key]) => kinds.some((kind) => kind.methods.has(key)));
  const [scaling, steps] = [scalingTable(kinds), stepTable(kinds)];
  const recall = recallTable(kinds);
  const section = (title: string, ...lines: (string | null)[]): string[] =>
    lines.every((line) => line === null)
      ? []
      : [`## ${title}`, '', ...lines.flatMap((line) => (line === null ? [] : [line, '']))];
  return [
    ...section(
      'Where spatile stands',
      `${intro(kinds)}`,
      [
        ...statements(kinds, PROSEG.key, 'Proseg'),
        ...simple(kinds).flatMap(([key, label]) => accuracy(kinds, key, label)),
      ].join('\n'),
      `![F1, wall time and peak memory of every method on every kind of slide](${FIGURE})`,
    ),
    ...section('Goals', goalTable(kinds)),
    ...section(
      'Accuracy: F1',
      scoreTable(kinds, methods, 'f1'),
      'Every score, by kind of slide ([what they mean](../docs/evaluate.md)):',
      ...kinds.map((kind) => details(kind, methods)),
    ),
    ...section(
      "At Proseg's recall",
      recall === null
        ? null
        : "spatile gives more transcripts to cells than Proseg does, and every wrong one can make markers meet. So: of one result of spatile only what is surer of its cell than a threshold (`spatile evaluate --min-probability`), at the threshold where its recall is Proseg's; between thresholds by recall.",
      recall,
    ),
    ...section(
      'Time and memory',
      costTable(kinds, [...methods, [SPATILE_ONE.key, SPATILE_ONE.label] as const]),
      'A peak of all processes is the largest sum of resident sets seen in looks 20 times a second; memory that processes share, such as the code of Node.js, counts for each of them. The main process and the largest worker are by their own account (`VmHWM`).',
    ),
    ...section('Two workers against one', scaling),
    ...section(
      'Where the time of spatile goes',
      steps === null ? null : 'Seconds of wall time with 2 workers:',
      steps,
    ),
    ...section('Slides that users report', extrapolation(kinds).join('\n') || null),
    ...section('What did not run', notRun(kinds)),
    footer(cases, leftOut),
  ].join('\n');
}

function intro(kinds: readonly KindResults[]): string {
  return `Made from the results below: ${kinds.length} kinds of simulated slide, every program with the same bundle and 2 threads, one after the other. Differences are means over the seeds that both have. A difference of F1 that is not marked otherwise is larger than the range over at least 3 seeds; the other scores only say who is ahead (by 0.0005 or more), and times and memory carry no such mark (slides that take minutes have one seed).`;
}

/** The ways that cost next to nothing and were measured. */
function simple(kinds: readonly KindResults[]): [key: string, label: string][] {
  return SIMPLE.filter(({ key }) => kinds.some(({ methods }) => methods.has(key))).map(({ key, label }) => [
    key,
    label,
  ]);
}

function goalTable(kinds: readonly KindResults[]): string {
  const verdict = ({ isMet, missing }: GoalVerdict): string => {
    if (isMet === null) return 'not measured';
    if (!isMet) return '**not met**';
    return missing.length === 0 ? 'met' : 'met as far as measured';
  };
  const words = ({ found, isMet, missing }: GoalVerdict): string =>
    isMet === null || missing.length === 0 ? found : `${found}; not measured: ${missing.join(', ')}`;
  return table(
    ['goal', 'verdict', 'found (where it is not met, only what fails)'],
    goals(kinds).map((one) => [one.goal, verdict(one), words(one)]),
    3,
  );
}

function details(kind: KindResults, methods: readonly (readonly [string, string])[]): string {
  const seeds = kind.methods.get(SPATILE.key)?.length ?? 1;
  return [
    '<details>',
    `<summary>${kindName(kind)} (${seeds === 1 ? 'one seed' : `${seeds} seeds`})</summary>`,
    '',
    allScores(kind, methods),
    '',
    '</details>',
  ].join('\n');
}

/** Programs without results and why, and runs that failed or were stopped. */
function notRun(kinds: readonly KindResults[]): string {
  const missing = OTHERS.filter(({ key }) => !kinds.some(({ methods }) => methods.has(key)));
  const ended = kinds.flatMap((kind) =>
    [...kind.methods.values()].flatMap((results) => [
      ...troubles(results).map((one) => [one.label, `${endingInWords(one)}${lastLine(one)}`]),
      ...results
        .filter(({ quality }) => quality.exit === 'done' && quality.judged !== true)
        .map((one) => [one.label, `ran, but could not be judged${lastLine(one)}`]),
    ]),
  );
  const all = kinds.flatMap(({ methods }) => [...methods.values()].flat());
  const larger = kinds.flatMap((kind) =>
    METHODS.filter(([key]) => !kind.methods.has(key)).flatMap(([key, label]) => {
      const asked = { preset: kind.preset, transcripts: kind.aimed, genes: kind.genes };
      const smaller = smallerTells(asked, trialsOf(all, key));
      return smaller === null
        ? []
        : [[`${label}, ${kindName(kind)}`, `not run: it did not end on ${smaller}`]];
    }),
  );
  return table(
    ['what', 'why'],
    [...missing.map(({ label, absent }) => [label, absent]), ...NOT_RUN, ...ended, ...larger],
    2,
  );
}

function lastLine(one: CaseResult): string {
  const line = detailsOf(one).complaint.split('\n').at(-1)?.replaceAll('|', '/') ?? '';
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}

function footer(cases: readonly CaseResult[], leftOut: number): string {
  const versions = [...new Set(cases.map((one) => detailsOf(one).version))].filter(Boolean).join(', ');
  const limits = [...new Set(cases.map(({ settings }) => Number(settings.limitSeconds)))].join(' or ');
  const older = leftOut === 0 ? '' : ` ${leftOut} results on slides of an earlier simulator are not shown.`;
  return `${provenance(cases)} ${versions}. A run is stopped after ${limits} s. Median and range over seeds; one number: one seed.${older}`;
}
