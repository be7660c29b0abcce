import type { KeptModel } from '@spatile/formats/model/store';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { type CommonOptions, withCommonOptions } from '../options.ts';

interface AddFlags extends CommonOptions {
  manifest: string;
  replace?: boolean;
}

/** `spatile models list` and `spatile models add FILE.onnx --manifest MODEL.yaml`: the networks that can be used. */
export function addModels(program: Command, context: Context): void {
  const models = program
    .command('models')
    .summary('list and add networks for image segmentation')
    .description(
      'The networks that can segment images: those that come with spatile, and your own. They are kept in the folder SPATILE_MODELS, or in your data folder.',
    );
  withCommonOptions(
    models
      .command('list')
      .summary('the networks that can be used')
      .description('Lists the networks that can be used, with licence and input.'),
    { quiet: false },
  ).action((flags: CommonOptions) => list(flags, context));
  withCommonOptions(
    models
      .command('add')
      .summary('add a network')
      .description(
        'Checks a network against its manifest (docs/models.md) and copies both to where networks are kept.',
      )
      .argument('<file>', 'the ONNX file')
      .requiredOption('--manifest <model.yaml>', 'what the network takes and gives')
      .option('--replace', 'put it in the place of an earlier one of that name'),
    { quiet: false },
  )
    .addHelpText(
      'after',
      `
Example:
  spatile models add cyto3.onnx --manifest cyto3.yaml`,
    )
    .action((file: string, flags: AddFlags) => add(file, flags, context));
}

async function list({ json }: CommonOptions, { terminal }: Context): Promise<void> {
  const { listModels, userModels } = await import('@spatile/formats/model/store');
  const kept = await listModels();
  if (json) terminal.out(`${JSON.stringify({ folder: userModels(), models: kept.map(factsOf) })}\n`);
  else
    terminal.out(kept.length === 0 ? `no network is installed; ${userModels()} is empty\n` : tableOf(kept));
}

async function add(file: string, { manifest, replace, json }: AddFlags, { terminal }: Context) {
  const { addModel } = await import('@spatile/formats/model/store');
  const kept = await addModel(file, manifest, { replace: Boolean(replace) });
  const unseen = kept.checked ? '' : '; its graph was not opened, because onnxruntime-node is not installed';
  if (json) terminal.out(`${JSON.stringify({ ...factsOf(kept), checked: kept.checked })}\n`);
  else terminal.out(`added ${kept.manifest.name} (${kept.manifest.method}) in ${kept.folder}${unseen}\n`);
}

function factsOf({ manifest, folder, origin }: KeptModel) {
  const { name, method, description, license, trainingDataLicense, input, weights } = manifest;
  return {
    name,
    method,
    description,
    origin,
    folder,
    license,
    trainingDataLicense,
    channels: input.channels,
    pixelSizeUm: input.pixelSizeUm,
    sha256: weights.sha256,
  };
}

function tableOf(kept: readonly KeptModel[]): string {
  const rows = [
    ['name', 'method', 'channels', 'um/px', 'licence', 'from', 'description'],
    ...kept.map(({ manifest, origin }) => [
      manifest.name,
      manifest.method,
      manifest.input.channels.join('+'),
      String(manifest.input.pixelSizeUm),
      manifest.license,
      origin === 'shipped' ? 'spatile' : 'you',
      manifest.description,
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
