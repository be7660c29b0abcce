import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';

interface EvaluateFlags extends CommonOptions {
  truth: string;
}

/** `spatile evaluate OUT.zarr --truth DIR`: judges an output against the simulator's truth. */
export function addEvaluate(program: Command, context: Context): void {
  const command = program
    .command('evaluate')
    .summary('judge an output against the truth of a simulated slide')
    .description('Judges the cells of an output against the truth of a simulated slide.')
    .argument('<out.zarr>', 'a Zarr that spatile wrote')
    .requiredOption('--truth <dir>', 'truth that spatile simulate wrote');
  withCommonOptions(command, { quiet: false }).addHelpText(
    'after',
    `
Example:
  spatile evaluate toy.zarr --truth toy.truth --json`,
  );
  command.action(async (zarr: string, flags: EvaluateFlags) => {
    const evaluateResult = await context.load('evaluateResult');
    const formatEvaluation = await context.load('formatEvaluation');
    const evaluation = await evaluateResult(zarr, flags.truth);
    const text = flags.json ? JSON.stringify(evaluation) : formatEvaluation(evaluation);
    context.terminal.out(`${text.replace(/\n$/, '')}\n`);
  });
}
