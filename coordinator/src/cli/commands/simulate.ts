import { type Command, Option } from 'commander';
import type { Context } from '../context.ts';
import { type CommonOptions, positiveNumber, wholeNumber, withCommonOptions } from '../options.ts';

interface SimulateFlags extends CommonOptions {
  output: string;
  truth?: string;
  sizeUm: number;
  genes: number;
  transcriptsPerCell: number;
  seed: number;
  preset: 'default' | 'crowded' | 'leaky' | 'sparse';
  images: boolean;
}

/** `spatile simulate -o BUNDLE`: a slide whose truth is known. */
export function addSimulate(program: Command, context: Context): void {
  const command = program
    .command('simulate')
    .summary('make a small slide whose truth is known')
    .description('Writes a Xenium-shaped bundle of a simulated slide, and the truth about it beside it.')
    .requiredOption('-o, --output <bundle>', 'folder to write')
    .option('--truth <dir>', 'folder for the truth (default: the bundle with .truth added)')
    .option('--size-um <um>', 'edge of the square slide', positiveNumber('--size-um', 1e6), 400)
    .option('--genes <n>', 'genes of the panel', wholeNumber('--genes', 2, 65_000), 300)
    .option(
      '--transcripts-per-cell <n>',
      'mean transcripts of a cell',
      positiveNumber('--transcripts-per-cell', 1e5),
      150,
    )
    .option('--seed <n>', 'seed of all random numbers', wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER), 0)
    .addOption(
      new Option('--preset <name>', 'kind of tissue')
        .choices(['default', 'crowded', 'leaky', 'sparse'])
        .default('default'),
    )
    .option('--images', 'write a DAPI image as well', false);
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Example:
  spatile simulate -o toy --size-um 400 --genes 300 --seed 1
  spatile run toy -o toy.zarr && spatile evaluate toy.zarr --truth toy.truth`,
  );
  command.action(async (flags: SimulateFlags) => {
    const simulateSlide = await context.load('simulateSlide');
    const { output: out, sizeUm, genes, seed, transcriptsPerCell, preset, images } = flags;
    const truth = flags.truth ?? `${out.replace(/[/\\]+$/, '')}.truth`;
    const summary = await simulateSlide({
      out,
      truth,
      sizeUm,
      genes,
      seed,
      transcriptsPerCell,
      preset,
      images,
    });
    if (flags.json) context.terminal.out(`${JSON.stringify(summary)}\n`);
    else if (!flags.quiet) context.terminal.out(`bundle  ${out}\ntruth   ${truth}\n`);
  });
}
