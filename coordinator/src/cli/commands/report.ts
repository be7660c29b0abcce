import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import type { Command } from 'commander';
import { reportFor, runDirectoryFor } from '../../run/directory.ts';
import type { Context } from '../context.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';

interface ReportFlags extends CommonOptions {
  output?: string;
  runDir?: string;
}

/** `spatile report OUT.zarr`: writes the report again from a finished output. */
export function addReport(program: Command, context: Context): void {
  const command = program
    .command('report')
    .summary('write the report of a finished output again')
    .description('Writes the self-contained HTML report of a finished output again.')
    .argument('<out.zarr>', 'a Zarr that spatile wrote')
    .option('-o, --output <file.html>', 'where the report goes (default: beside the Zarr)')
    .option(
      '--run-dir <dir>',
      'run directory for times per tile (default: the one beside the Zarr, when it is there)',
    );
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Example:
  spatile report sample.zarr -o sample.html`,
  );
  command.action(async (zarr: string, flags: ReportFlags) => {
    const beside = runDirectoryFor(zarr);
    if (flags.runDir !== undefined && !existsSync(join(flags.runDir, 'report.json'))) {
      throw new SpatileError(
        'INPUT_MISSING',
        `${flags.runDir}: not the directory of a finished run (no report.json); give the .run folder beside the Zarr or leave --run-dir out`,
      );
    }
    const runDirectory = flags.runDir ?? (existsSync(beside) ? beside : null);
    const out = flags.output ?? reportFor(zarr);
    const writeReport = await context.load('writeReport');
    await writeReport({ zarr, runDirectory, out });
    if (flags.json) context.terminal.out(`${JSON.stringify({ report: out })}\n`);
    else if (!flags.quiet) context.terminal.out(`report  ${out}\n`);
  });
}
