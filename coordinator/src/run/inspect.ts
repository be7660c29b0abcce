import type { RunConfig } from '@spatile/formats/config/schema';
import type { InspectSummary, RunOptions } from '../api.ts';
import { coordinatorMemoryBytes } from '../plan/memory.ts';
import { openSegmentStage } from '../segment/stage.ts';
import { openInput } from './open.ts';
import { planSlide, scanSlide } from './prepare.ts';

/** What a run would do: opens and scans the bundle and plans the tiles, computes and writes nothing. Errors: as `runSlide` until the plan. */
export async function inspectSlide(options: {
  bundle: string;
  config: RunConfig;
  crop: RunOptions['crop'];
}): Promise<InspectSummary> {
  const input = await openInput(options.bundle, options.config, options.crop);
  const scan = await scanSlide(input, options.config, null, () => undefined);
  const segmenting = await openSegmentStage(input, options.config, scan);
  await segmenting?.setup.image.close();
  const { slide, findings } = await planSlide(input, options.config, scan, segmenting && []);
  const { bundle } = input;
  const controls: Record<string, number> = {};
  slide.features.features.slice(slide.features.genes).forEach(({ kind }, i) => {
    controls[kind] = (controls[kind] ?? 0) + slide.features.counts[slide.features.genes + i];
  });
  const tiles = slide.plan.tiles.filter((tile) => tile.transcripts > 0 || tile.cells > 0);
  return {
    platform: bundle.platform,
    version: bundle.platformVersion,
    name: bundle.name,
    transcripts: { rows: scan.rows, kept: scan.kept, filtered: { ...scan.filtered } },
    genes: slide.features.genes,
    controls,
    extentUm: slide.plan.extent,
    priors: slide.cells.origins.map((origin) => ({
      kind:
        [...bundle.priors, ...(input.prior === null ? [] : [input.prior])].find(
          (prior) => prior.origin === origin,
        )?.kind ?? 'transcripts',
      origin,
    })),
    images: bundle.images.map(({ name, channels, widthPx, heightPx, pixelToUm }) => ({
      name,
      channels,
      widthPx,
      heightPx,
      pixelSizeUm: Math.hypot(pixelToUm[0], pixelToUm[3]),
    })),
    plan: {
      tiles: tiles.length,
      haloUm: slide.plan.haloUm,
      method: options.config.assign.method,
      workerMemoryBytes: tiles.reduce((most, tile) => Math.max(most, tile.memoryBytes), 0),
      coordinatorMemoryBytes: coordinatorMemoryBytes(slide),
      largestTileTranscripts: tiles.reduce((most, tile) => Math.max(most, tile.transcripts), 0),
    },
    findings: [...input.findings, ...(segmenting?.findings ?? []), ...findings],
  };
}
