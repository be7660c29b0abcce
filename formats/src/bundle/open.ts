import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { bundlePriors } from '../prior/bundle.ts';
import { openFailed } from '../tabular/open-failed.ts';
import { openCosmx } from './cosmx.ts';
import { listFolder } from './listing.ts';
import { openMerscope } from './merscope.ts';
import type { OpenedBundle } from './opened.ts';
import { priorInputs } from './prior-inputs.ts';
import type { SlideBundle } from './slide.ts';
import { sniffFile, sniffFolder } from './sniff.ts';
import { openGenericTable } from './table.ts';
import { openXenium } from './xenium.ts';

/**
 * Opens what an instrument wrote: recognises the platform (or takes `config.platform`), checks columns and metadata, and
 * describes images and prior segmentations. Nothing that grows with transcripts or pixels is read.
 *
 * `path` is the bundle's folder, its `experiment.xenium`, or a table of transcripts.
 * Errors: `INPUT_MISSING`, `INPUT_UNREADABLE`, `INPUT_EMPTY`, `PLATFORM_UNKNOWN`, and those of the platform's reader.
 */
export async function openBundle(path: string, config: RunConfig['input']): Promise<SlideBundle> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch((cause) => {
    throw openFailed(path, cause);
  });
  if (found.isDirectory()) return withPriors(await openFolder(absolute, config), config);
  if (basename(absolute) === 'experiment.xenium')
    return withPriors(await openFolder(dirname(absolute), config), config);
  await sniffFile(absolute, config);
  return withPriors(await openGenericTable(absolute, false, config), config);
}

async function openFolder(path: string, config: RunConfig['input']): Promise<OpenedBundle> {
  const listing = await listFolder(path);
  switch (config.platform === 'auto' ? await sniffFolder(listing, config) : config.platform) {
    case 'xenium':
      return openXenium(listing, config);
    case 'merscope':
      return openMerscope(listing, config);
    case 'cosmx':
      return openCosmx(listing, config);
    case 'table':
      return openGenericTable(path, true, config);
  }
}

async function withPriors(
  { layoutVersion, ...bundle }: OpenedBundle,
  config: RunConfig['input'],
): Promise<SlideBundle> {
  const context = { cosmxPixelSizeUm: config.cosmxPixelSizeUm, version: layoutVersion };
  const priors = await bundlePriors(bundle.platform, bundle.path, context);
  return { ...bundle, priors, inputs: [...bundle.inputs, ...(await priorInputs(bundle.path, priors))] };
}
