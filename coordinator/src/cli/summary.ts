import type { RunSummary } from '../api.ts';
import { count, duration, facts, leftOut, percent } from './format.ts';

/** What a run has done, for people. */
export function summaryText(summary: RunSummary): string {
  const { input, kept, assigned, controls, filtered } = summary.transcripts;
  const targets = kept - controls;
  return (
    facts([
      ['cells', count(summary.cells)],
      ['transcripts', `${count(input)} read${leftOut(filtered)}, ${count(controls)} of controls`],
      [
        'assigned',
        `${count(assigned)} of ${count(targets)} (${percent(assigned, targets)}) by ${summary.method}`,
      ],
      ['tiles', count(summary.tiles)],
      ['time', duration(summary.seconds)],
      ['output', summary.output],
      ['report', summary.report],
      ['run directory', summary.runDirectory],
      ['digest', summary.digest],
    ]) + summary.warnings.map((warning) => `warning: ${warning}\n`).join('')
  );
}
