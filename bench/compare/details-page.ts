import { PROSEG } from '../competitors/proseg.ts';
import { SPATILE, SPATILE_ONE } from '../competitors/spatile.ts';
import { table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { recallTable } from './curve.ts';
import { depthTable } from './equal-depth.ts';
import { byKind, type KindResults, kindName } from './kinds.ts';
import { METHODS, measured } from './methods.ts';
import { notRun } from './not-run.ts';
import { footer } from './page.ts';
import { duelTable, otherScores } from './scorecard.ts';
import { section } from './section.ts';
import { allScores, costTable, scalingTable, scoreTable, stepTable } from './tables.ts';

/** Everything that the comparison found: each score, cost, scaling, steps, and what was stopped or failed. */
export function renderDetails(cases: readonly CaseResult[]): string {
  const { kinds, leftOut } = byKind(cases);
  const methods = measured(kinds, METHODS);
  const [scaling, steps, recall] = [scalingTable(kinds), stepTable(kinds), recallTable(kinds)];
  const depth = depthTable(kinds);
  const duels = otherScores(kinds, [PROSEG.key, PROSEG.label]);
  return [
    ...section(
      'Accuracy: F1',
      scoreTable(kinds, methods, 'f1'),
      'Median and range over seeds; one number: one seed. Every score, by kind of slide ([what they mean](../docs/evaluate.md)):',
      ...kinds.map((kind) => scoresOf(kind, methods)),
    ),
    ...section('Every other score against Proseg', duels.length === 0 ? null : duelTable(duels)),
    ...section(
      "At Proseg's recall",
      recall === null
        ? null
        : "spatile gives more transcripts to cells than Proseg does, and every wrong one can make markers meet. So: of one result of spatile only what is surer of its cell than a threshold (`spatile evaluate --min-probability`), at the threshold where its recall is Proseg's; between thresholds by recall.",
      recall,
    ),
    ...section(
      "Co-expression at Proseg's depth",
      depth === null
        ? null
        : "The rate at which exclusive markers meet falls with every transcript that is thrown away, right or wrong. So: what it would be if of a result's transcripts in cells only as many were kept, at random, as Proseg has there. A thinned result is no better than before; it only shows what part of a difference is depth.",
      depth,
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
    ...section('What was stopped, failed or left out', notRun(kinds)),
    ...section('What was measured when', commitTable(kinds)),
    footer(cases, leftOut),
  ].join('\n');
}

function scoresOf(kind: KindResults, methods: readonly (readonly [string, string])[]): string {
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

/** The commits at which spatile and Proseg were run on each kind of slide: whether a row is of the present version. */
function commitTable(kinds: readonly KindResults[]): string {
  const commitsOf = (kind: KindResults, key: string): string =>
    [...new Set((kind.methods.get(key) ?? []).map(({ commit }) => commit))].join(', ') || '-';
  return table(
    ['slide', 'spatile at commit', 'Proseg beside spatile at commit'],
    kinds.map((kind) => [kindName(kind), commitsOf(kind, SPATILE.key), commitsOf(kind, PROSEG.key)]),
    3,
  );
}
