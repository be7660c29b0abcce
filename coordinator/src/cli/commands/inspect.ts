import type { Command } from 'commander';
import type { InspectSummary } from '../../api.ts';
import type { Context } from '../context.ts';
import { amount, byteSize, count, facts, leftOut } from '../format.ts';
import {
  type CommonOptions,
  type ConfigOptions,
  configFrom,
  cropFrom,
  withCommonOptions,
  withConfigOptions,
  withCropOptions,
} from '../options.ts';

interface InspectFlags extends CommonOptions, ConfigOptions {
  crop?: string;
  cropUnit: 'um' | 'px';
}

/** `spatile inspect BUNDLE`: what was recognised and what a run would do; computes nothing. */
export function addInspect(program: Command, context: Context): void {
  const command = program
    .command('inspect')
    .summary('say what a bundle holds and what a run would do with it')
    .description(
      'Says what was recognised (platform, transcripts, genes, controls, images, boundaries, extent), the plan a run would use and the memory it needs. Computes nothing.',
    )
    .argument('<bundle>', 'folder the instrument wrote, or a transcript table');
  withCommonOptions(withCropOptions(withConfigOptions(command)), { quiet: false }).addHelpText(
    'after',
    `
Examples:
  spatile inspect outs
  spatile inspect outs --assign proseg --memory-per-worker 4GiB --json`,
  );
  command.action(async (bundle: string, flags: InspectFlags) => {
    const config = await configFrom(flags);
    const inspectSlide = await context.load('inspectSlide');
    const summary = await inspectSlide({ bundle, config, crop: cropFrom(flags) });
    context.terminal.out(flags.json ? `${JSON.stringify(summary)}\n` : inspectText(summary));
  });
}

function inspectText(summary: InspectSummary): string {
  const { rows, kept, filtered } = summary.transcripts;
  const controls = Object.entries(summary.controls).map(
    ([kind, number]) => `${count(number)} ${kind.replaceAll('_', ' ')}`,
  );
  const { x0, y0, x1, y1 } = summary.extentUm;
  const images = summary.images.map(
    (image) =>
      `${image.name}: ${image.widthPx} x ${image.heightPx} px of ${image.pixelSizeUm} um (${image.channels.join(', ')})`,
  );
  const priors = summary.priors.map((prior) => `${prior.kind} (${prior.origin})`);
  const { plan } = summary;
  return (
    facts([
      ['platform', [summary.platform, summary.version].filter(Boolean).join(' ')],
      ['name', summary.name],
      ['transcripts', `${count(rows)}, ${count(kept)} kept${leftOut(filtered)}`],
      ['genes', count(summary.genes)],
      ['controls', controls.length === 0 ? 'none' : `${controls.join(', ')} transcripts`],
      [
        'extent',
        `${count(x1 - x0)} x ${count(y1 - y0)} um, x ${x0.toFixed(1)} to ${x1.toFixed(1)}, y ${y0.toFixed(1)} to ${y1.toFixed(1)}`,
      ],
      ['priors', priors.join(', ') || 'none'],
      ['images', images.join('; ') || 'none'],
      ['method', plan.method],
      [
        'plan',
        `${amount(plan.tiles, 'tiles')}, halo ${plan.haloUm} um, at most ${count(plan.largestTileTranscripts)} transcripts in one`,
      ],
      [
        'memory',
        `${byteSize(plan.workerMemoryBytes)} per worker, ${byteSize(plan.coordinatorMemoryBytes)} for the coordinator`,
      ],
    ]) + summary.findings.map((finding) => `${finding.level}: ${finding.message}\n`).join('')
  );
}
