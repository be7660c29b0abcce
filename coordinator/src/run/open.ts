import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { openBundle } from '@spatile/formats/bundle/open';
import type { Finding, InputFile, PriorSource, SlideBundle } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { readSelection, type Selection } from '@spatile/formats/crop/selection';
import { SpatileError } from '@spatile/formats/errors';
import { filePrior } from '@spatile/formats/prior/file';
import type { FilterRules } from '../scan/filter.ts';

/** A bundle with the user's own prior and selection, ready to be scanned. */
export interface OpenedInput {
  bundle: SlideBundle;
  prior: PriorSource | null;
  selection: Selection | null;
  rules: FilterRules;
  /** Files of the bundle, the prior and the selection. */
  inputs: InputFile[];
  findings: Finding[];
}

/** Opens everything a run reads. Errors: those of the readers. */
export async function openInput(
  path: string,
  config: RunConfig,
  crop: { path: string; unit: 'um' | 'px' } | null,
): Promise<OpenedInput> {
  const bundle = await openBundle(path, config.input);
  const selection = crop === null ? null : await readSelection(crop.path, crop.unit, bundle.pixelSizeUm);
  const prior = config.prior.file === null ? null : await openPrior(bundle, config);
  const inputs = [...bundle.inputs];
  if (config.prior.file !== null) inputs.push(await inputFile('prior', config.prior.file));
  if (crop !== null) inputs.push(await inputFile('crop', crop.path));
  return {
    bundle,
    prior,
    selection,
    inputs,
    findings: bundle.findings,
    rules: {
      minQv: config.input.minQv,
      dropInvalid: config.input.dropInvalid,
      contains: selection === null ? null : (x, y) => selection.contains(x, y),
    },
  };
}

async function openPrior(bundle: SlideBundle, config: RunConfig): Promise<PriorSource> {
  const image = bundle.images[0];
  return filePrior(config.prior.file!, {
    kind: config.prior.fileKind,
    unit: config.prior.fileUnit,
    pixelSizeUm: bundle.pixelSizeUm,
    maskPixelSizeUm: config.prior.maskPixelSizeUm,
    maskOriginUm: config.prior.maskOriginUm,
    imageSizePx: image === undefined ? null : [image.widthPx, image.heightPx],
  });
}

async function inputFile(role: string, path: string): Promise<InputFile> {
  const info = await stat(path).catch((cause) => {
    throw new SpatileError(
      'INPUT_MISSING',
      `${path}: does not exist; expected a ${role} file; check the path`,
      { cause },
    );
  });
  return { role, path, name: basename(path), sizeBytes: info.size };
}
