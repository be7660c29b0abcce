import type { SimulateOptions } from '@spatile/instrument/simulate/options';
import { PRESET_NOTES } from '@spatile/instrument/simulate/presets';
import type { SimulateProgress } from '@spatile/instrument/simulate/simulate';
import { type Command, Option } from 'commander';
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
    .option('--area-mm2 <mm2>', 'instead of the edge: its area, 0.05 to 100', anyNumber('--area-mm2'))
    .option('--transcripts <n>', 'instead of the edge: about how many it holds', anyNumber('--transcripts'))
    .option('--genes <n>', 'genes of the panel (default: that of the preset)', anyNumber('--genes'))
    .option('--reference <csv>', "mean expression per cell type; its genes and types are then the slide's")
    .addOption(
      new Option('--reference-scale <scale>', 'what the values of the reference are').choices([
        'linear',
        'log1p',
      ]),
    )
    .option(
      '--transcripts-per-cell <n>',
      'mean transcripts of a cell (default: that of the preset)',
      anyNumber('--transcripts-per-cell'),
    )
    .option('--seed <n>', 'seed of all random numbers (default: 1)', anyNumber('--seed'))
    .option('--preset <name>', 'kind of tissue, see below (default: default)')
    .option('--no-images', 'leave out the images');
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Presets:
${presets()}

Example:
  spatile simulate -o toy --size-um 400 --genes 300 --seed 1
  spatile run toy -o toy.zarr && spatile evaluate toy.zarr --truth toy.truth`,
  );
  command.action(async (flags: SimulateFlags) => {
    const { output, json, quiet, debug: _, ...options } = flags;
    const simulateSlide = await context.load('simulateSlide');
    const progress = createProgress(context.terminal, Boolean(quiet || json));
    const summary = await simulateSlide(
      { out: output, ...options },
      stepsOf(progress, context.terminal.now),
    ).finally(progress.end);
    if (json) context.terminal.out(`${JSON.stringify(summary)}\n`);
    else if (!quiet) {
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

/** One line for each preset. */
function presets(): string {
  return Object.entries(PRESET_NOTES)
    .map(([name, note]) => `  ${name.padEnd(20)}  ${note}`)
    .join('\n');
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
