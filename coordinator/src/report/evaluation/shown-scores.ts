import { type ListedScore, SCORES } from '@spatile/instrument/judge/score-list';
import type { Scores } from '@spatile/instrument/judge/scores';

/** The scores that any of the results has, in the order of tables. */
export const shownScores = (all: readonly Scores[]): ListedScore[] =>
  SCORES.filter(({ name }) => all.some((scores) => typeof scores[name] === 'number'));

/** Indices of the best values (several when they are equal to 4 decimals); none where nothing is better or all are equal. */
export function bestOf(values: readonly (number | null)[], better: ListedScore['better']): number[] {
  if (better === null) return [];
  const rounded = values.map((value) => (value === null ? null : Number(value.toFixed(4))));
  const numbers = rounded.filter((value) => value !== null);
  if (new Set(numbers).size < 2) return [];
  const best = better === 'more' ? Math.max(...numbers) : Math.min(...numbers);
  return rounded.flatMap((value, i) => (value === best ? [i] : []));
}
