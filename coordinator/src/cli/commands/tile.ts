import { SpatileError } from '@spatile/formats/errors';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { duration, facts } from '../format.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';

interface TileFlags extends CommonOptions {
  round?: string;
  bundle?: string;
  image?: string;
}

/** `spatile tile RUN_DIR TILE_ID`: recomputes one tile of a stored run, for debugging. */
export function addTile(program: Command, context: Context): void {
  const command = program
    .command('tile')
    .summary('recompute one tile of a stored run and compare the bytes')
    .description(
      'Recomputes one tile of a stored run in a worker of its own and says whether the bytes equal the stored result.',
    )
    .argument('<run-dir>', 'run directory, such as sample.run')
    .argument('<tile>', 'id of the tile, as in plan.json and the report')
    .option('--round <name>', 'round to recompute (default: the one that assigns)')
    .option('--bundle <path>', 'bundle of the run, for its segment rounds')
    .option('--image <path>', 'image that was segmented, when it was not that of the bundle');
  withCommonOptions(command, { quiet: true }).addHelpText(
    'after',
    `
Example:
  spatile tile sample.run t0000 --round assign
  spatile tile sample.run s0000 --round segment --bundle outs`,
  );
  command.action(async (runDirectory: string, tile: string, flags: TileFlags) => {
    const recomputeTile = await context.load('recomputeTile');
    const summary = await recomputeTile({
      runDirectory,
      tile,
      round: flags.round ?? null,
      bundle: flags.bundle,
      image: flags.image,
    });
    const compared = {
      true: 'equal to the stored result',
      false: 'different from the stored result',
      null: 'nothing is stored',
    };
    const differs = summary.equal === false;
    if (flags.json && !differs) context.terminal.out(`${JSON.stringify(summary)}\n`);
    else if (!flags.json && !flags.quiet) {
      context.terminal.out(
        facts([
          ['tile', summary.tile],
          ['round', summary.round],
          ['digest', summary.digest],
          ['bytes', compared[String(summary.equal) as keyof typeof compared]],
          ['time', duration(summary.seconds)],
        ]),
      );
    }
    if (differs)
      throw new SpatileError(
        'INTERNAL',
        `${runDirectory}: tile ${summary.tile} of round ${summary.round} differs from the stored result (digest ${summary.digest}); expected the same bytes; run the version of spatile that made the run, and report it if that is this one`,
        { fields: { ...summary } },
      );
  });
}
