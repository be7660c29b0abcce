import { Command, CommanderError } from 'commander';
import { VERSION } from '../version.ts';
import { addCorrect } from './commands/correct.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addInspect } from './commands/inspect.ts';
import { addModels } from './commands/models.ts';
import { addRemote } from './commands/remote.ts';
import { addReport } from './commands/report.ts';
import { addRun } from './commands/run.ts';
import { addServe } from './commands/serve.ts';
import { addSimulate } from './commands/simulate.ts';
import { addStatus } from './commands/status.ts';
import { addTile } from './commands/tile.ts';
import { addWorker } from './commands/worker.ts';
import type { Context } from './context.ts';
import { errorJson, errorLine, errorStack, toSpatileError } from './failure.ts';

/** commander's way of saying that help or the version was asked for and shown. */
const SHOWN = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

/**
 * Parses the arguments (without `node` and script) and carries out the verb; gives the exit code.
 *
 * A failure ends as one sentence on standard error, with `--json` also as one document on standard output, with `--debug`
 * also with its stack. Never rejects.
 */
export async function commandLine(args: readonly string[], context: Context): Promise<number> {
  const { terminal } = context;
  const program = createProgram(context);
  if (args.length === 0) {
    terminal.err(program.helpInformation());
    return 2;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && SHOWN.has(error.code)) return 0;
    return reportFailure(error, args, context);
  }
}

/** Prints a failure and gives its exit code. */
export function reportFailure(
  error: unknown,
  args: readonly string[],
  { terminal }: Pick<Context, 'terminal'>,
): number {
  const failure = toSpatileError(error, outputsIn(args));
  if (args.includes('--json')) terminal.out(errorJson(failure));
  terminal.err(errorLine(failure));
  if (args.includes('--debug')) terminal.err(errorStack(failure));
  return failure.exitCode;
}

function createProgram(context: Context): Command {
  const program = new Command('spatile')
    .description('Tile-parallel cell segmentation for spatial transcriptomics.')
    .version(VERSION, '-V, --version', 'print the version')
    .exitOverride()
    .configureHelp({ sortOptions: false })
    .configureOutput({
      writeOut: context.terminal.out,
      writeErr: context.terminal.err,
      // Errors are printed once, by `reportFailure`.
      outputError: () => {},
    })
    .helpCommand('help [verb]', 'show the help of a verb')
    .addHelpText(
      'after',
      `
Example:
  spatile run path/to/outs -o sample.zarr

Exit codes: 0 done, 2 wrong usage, 3 input, 4 output, 5 disk or memory, 6 run, 70 a bug, 130 interrupted.`,
    );
  const verbs = [
    addRun,
    addCorrect,
    addInspect,
    addSimulate,
    addEvaluate,
    addTile,
    addModels,
    addReport,
    addStatus,
    addWorker,
    addServe,
    addRemote,
  ];
  for (const add of verbs) add(program, context);
  return program;
}

/** Values of `-o`, `--output` and `--report`: paths that the command writes to. */
function outputsIn(args: readonly string[]): string[] {
  return args.flatMap((arg, at) => {
    const [name, value] = arg.split(/=(.*)/s);
    if (!['-o', '--output', '--report'].includes(name)) return [];
    return [value ?? args[at + 1]].filter((path) => path !== undefined && path !== '');
  });
}
