import { writePage } from '../write-page.ts';
import type { EvaluationReportInputs } from './inputs.ts';

/**
 * Writes what was found on one or several results of a slide as one HTML file that needs nothing but itself. Equal inputs
 * give equal bytes with one build of Node.js, which packs the pictures. Streams the truth, the bundle and the results for the
 * close views; memory grows with cells and area.
 * Errors: those of reading truth, bundle and results; `OUTPUT_UNWRITABLE`, `DISK_FULL`.
 */
export async function writeEvaluationReport(out: string, inputs: EvaluationReportInputs): Promise<void> {
  // Loaded here, since the plotting library takes a while to load.
  const { renderEvaluation } = await import('./page.ts');
  await writePage(out, await renderEvaluation(inputs));
}
