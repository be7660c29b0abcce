import { PROSEG } from '../competitors/proseg.ts';
import { provenance } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { extrapolation } from './extrapolation.ts';
import { goalTable } from './goal-table.ts';
import { byKind, detailsOf, type KindResults } from './kinds.ts';
import { measured, RIVALS } from './methods.ts';
import { programTable } from './programs.ts';
import { losses, otherScores, scorecard, unfinished } from './scorecard.ts';
import { section } from './section.ts';
import { narrowStandingTable, standingTable } from './standing.ts';

/** The picture of the comparison, beside the page. */
export const FIGURE = 'figures/compare.svg';

const AGAINST = [PROSEG.key, PROSEG.label] as const;

/** The comparison on one page: where spatile stands, losses included, its goals, slides of users, and which programs took part. */
export function renderComparison(cases: readonly CaseResult[]): string {
  const { kinds, leftOut } = byKind(cases);
  return [
    ...section(
      'Where spatile stands',
      intro(kinds),
      standingTable(kinds),
      'In short, and where it is furthest behind:',
      scorecard(kinds, measured(kinds, RIVALS)),
      losses(otherScores(kinds, AGAINST)),
      unfinished(kinds),
      `![F1, wall time and peak memory of every method on every kind of slide](${FIGURE})`,
      'Every score on every kind of slide, cost of every method, and what was stopped or failed: [details](details.md).',
    ),
    ...section('Goals', goalTable(kinds)),
    ...section('Slides that users report', extrapolation(kinds).join('\n') || null),
    ...section('Programs', programTable(kinds)),
    footer(cases, leftOut),
  ].join('\n');
}

/** The table of the first page of the repository, and under which conditions it was measured. */
export function renderStanding(cases: readonly CaseResult[]): string {
  return [narrowStandingTable(byKind(cases).kinds), '', provenance(cases)].join('\n');
}

function intro(kinds: readonly KindResults[]): string {
  return `${kinds.length} kinds of simulated slide whose truth is known; every program with the same bundle and 2 threads, one after the other. Figures are means over the seeds that all methods of a group have; the best of a group is bold. F1 is that of transcripts in their own cell after optimal matching; co-expression is the rate at which markers that exclude each other meet in a cell (less is better). "Clearly" is a difference larger than the range over at least 3 seeds; differences of scores below 0.0005 are even; "furthest behind" is the largest loss.`;
}

/** Machine, commits, versions and limits behind the results. */
export function footer(cases: readonly CaseResult[], leftOut: number): string {
  const versions = [...new Set(cases.map((one) => detailsOf(one).version))].filter(Boolean).join(', ');
  const limits = [...new Set(cases.map(({ settings }) => Number(settings.limitSeconds)))].join(' or ');
  const older = leftOut === 0 ? '' : ` ${leftOut} results on slides of an earlier simulator are not shown.`;
  return `${provenance(cases)} ${versions}. A run is stopped after ${limits} s.${older}`;
}
