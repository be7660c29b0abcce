import { type Command, Option } from 'commander';
import type { CorrectOptions, CorrectSummary } from '../../correct/store.ts';
import type { Context } from '../context.ts';
import { count, duration, facts } from '../format.ts';
import { onInterrupt } from '../interrupt.ts';
import {
  type CommonOptions,
  type ConfigOptions,
  configFrom,
  wholeNumber,
  withCommonOptions,
  withConfigOptions,
} from '../options.ts';
import { createProgress } from '../progress.ts';

interface CorrectFlags extends CommonOptions, ConfigOptions {
  output: string;
  workers: number;
  resume?: boolean;
  overwrite?: boolean;
}

const MOST_WORKERS = 1024;

/** `spatile correct RESULT.zarr -o OUT.zarr`: corrections of a result that is there. */
export function addCorrect(program: Command, context: Context): void {
  const command = program
    .command('correct')
    .summary('type the cells of a result and correct its counts')
    .description(
      'Types the cells of a finished result by a reference and corrects its counts. Writes a copy of the result whose table holds more.',
    )
    .argument('<result>', 'the Zarr of a finished run')
    .requiredOption('-o, --output <out.zarr>', 'the Zarr to write; its run directory lies beside it')
    .addOption(
      new Option('-w, --workers <n>', 'worker processes')
        .argParser(wholeNumber('--workers', 1, MOST_WORKERS))
        .default(context.defaultWorkers, 'all cores'),
    );
  withConfigOptions(command)
    .addOption(new Option('--resume', 'go on with interrupted corrections').conflicts('overwrite'))
    .option('--overwrite', 'remove an earlier output and its run directory first');
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Example:
  spatile correct sample.zarr -o corrected.zarr --correct rctd,split --set correct.reference.file=atlas.h5ad`,
  );
  command.action((input: string, flags: CorrectFlags) => correct(input, flags, context));
}

async function correct(input: string, flags: CorrectFlags, { terminal, load }: Context): Promise<void> {
  const config = await configFrom(flags);
  const correctStore = await load('correctStore');
  const progress = createProgress(terminal, Boolean(flags.quiet || flags.json));
  const interruptible = onInterrupt();
  const options: CorrectOptions = {
    input,
    output: flags.output,
    config,
    workers: flags.workers,
    mode: flags.resume ? 'resume' : flags.overwrite ? 'overwrite' : 'new',
    progress: progress.event,
    signal: interruptible.signal,
  };
  let summary: CorrectSummary;
  try {
    summary = await correctStore(options);
  } finally {
    progress.end();
    interruptible.release();
  }
  if (flags.json) terminal.out(`${JSON.stringify(summary)}\n`);
  else if (!flags.quiet) terminal.out(summaryText(summary));
}

function summaryText(summary: CorrectSummary): string {
  return (
    facts([
      ['cells', count(summary.cells)],
      ['types', count(summary.types)],
      ['methods', summary.methods.join(', ')],
      ['time', duration(summary.seconds)],
      ['output', summary.output],
      ['run directory', summary.runDirectory],
      ['digest', summary.digest],
    ]) + summary.warnings.map((warning) => `warning: ${warning}\n`).join('')
  );
}
