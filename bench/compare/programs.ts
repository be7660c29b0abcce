import { OTHERS } from '../competitors/all.ts';
import { NO_ADAPTER } from '../competitors/no-adapter.ts';
import { table } from '../pages.ts';
import { detailsOf, type KindResults } from './kinds.ts';

/** Programs of others: on how many kinds of slide each ran, or why it did not; those that were tried and have no adapter, too. */
export function programTable(kinds: readonly KindResults[]): string {
  const withAdapter = OTHERS.map(({ key, label, absent }) => {
    const runs = kinds.map(({ methods }) => methods.get(key) ?? []).filter((some) => some.length > 0);
    if (runs.length === 0) return [label, '-', absent];
    const version = [...new Set(runs.flat().map((one) => detailsOf(one).version))].join(', ');
    const judged = runs.filter((some) => some.some(({ quality }) => quality.judged === true)).length;
    return [label, version, `measured on ${judged} of ${kinds.length} kinds of slide`];
  });
  return table(['program', 'version', 'result'], [...withAdapter, ...NO_ADAPTER], 3);
}
