import type { Command } from 'commander';
import type { StatusSummary } from '../../api.ts';
import type { Context } from '../context.ts';
import { amount, count, facts } from '../format.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';

/** `spatile status RUN_DIR`: how far a run is, from its directory alone. */
export function addStatus(program: Command, context: Context): void {
  const command = program
    .command('status')
    .summary('say how far a run is')
    .description('Says how far a run is, from its run directory alone.')
    .argument('<run-dir>', 'run directory, such as sample.run');
  withCommonOptions(command, { quiet: false }).addHelpText(
    'after',
    `
Example:
  spatile status sample.run`,
  );
  command.action(async (runDirectory: string, flags: CommonOptions) => {
    const readStatus = await context.load('readStatus');
    const summary = await readStatus(runDirectory);
    context.terminal.out(flags.json ? `${JSON.stringify(summary)}\n` : statusText(summary));
  });
}

function statusText(summary: StatusSummary): string {
  const state = summary.state === 'finished' ? 'finished' : 'running, or killed (run --resume goes on)';
  return facts([
    ['run directory', summary.runDirectory],
    ['state', state],
    ['output', summary.output],
    ...summary.rounds.map((round): [string, string] => [
      round.round,
      round.total === null
        ? `${count(round.done)} done`
        : `${count(round.done)} of ${amount(round.total, 'tiles')}`,
    ]),
  ]);
}
