import type { MarkerCoexpression } from '@spatile/instrument/judge/coexpression';
import { count } from '../../../cli/format.ts';
import { html } from '../../html.ts';
import { dataTable, figure, figures, type Section } from '../../parts.ts';
import { heatMap } from '../heat-map.ts';

export interface NamedMarkers {
  name: string;
  markers: MarkerCoexpression;
}

/** Markers that exclude each other in single cells, met in one cell: by pair of types, on one scale for all. */
export function markersSection(
  results: readonly NamedMarkers[],
  floor: MarkerCoexpression | null,
): Section | null {
  const shown = [...results, ...(floor === null ? [] : [{ name: 'the true cells', markers: floor }])];
  if (results.length === 0) return null;
  // Not spread as arguments: hundreds of types make more pairs than a call can take.
  const most = shown.reduce(
    (highest, { markers }) => markers.byTypes.reduce((m, rate) => (rate > m ? rate : m), highest),
    1e-9,
  );
  return {
    id: 'markers',
    title: 'Exclusive markers',
    body: html`<p>Genes that single cells do not express together, found together in one cell: transcripts are in the wrong cell, or two cells are one. Mean over pairs of genes of cells with both among cells with either; less is better${
      floor === null ? '' : ', and the true cells say how much is in the simulated expression itself'
    }. Losing transcripts lowers the rate as well: read it beside the share that was assigned.</p>
${dataTable(
  ['', 'both of either', 'by counts', 'pairs', 'cells with a marker'],
  shown.map(({ name, markers }) => [
    name,
    rate(markers.hard),
    rate(markers.soft),
    count(markers.pairs),
    count(markers.cells),
  ]),
)}
${figures(
  2,
  shown.map(({ name, markers }) => byTypes(name, markers, most)),
)}`,
  };
}

const rate = (value: number | null): string => (value === null ? '-' : value.toFixed(4));

function byTypes(name: string, { types, byTypes: rates, hard }: MarkerCoexpression, most: number) {
  const n = types.length;
  return figure(
    `${name}: ${rate(hard)}.`,
    heatMap({
      describe: `Rate at which markers of two types meet in one cell, ${name}`,
      rows: types,
      columns: types,
      rowLabel: 'markers of',
      columnLabel: 'with markers of',
      value: (i, j) => rates[i * n + j],
      most,
      text: (value) => (100 * value).toFixed(100 * value < 9.95 ? 1 : 0),
      title: (i, j) => `${types[i]} with ${types[j]}: ${(100 * rates[i * n + j]).toFixed(2)} %`,
    }),
    'Per cent of cells.',
  );
}
