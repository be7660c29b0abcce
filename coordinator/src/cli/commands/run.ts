import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { type Command, Option } from 'commander';
import type { RunOptions, RunSummary } from '../../api.ts';
import { runDirectoryFor } from '../../run/directory.ts';
import { type ClusterFlags, clusterFrom, securityOptions, withClusterOptions } from '../cluster-options.ts';
import type { Context } from '../context.ts';
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
import { runOnServer } from '../remote-run.ts';
import { summaryText } from '../summary.ts';

interface RunFlags extends CommonOptions, ConfigOptions, ClusterFlags {
  output: string;
  workers: number;
  crop?: string;
  cropUnit: 'um' | 'px';
  report?: string;
  progress: 'auto' | 'json';
  resume?: boolean;
  overwrite?: boolean;
  server?: string;
}

/** Options that are the server's to choose when it carries out the run. */
const NOT_WITH_SERVER = [
  ...(['workers', 'listen', 'advertise', 'ackWait', 'reconcile', 'natsCreds'] as const),
  ...(['workerClasses', 'straggler', 'verify'] as const),
];

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
  withClusterOptions(command).option(
    '--server <host:port>',
    'have a server (spatile serve) carry it out; paths are those of the server then',
  );
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Examples:
  spatile run outs -o sample.zarr
  spatile run outs -o sample.zarr --assign expand --set assign.expand.distanceUm=8 --workers 4
  spatile run outs -o corner.zarr --crop Selection_1_coordinates.csv
  spatile run outs -o sample.zarr --resume
  spatile run outs -o sample.zarr --cluster nats://127.0.0.1:4222
  spatile run outs -o sample.zarr --cluster nats://127.0.0.1:4222 --server 127.0.0.1:7750`,
  );
  command.action((bundle: string, flags: RunFlags) => {
    if (flags.server === undefined) return run(bundle, flags, context);
    const given = NOT_WITH_SERVER.find((name) => command.getOptionValueSource(name) === 'cli');
    if (given !== undefined) throw serversOwn(given);
    return runThere(bundle, flags, flags.server, context);
  });
}

async function run(bundle: string, flags: RunFlags, { terminal, load }: Context): Promise<void> {
  const config = await configFrom(flags);
  const runSlide = await load('runSlide');
  const { json, progress } = progressOf(flags, terminal);
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
  say(summary, flags, terminal);
}

/** The same on a server: its progress, its summary, its exit codes. */
async function runThere(
  bundle: string,
  flags: RunFlags,
  address: string,
  { terminal, load }: Context,
): Promise<void> {
  const config = await configFrom(flags);
  const open = await load('openServer');
  const { natsCredentials: _, ...files } = securityOptions(flags);
  const server = await open(address, files);
  const { progress } = progressOf(flags, terminal);
  const interruptible = onInterrupt();
  const { output, cluster = '', crop = '', report = '', resume = false, overwrite = false } = flags;
  const settings = { config: JSON.stringify(config), set: [], cluster };
  const cropping = { crop, cropUnit: crop === '' ? '' : flags.cropUnit };
  const submission = { bundle, output, report, resume, overwrite, ...settings, ...cropping };
  try {
    const summary = await runOnServer(server, submission, progress, interruptible, (id) => {
      if (!flags.quiet) terminal.err(`server: run ${id} at ${address}\n`);
    });
    say(summary, flags, terminal);
  } finally {
    interruptible.release();
    server.close();
  }
}

function progressOf({ progress, quiet, json: asJson }: RunFlags, terminal: Context['terminal']) {
  const json = progress === 'json' ? jsonProgress(terminal) : null;
  return { json, progress: json ?? createProgress(terminal, Boolean(quiet || asJson)) };
}

function say(summary: RunSummary, flags: RunFlags, terminal: Context['terminal']): void {
  if (flags.json) terminal.out(`${JSON.stringify(summary)}\n`);
  else if (!flags.quiet) terminal.out(summaryText(summary));
}

function serversOwn(name: string): SpatileError {
  const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return new SpatileError(
    'USAGE',
    `${option}: the server decides on it; expected it where the server is started (spatile serve); leave it out, or leave out --server`,
    { fields: { option } },
  );
}

function interrupted(signal: string, output: string): SpatileError {
  const todo = existsSync(join(runDirectoryFor(output), 'run.json'))
    ? 'finished tiles are kept; run the same command with --resume to go on'
    : 'nothing was written yet; run the same command again';
  return new SpatileError('INTERRUPTED', `interrupted by ${signal}; ${todo}`, { fields: { signal } });
}
