import type { Evaluation } from './evaluate.ts';
import { SCORES } from './score-list.ts';
import type { Scores } from './scores.ts';

const LEAST_WIDTH = 15;

/** One evaluation as a table for people, border and interior beside the whole; ends in a line break. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { border } = evaluation;
  const columns: Column[] = [{ title: 'all', scores: evaluation.scores }];
  if (border !== null) {
    columns.push({ title: `border ${border.bandUm} um`, scores: border.within });
    columns.push({ title: 'interior', scores: border.away });
  }
  return [...headOf(evaluation), '', ...tableOf(columns), ''].join('\n');
}

/** Several evaluations of one slide side by side, one column each; ends in a line break. */
export function formatEvaluations(evaluations: readonly Evaluation[]): string {
  if (evaluations.length === 1) return formatEvaluation(evaluations[0]);
  const columns = evaluations.map((evaluation) => ({
    title: evaluation.result ?? 'result',
    scores: evaluation.scores,
  }));
  return [...evaluations.flatMap(headOf), '', ...tableOf(columns), ''].join('\n');
}

interface Column {
  title: string;
  scores: Scores;
}

/** Scores that no column has are left out. */
function tableOf(columns: readonly Column[]): string[] {
  const shown = SCORES.filter(({ name }) => columns.some(({ scores }) => scores[name] !== null));
  const labels = shown.map(({ label, better }) => (better === 'less' ? `${label} (less is better)` : label));
  const widest = Math.max(...labels.map((label) => label.length));
  const widths = columns.map(({ title }) => Math.max(LEAST_WIDTH, title.length + 2));
  const line = (label: string, values: string[]): string =>
    label.padEnd(widest) + values.map((value, i) => value.padStart(widths[i])).join('');
  return [
    line(
      '',
      columns.map(({ title }) => title),
    ),
    ...shown.map(({ name, isCount }, i) =>
      line(
        labels[i],
        columns.map(({ scores }) => number(scores[name], isCount)),
      ),
    ),
  ];
}

function headOf({ result, minQv, cells, conservation: c }: Evaluation): string[] {
  const verdict = c.conserved ? 'conserved' : 'NOT conserved';
  const cutOff = Number.isFinite(minQv) ? `judged from quality ${minQv} on` : 'judged whatever the quality';
  const faults = [
    `${c.missing} missing`,
    `${c.duplicated} twice`,
    `${c.unknown} unknown`,
    `${c.belowQuality} of too low quality`,
  ];
  return [
    `${result ?? 'result'}: ${cells.predicted} cells against ${cells.true} true ones, ${cells.matched} matched`,
    `transcripts: ${verdict}; ${c.once} of ${c.passed} once, ${faults.join(', ')}; ${cutOff}`,
  ];
}

function number(value: number | null, isCount: boolean): string {
  if (value === null) return '-';
  return isCount ? String(value) : value.toFixed(4);
}
