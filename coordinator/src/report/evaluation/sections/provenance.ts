import { basename } from 'node:path';
import { count } from '../../../cli/format.ts';
import { html } from '../../html.ts';
import { dataTable, factTable, type Section } from '../../parts.ts';
import type { EvaluationReportInputs } from '../inputs.ts';
import { judgedOf } from '../judged.ts';

/** What was judged against what, and whether every transcript was there. */
export function provenanceSection(inputs: EvaluationReportInputs): Section {
  const judged = judgedOf(inputs);
  return {
    id: 'provenance',
    title: 'What was judged',
    body: html`${factTable([
      ['truth', inputs.truth && basename(inputs.truth)],
      ['bundle', inputs.bundle && basename(inputs.bundle)],
      ...inputs.results.map(({ name, result }) => [name, `${result.name} (${result.program})`] as const),
    ])}${
      judged.length === 0
        ? null
        : dataTable(
            ['', 'cells', 'least quality', 'transcripts once', 'missing', 'twice', 'unknown', 'conserved'],
            judged.map(({ name, evaluation: { cells, minQv, conservation: c } }) => [
              name,
              count(cells.predicted),
              Number.isFinite(minQv) ? String(minQv) : 'none',
              `${count(c.once)} of ${count(c.passed)}`,
              count(c.missing),
              count(c.duplicated),
              count(c.unknown),
              c.conserved ? 'yes' : 'no',
            ]),
          )
    }`,
  };
}
