import { html } from '../html.ts';
import type { Section } from '../parts.ts';
import type { ReportedSlide } from '../slide.ts';

/** What the run remarked on, warnings first. */
export function findingsSection({ run }: ReportedSlide): Section {
  const title = 'Warnings and remarks';
  if (run === null) {
    return {
      id: 'findings',
      title,
      body: html`<p class="note">The run directory was not found, so this report is made from the Zarr alone: remarks of the run, the cells it left out, times, memory, numbers per tile, the trace of the model and the comparison per transcript with the bundle's own segmentation are not shown.</p>`,
    };
  }
  const warnings = run.findings.filter(({ level }) => level === 'warning');
  const remarks = run.findings.filter(({ level }) => level === 'info');
  const list = [...warnings, ...remarks].map(
    ({ level, code, message }) =>
      html`<li class="${level}"><strong>${level === 'warning' ? 'Warning' : 'Remark'}</strong> ${message} <code>${code}</code></li>`,
  );
  return {
    id: 'findings',
    title,
    body: list.length === 0 ? html`<p>None.</p>` : html`<ul class="findings">${list}</ul>`,
  };
}
