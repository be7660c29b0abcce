import { count, percent } from '../../../cli/format.ts';
import { html } from '../../html.ts';
import { dataTable, type Section } from '../../parts.ts';
import type { CountedResult } from '../inputs.ts';

/** What can be counted on a real slide. */
export function countedSection(results: readonly { name: string; counted: CountedResult }[]): Section {
  const row = (label: string, value: (counted: CountedResult) => string) => [
    label,
    ...results.map(({ counted }) => value(counted)),
  ];
  const whole = (value: number | null): string => (value === null ? '-' : count(value));
  return {
    id: 'counts',
    title: 'Counts',
    body: html`<p>There is no truth for this slide: only what can be counted is shown, and none of it alone says which result is better.</p>
${dataTable(
  ['', ...results.map(({ name }) => name)],
  [
    row('cells', ({ cells }) => count(cells)),
    row('transcripts of genes', ({ transcripts }) => count(transcripts)),
    row('of them in a cell', ({ assigned, transcripts }) => percent(assigned, transcripts)),
    row('median transcripts per cell', ({ medianTranscripts }) => whole(medianTranscripts)),
    row('median genes per cell', ({ medianGenes }) => whole(medianGenes)),
    row('exclusive markers together ↓', ({ markers }) => markers?.hard?.toFixed(4) ?? '-'),
    row("in the bundle's cells, as thinned", ({ thinnedVendor }) => thinnedVendor?.toFixed(4) ?? '-'),
  ],
)}`,
  };
}
