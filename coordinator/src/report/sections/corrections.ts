import { count, percent } from '../../cli/format.ts';
import type { ReportedCorrection } from '../corrections.ts';
import { heatMap } from '../evaluation/heat-map.ts';
import { type Html, html } from '../html.ts';
import { dataTable, figure, figures, type Section } from '../parts.ts';

const MOST_GENES = 12;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** What corrections took out of the counts; null without one. */
export function correctionsSection(
  genes: readonly string[],
  corrections: readonly ReportedCorrection[],
): Section | null {
  if (corrections.length === 0) return null;
  return {
    id: 'corrections',
    title: 'Corrected counts',
    body: html`${corrections.map((correction) => correctionFigures(genes, correction))}<p class="small">A map's row holds the cells of one type; its columns say which share of their transcripts of marker genes mark each type. Genes mark a type when its mean in the reference is four times that of every other. What lies off the diagonal is spill, cells of two types, or a wrong type: the correction should leave less of it, and the diagonal as it was.</p>`,
  };
}

function correctionFigures(genes: readonly string[], correction: ReportedCorrection): Html {
  const { method, geneBefore, geneAfter, mixing } = correction;
  const [before, after] = [sum(geneBefore), sum(geneAfter)];
  return html`<p class="verdict">${method} kept ${percent(after, before)} of ${count(before)} transcripts in cells.</p>${
    mixing === null ? null : mixingFigures(method, mixing)
  }${removedGenes(genes, correction)}`;
}

function mixingFigures(method: string, mixing: NonNullable<ReportedCorrection['mixing']>): Html {
  const { types, before, after } = mixing;
  const shares = [before, after].map((values) => sharesOfRows(values, types.length));
  const off = shares.map((values) => values.map((share, i) => (i % (types.length + 1) === 0 ? 0 : share)));
  const most = off[0].reduce((a, b) => (b > a ? b : a), 0);
  const foreign = [before, after].map((values) => {
    const own = sum(values.filter((_, i) => i % (types.length + 1) === 0));
    return percent(sum(values) - own, sum(values));
  });
  return figures(
    2,
    (['before', 'after'] as const).map((when, w) =>
      figure(
        when === 'before'
          ? `Before: ${foreign[0]} of the marker transcripts in typed cells mark another type.`
          : `After ${method}: ${foreign[1]}.`,
        heatMap({
          describe: `Marker transcripts by type of the cell and marked type, ${when}`,
          rows: types,
          columns: types,
          rowLabel: 'cells of',
          columnLabel: 'markers of',
          value: (row, column) => (row === column ? Number.NaN : shares[w][row * types.length + column]),
          most,
          text: (share) => (share >= 0.005 ? (100 * share).toFixed(0) : ''),
          title: (row, column) =>
            `${types[column]} in ${types[row]}: ${percent(shares[w][row * types.length + column], 1)}`,
        }),
        'Per cent; the diagonal is left empty.',
      ),
    ),
  );
}

/** Each row by its sum; rows without any stay NaN. */
function sharesOfRows(values: readonly number[], n: number): number[] {
  return values.map((value, i) => {
    const row = Math.floor(i / n);
    const total = sum(values.slice(row * n, (row + 1) * n));
    return total > 0 ? value / total : Number.NaN;
  });
}

function removedGenes(genes: readonly string[], { geneBefore, geneAfter }: ReportedCorrection): Html {
  const rows = genes
    .map((gene, j) => ({ gene, before: geneBefore[j], removed: geneBefore[j] - geneAfter[j] }))
    .filter(({ removed }) => removed > 0)
    .sort((a, b) => b.removed - a.removed || (a.gene < b.gene ? -1 : 1));
  if (rows.length === 0) return html`<p>Nothing was removed.</p>`;
  return figure(
    'Genes of which most was removed.',
    dataTable(
      ['Gene', 'transcripts in cells', 'removed', 'of the gene', 'of all removed'],
      rows
        .slice(0, MOST_GENES)
        .map(({ gene, before, removed }) => [
          gene,
          count(before),
          count(Math.round(removed)),
          percent(removed, before),
          percent(removed, sum(rows.map((row) => row.removed))),
        ]),
    ),
    `${count(rows.length)} genes lost something.`,
  );
}
