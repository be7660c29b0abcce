import type { MarkerEvaluation } from './evaluate-markers.ts';

const ROWS: [label: string, value: (evaluation: MarkerEvaluation) => number | null, digits: number][] = [
  ['transcripts of genes', ({ transcripts }) => transcripts.judged, 0],
  ['share in a cell', ({ transcripts }) => transcripts.share, 4],
  ['cells', ({ cells }) => cells.predicted, 0],
  ['median transcripts of a cell', ({ cells }) => cells.medianTranscripts, 1],
  ['median genes of a cell', ({ cells }) => cells.medianGenes, 1],
  ['exclusive markers together (less is better)', ({ coexpression }) => coexpression.hard, 4],
  ['  by counts (less is better)', ({ coexpression }) => coexpression.soft, 4],
  ["  the bundle's cells, as thinned", ({ thinnedVendor }) => thinnedVendor, 4],
  ['  pairs of markers', ({ coexpression }) => coexpression.pairs, 0],
];
const LEAST_WIDTH = 15;

/** Results judged by markers side by side, as a table for people that ends in a line break. */
export function formatMarkers(evaluations: readonly MarkerEvaluation[]): string {
  const { source, rule, used, shared } = evaluations[0].markers;
  const widest = Math.max(...ROWS.map(([label]) => label.length));
  const widths = evaluations.map(({ result }) => Math.max(LEAST_WIDTH, result.length + 2));
  const line = (label: string, values: readonly string[]): string =>
    `${label.padEnd(widest)}${values.map((value, i) => value.padStart(widths[i])).join('')}`;
  return [
    `${used} markers of ${source} that the slide has (${rule}); ${shared} genes that mark several types left out`,
    '',
    line(
      '',
      evaluations.map(({ result }) => result),
    ),
    ...ROWS.map(([label, value, digits]) =>
      line(
        label,
        evaluations.map((evaluation) => value(evaluation)?.toFixed(digits) ?? '-'),
      ),
    ),
    '',
  ].join('\n');
}
