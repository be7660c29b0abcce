import type { ExclusiveScores } from './exclusive.ts';
import type { SpillScores } from './spill.ts';

const LEAST_WIDTH = 15;
const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`);

/** Corrected counts against the truth, one column per layer beside doing nothing; ends in a line break. */
export function formatSpill(scores: readonly SpillScores[]): string {
  const { native, spilled, background, cosineBefore } = scores[0];
  const rows: [string, string, (one: SpillScores) => string][] = [
    ['spilled counts removed', percent(0), (one) => percent(one.removedSpill)],
    ["cells' own counts kept", percent(1), (one) => percent(one.keptNative)],
    ['background in cells removed', percent(0), (one) => percent(one.removedBackground)],
    ['spill in what was removed', '-', (one) => percent(one.precision)],
    ['counts received', '0', (one) => one.added.toFixed(0)],
    ['cosine with own counts', cosineBefore.toFixed(3), (one) => one.cosineAfter.toFixed(3)],
    ['types named right', '-', (one) => (Number.isNaN(one.typeAccuracy) ? '-' : percent(one.typeAccuracy))],
  ];
  const all = native + spilled + background;
  return table(
    `corrected counts: of ${all} transcripts in ${scores[0].cells} cells ${percent(spilled / all)} are spill and ${percent(background / all)} background`,
    scores.map(({ layer }) => layer),
    rows.map(([label, nothing, value]) => [label, nothing, ...scores.map(value)]),
  );
}

/** Exclusive markers before and after corrections; ends in a line break. */
export function formatExclusive(scores: readonly ExclusiveScores[]): string {
  const rate = (value: number | null): string => (value === null ? '-' : value.toFixed(4));
  return table(
    'corrected counts: pairs of exclusive markers in one cell, sum min / sum max',
    scores.map(({ layer }) => layer),
    [
      ['rate (less is better)', rate(scores[0].before), ...scores.map(({ after }) => rate(after))],
      ['counts thinned as much', '-', ...scores.map(({ thinned }) => rate(thinned))],
      ['counts kept', percent(1), ...scores.map(({ kept }) => percent(kept))],
    ],
  );
}

function table(head: string, layers: readonly string[], rows: readonly (readonly string[])[]): string {
  const widest = Math.max(...rows.map(([label]) => label.length));
  const titles = ['as observed', ...layers];
  const line = (label: string, values: readonly string[]): string =>
    label.padEnd(widest) +
    values.map((value, i) => value.padStart(Math.max(LEAST_WIDTH, titles[i].length + 2))).join('');
  return [head, line('', titles), ...rows.map(([label, ...values]) => line(label, values)), ''].join('\n');
}
