import { ALL_SLIDES, fails, type Row, WORK_GROWTH } from './compare.ts';

const HEAD = ['method', 'slide', 'metric', 'baseline', 'now', 'allowed', 'verdict'];

/** The comparisons as text; single slides only where they fail, unless `everything`. */
export function tableOf(rows: readonly Row[], everything: boolean): string {
  const shown = rows.filter((row) => everything || row.slide === ALL_SLIDES || fails(row));
  const cells = [
    HEAD,
    ...shown.map((row) => [
      row.method,
      row.slide,
      row.metric,
      figure(row, row.baseline),
      figure(row, row.now),
      figure(row, row.limit),
      fails(row) ? row.verdict.toUpperCase() : row.verdict,
    ]),
  ];
  const widths = HEAD.map((_, k) => Math.max(...cells.map((line) => line[k].length)));
  const isNumber = (k: number): boolean => k >= 3 && k <= 5;
  return cells
    .map((line) =>
      line.map((cell, k) => (isNumber(k) ? cell.padStart(widths[k]) : cell.padEnd(widths[k]))).join('  '),
    )
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** What fell or grew, as one sentence; null when the gate passes. */
export function complaintOf(rows: readonly Row[]): string | null {
  const failed = rows.filter(fails);
  if (failed.length === 0) return null;
  return `gate: ${failed.map(told).join('; ')}; find the change that did it, or, if it is worth it, run npm run gate -- --accept "why"`;
}

function told(row: Row): string {
  const where = `${row.method}${row.slide === ALL_SLIDES ? '' : ` on ${row.slide}`}: ${row.metric}`;
  if (row.verdict === 'missing') return `${where} is missing (was ${figure(row, row.baseline)})`;
  const [from, to] = [figure(row, row.baseline), figure(row, row.now)];
  if (row.kind === 'accuracy') {
    const allowed = Math.abs(row.limit! - row.baseline!);
    return `${where} went from ${from} to ${to} (allowed ${allowed.toFixed(4)})`;
  }
  const grown = row.baseline === 0 ? 'from 0' : `by ${((100 * row.now!) / row.baseline! - 100).toFixed(1)} %`;
  return `${where} grew ${grown} (allowed ${100 * WORK_GROWTH} %)`;
}

function figure({ kind }: Row, value: number | null): string {
  if (value === null) return '-';
  return kind === 'accuracy' ? value.toFixed(4) : Math.round(value).toLocaleString('en');
}
