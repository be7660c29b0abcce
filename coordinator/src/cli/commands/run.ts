import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { type Command, Option } from 'commander';
import type { RunOptions, RunSummary } from '../../api.ts';
import { runDirectoryFor } from '../../run/directory.ts';
import { type ClusterFlags, clusterFrom, withClusterOptions } from '../cluster-options.ts';
import type { Context } from '../context.ts';
import { count, duration, facts, leftOut, percent } from '../format.ts';
import { onInterrupt } from '../interrupt.ts';
import {
  type CommonOptions,
  type ConfigOptions,
  configFrom,
  cropFrom,
  wholeNumber,
  withCommonOptions,
  withConfigOptions,
  withCropOptions,
} from '../options.ts';
import { createProgress, jsonProgress } from '../progress.ts';

interface RunFlags extends CommonOptions, ConfigOptions, ClusterFlags {
  output: string;
  workers: number;
  crop?: string;
  cropUnit: 'um' | 'px';
  report?: string;
  progress: 'auto' | 'json';
  resume?: boolean;
  overwrite?: boolean;
}

/** More workers than any machine has cores is a slip of the keyboard. */
const MOST_WORKERS = 1024;

/** `spatile run BUNDLE -o OUT.zarr`: the whole job. */
export function addRun(program: Command, context: Context): void {
  const command = program
    .command('run')
    .summary('segment a slide: a bundle in, a SpatialData Zarr and a report out')
    .description(
      'Segments one slide: opens the bundle, plans tiles, assigns transcripts to cells, writes a SpatialData Zarr and a report.',
    )
    .argument('<bundle>', 'folder the instrument wrote, or a transcript table')
    .requiredOption('-o, --output <out.zarr>', 'the Zarr to write; the run directory lies beside it')
    .addOption(
      new Option('-w, --workers <n>', 'worker processes')
        .argParser(wholeNumber('--workers', 1, MOST_WORKERS))
        .default(context.defaultWorkers, 'all cores'),
    );
  withCropOptions(withConfigOptions(command))
    .option('--report <file.html>', 'where the report goes (default: beside the output)')
    .addOption(new Option('--resume', 'go on with an interrupted run').conflicts('overwrite'))
    .option('--overwrite', 'remove an earlier output and its run directory first');
  command.addOption(
    new Option(
      '--progress <how>',
      'json: every event as one line on standard error, those of single tiles included',
    )
      .choices(['auto', 'json'])
      .default('auto'),
  );
  withClusterOptions(command);
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Examples:
  spatile run outs -o sample.zarr
  spatile run outs -o sample.zarr --assign expand --set assign.expand.distanceUm=8 --workers 4
  spatile run outs -o corner.zarr --crop Selection_1_coordinates.csv
  spatile run outs -o sample.zarr --resume
  spatile run outs -o sample.zarr --cluster nats://127.0.0.1:4222`,
  );
  command.action((bundle: string, flags: RunFlags) => run(bundle, flags, context));
}

async function run(bundle: string, flags: RunFlags, { terminal, load }: Context): Promise<void> {
  const config = await configFrom(flags);
  const runSlide = await load('runSlide');
  const json = flags.progress === 'json' ? jsonProgress(terminal) : null;
  const progress = json ?? createProgress(terminal, Boolean(flags.quiet || flags.json));
  const interruptible = onInterrupt();
  const options: RunOptions = {
    bundle,
    output: flags.output,
    config,
    workers: flags.workers,
    crop: cropFrom(flags),
    report: flags.report ?? null,
    cluster: clusterFrom(flags, (name, address) => {
      if (json !== null) json.task({ kind: 'cluster', run: name, address });
      else if (!flags.quiet) terminal.err(`cluster: run ${name}, workers are served at ${address}\n`);
    }),
    tasks: json?.task,
    mode: flags.resume ? 'resume' : flags.overwrite ? 'overwrite' : 'new',
    progress: progress.event,
    signal: interruptible.signal,
  };
  let summary: RunSummary;
  try {
    summary = await runSlide(options);
  } catch (error) {
    // Whatever broke because the work was being stopped, the cause is the signal.
    throw interruptible.signal.aborted ? interrupted(interruptible.signal.reason, flags.output) : error;
  } finally {
    progress.end();
    interruptible.release();
  }
  if (flags.json) terminal.out(`${JSON.stringify(summary)}\n`);
  else if (!flags.quiet) terminal.out(summaryText(summary));
}

function interrupted(signal: string, output: string): SpatileError {
  const todo = existsSync(join(runDirectoryFor(output), 'run.json'))
    ? 'finished tiles are kept; run the same command with --resume to go on'
    : 'nothing was written yet; run the same command again';
  return new SpatileError('INTERRUPTED', `interrupted by ${signal}; ${todo}`, { fields: { signal } });
}

function summaryText(summary: RunSummary): string {
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
