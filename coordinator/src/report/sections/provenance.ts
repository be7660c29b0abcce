import { stringify } from 'yaml';
import { byteSize, count } from '../../cli/format.ts';
import { html } from '../html.ts';
import { dataTable, factTable, type Section } from '../parts.ts';
import { type ReportedSlide, total } from '../slide.ts';

/** The settings of the run, folded away. */
export function configSection({ stored }: ReportedSlide): Section {
  return {
    id: 'configuration',
    title: 'Configuration',
    body: html`<details><summary>All settings as they were used</summary><pre>${stringify(stored.config)}</pre></details>`,
  };
}

/** What went in and what made it. */
export function provenanceSection({ stored, run, genes, elements }: ReportedSlide): Section {
  const panel = genes.name.length;
  const seen = genes.total.filter((n) => n > 0).length;
  const elementNames = Object.values(elements).flat();
  return {
    id: 'provenance',
    title: 'Provenance',
    body: html`${factTable([
      ['Program', `spatile ${stored.version}`],
      ['Platform', [stored.platform, stored.platform_version].filter((text) => text !== null).join(', ')],
      ['Method', stored.method],
      ['Seed', String(stored.seed)],
      ['Prior segmentation', stored.prior.length === 0 ? 'none' : stored.prior.join('; ')],
      ['Cells of the prior without outline', run === null ? null : count(run.cells.withoutOutline)],
      ['Cells below the fewest transcripts', run === null ? null : count(run.cells.belowMinimum)],
      [
        'Genes',
        panel === 0
          ? null
          : `${count(panel)}, ${count(seen)} of them seen (${count(total(genes.total))} transcripts)`,
      ],
      ['Model', stored.model_hash === null ? null : html`<code>${stored.model_hash}</code>`],
      ['Elements of the Zarr', elementNames.join(', ')],
    ])}
<h3>Input</h3>
${dataTable(
  ['File', 'what it is', 'size', 'SHA-256'],
  stored.inputs.map(({ name, role, sizeBytes, sha256 }) => [
    name,
    role,
    byteSize(sizeBytes),
    html`<code>${sha256.slice(0, 16)}</code>`,
  ]),
)}`,
  };
}
