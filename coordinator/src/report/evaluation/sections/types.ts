import type { TypeDetail } from '@spatile/instrument/judge/detail';
import { count, percent } from '../../../cli/format.ts';
import { html } from '../../html.ts';
import { figure, figures, type Section } from '../../parts.ts';
import { heatMap } from '../heat-map.ts';
import type { JudgedInput } from '../judged.ts';

const NO_CELL = 'no cell';

/** Which types the cells of each result are taken for. */
export function typesSection(results: readonly JudgedInput[]): Section | null {
  const typed = results.flatMap(({ name, detail }) =>
    detail.types === null ? [] : [{ name, types: detail.types }],
  );
  if (typed.length === 0) return null;
  return {
    id: 'types',
    title: 'Cell types',
    body: html`<p>Each true cell with enough transcripts, by the type that was simulated (row) and the type that the transcripts of its matched cell look like (column), in per cent of the row.</p>
${figures(
  2,
  typed.map(({ name, types }) => confusion(name, types)),
)}`,
  };
}

function confusion(name: string, { names, confusion: counts }: TypeDetail) {
  const columns = names.length + 1;
  const inRow = names.map((_, i) =>
    counts.subarray(i * columns, (i + 1) * columns).reduce((sum, n) => sum + n, 0),
  );
  // Types without a judged cell say nothing.
  const rows = names.flatMap((_, i) => (inRow[i] > 0 ? [i] : []));
  const right = rows.reduce((sum, i) => sum + counts[i * columns + i], 0);
  const all = rows.reduce((sum, i) => sum + inRow[i], 0);
  const columnName = (j: number): string => names[j] ?? NO_CELL;
  return figure(
    `${name}: ${percent(right, all)} of ${count(all)} cells keep their type.`,
    heatMap({
      describe: `Types of true cells against the types of their matched cells in ${name}`,
      rows: rows.map((i) => names[i]),
      columns: [...names, NO_CELL],
      rowLabel: 'simulated',
      columnLabel: 'called',
      value: (row, j) => counts[rows[row] * columns + j] / inRow[rows[row]],
      most: 1,
      text: (value) => (value < 0.005 ? '' : (100 * value).toFixed(0)),
      title: (row, j) =>
        `${names[rows[row]]} called ${columnName(j)}: ${count(counts[rows[row] * columns + j])} of ${count(inRow[rows[row]])}`,
    }),
  );
}
