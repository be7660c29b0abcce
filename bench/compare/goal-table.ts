import { table } from '../pages.ts';
import { type GoalVerdict, goals } from './goals.ts';
import type { KindResults } from './kinds.ts';

/** What spatile wants to reach, whether it does, and where it comes closest to failing or fails. */
export function goalTable(kinds: readonly KindResults[]): string {
  return table(
    ['goal', 'verdict', 'found: the closest call, or everything that fails'],
    goals(kinds).map((one) => [one.goal, verdict(one), words(one)]),
    3,
  );
}

function verdict({ isMet, missing }: GoalVerdict): string {
  if (isMet === null) return 'not measured';
  if (!isMet) return '**not met**';
  return missing.length === 0 ? 'met' : 'met as far as measured';
}

function words({ found, isMet, missing }: GoalVerdict): string {
  return isMet === null || missing.length === 0 ? found : `${found}; not measured: ${missing.join(', ')}`;
}
