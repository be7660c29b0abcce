import { table } from '../pages.ts';
import type { CaseResult } from '../results.ts';
import { detailsOf, type KindResults, kindName, troubles } from './kinds.ts';
import { METHODS } from './methods.ts';
import { smallerTells, trialsOf } from './smaller.ts';
import { endingInWords } from './tables.ts';

/** Runs that failed, were stopped or could not be judged, and those not tried after a smaller slide; null without any. */
export function notRun(kinds: readonly KindResults[]): string | null {
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
  const rows = [...ended, ...larger];
  return rows.length === 0 ? null : table(['what', 'why'], rows, 2);
}

function lastLine(one: CaseResult): string {
  const line = detailsOf(one).complaint.split('\n').at(-1)?.replaceAll('|', '/') ?? '';
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}
