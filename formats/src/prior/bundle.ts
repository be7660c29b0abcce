import { listFolder } from '../bundle/listing.ts';
import type { Platform, PriorSource } from '../bundle/slide.ts';
import { cosmxPriors } from './cosmx.ts';
import { merscopePriors } from './merscope.ts';
import { xeniumPriors } from './xenium.ts';

/**
 * The prior segmentations that a bundle brings along, nuclei before cells; empty when it has none. Opening looks at names
 * and schemas; outlines are streamed, in microns in the frame of the bundle's transcripts.
 * @param dir folder of the bundle.
 * @param context `cosmxPixelSizeUm`: microns per pixel of CosMx; `version`: of the platform's software, for people only,
 *   because the files say what they hold more reliably.
 * Errors: `INPUT_*` and those of the table readers.
 */
export async function bundlePriors(
  platform: Platform,
  dir: string,
  context: { cosmxPixelSizeUm: number; version: string | null },
): Promise<PriorSource[]> {
  if (platform === 'table') return [];
  const listing = await listFolder(dir);
  if (platform === 'xenium') return xeniumPriors(listing);
  if (platform === 'merscope') return merscopePriors(listing);
  return cosmxPriors(listing, context.cosmxPixelSizeUm);
}
