import type { Evaluation } from './evaluate.ts';
import type { Scores } from './scores.ts';

const ROWS: [name: keyof Scores, label: string][] = [
  ['recall', 'transcripts of cells in their own cell'],
  ['precision', 'precision of assigned transcripts'],
  ['f1', 'F1'],
  ['leakedHome', 'leaked transcripts brought home'],
  ['backgroundRecall', 'background kept out'],
  ['backgroundPrecision', 'precision of background'],
  ['ari', 'adjusted Rand index'],
  ['detection', 'cells found (Jaccard >= 0.5)'],
  ['medianJaccard', 'median Jaccard'],
  ['mergeRate', 'merged cells (less is better)'],
  ['splitRate', 'split cells (less is better)'],
  ['expressionCorrelation', 'correlation of expression'],
  ['foreignMarkers', 'markers of other types (less is better)'],
  ['trueCells', 'true cells'],
  ['transcripts', 'transcripts judged'],
];

/** The evaluation as a table for people, ending in a line break. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { conservation, cells, border } = evaluation;
  const columns: [string, Scores][] = [['all', evaluation.scores]];
  if (border) columns.push([`border ${border.bandUm} um`, border.within], ['interior', border.away]);
  const widest = Math.max(...ROWS.map(([, label]) => label.length));
  const line = (label: string, values: string[]): string =>
    `${label.padEnd(widest)}${values.map((value) => value.padStart(15)).join('')}`;
  return [
    `${evaluation.result ?? 'result'}: ${cells.predicted} cells against ${cells.true} true ones, ${cells.matched} matched`,
    conservationLine(conservation),
    '',
    line(
      '',
      columns.map(([name]) => name),
    ),
    ...ROWS.map(([name, label]) =>
      line(
        label,
        columns.map(([, scores]) => number(scores[name])),
      ),
    ),
    '',
  ].join('\n');
}

function conservationLine(c: Evaluation['conservation']): string {
  const verdict = c.conserved ? 'conserved' : 'NOT conserved';
  const faults = [
    `${c.missing} missing`,
    `${c.duplicated} twice`,
    `${c.unknown} unknown`,
    `${c.belowQuality} of too low quality`,
  ];
  return `transcripts: ${verdict}; ${c.once} of ${c.passed} once, ${faults.join(', ')}`;
}

function number(value: number | null): string {
  if (value === null) return '-';
  return Number.isInteger(value) && value > 1 ? String(value) : value.toFixed(4);
}
