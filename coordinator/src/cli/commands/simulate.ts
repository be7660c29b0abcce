import type { SimulateOptions } from '@spatile/instrument/simulate/options';
import type { SimulateProgress } from '@spatile/instrument/simulate/simulate';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { count, facts } from '../format.ts';
import { anyNumber, type CommonOptions, withCommonOptions } from '../options.ts';
import { createProgress, type Progress } from '../progress.ts';

type SimulateFlags = CommonOptions & Omit<SimulateOptions, 'out'> & { output: string };

/** `spatile simulate -o BUNDLE`: a slide whose truth is known. Defaults and ranges are the simulator's. */
export function addSimulate(program: Command, context: Context): void {
  const command = program
    .command('simulate')
    .summary('make a small slide whose truth is known')
    .description('Writes a Xenium-shaped bundle of a simulated slide, and the truth about it beside it.')
    .requiredOption('-o, --output <bundle>', 'folder to write')
    .option('--truth <dir>', 'folder for the truth (default: the bundle with .truth added)')
    .option('--size-um <um>', 'edge of the square slide (default: 400)', anyNumber('--size-um'))
    .option('--genes <n>', 'genes of the panel (default: 300)', anyNumber('--genes'))
    .option(
      '--transcripts-per-cell <n>',
      'mean transcripts of a cell (default: that of the preset)',
      anyNumber('--transcripts-per-cell'),
    )
    .option('--seed <n>', 'seed of all random numbers (default: 1)', anyNumber('--seed'))
    .option('--preset <name>', 'kind of tissue: default, crowded, leaky or sparse')
    .option('--no-images', 'leave out the DAPI image');
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Example:
  spatile simulate -o toy --size-um 400 --genes 300 --seed 1
  spatile run toy -o toy.zarr && spatile evaluate toy.zarr --truth toy.truth`,
  );
  command.action(async (flags: SimulateFlags) => {
    const { output, truth, sizeUm, genes, seed, transcriptsPerCell, preset, images } = flags;
    const simulateSlide = await context.load('simulateSlide');
    const progress = createProgress(context.terminal, Boolean(flags.quiet || flags.json));
    const summary = await simulateSlide(
      { out: output, truth, sizeUm, genes, seed, transcriptsPerCell, preset, images },
      stepsOf(progress, context.terminal.now),
    ).finally(progress.end);
    if (flags.json) context.terminal.out(`${JSON.stringify(summary)}\n`);
    else if (!flags.quiet) {
      context.terminal.out(
        facts([
          ['bundle', summary.out],
          ['truth', summary.truth],
          ['cells', count(summary.cells)],
          ['transcripts', count(summary.transcripts)],
        ]),
      );
    }
  });
}

/** Turns the simulator's reports into steps of the progress display. */
function stepsOf(progress: Progress, now: () => number): (event: SimulateProgress) => void {
  const labels = { transcripts: 'simulating transcripts', image: 'drawing the image' };
  let current: { step: SimulateProgress['step']; startedMs: number } | null = null;
  return ({ step, done, total, transcripts }) => {
    if (current?.step !== step) {
      current = { step, startedMs: now() };
      progress.event({ kind: 'step', step, label: labels[step], total, unit: 'tiles' });
    }
    progress.event({ kind: 'advance', step, done, transcripts });
    if (done === total) {
      progress.event({ kind: 'step-end', step, seconds: (now() - current.startedMs) / 1000 });
      current = null;
    }
  };
}
