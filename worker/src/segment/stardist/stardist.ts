import { outputsOf } from '@spatile/formats/model/fits';
import type { StardistManifest } from '@spatile/formats/model/manifest';
import { openPixels } from '../../../kernels/bind-pixels.ts';
import { bindStardist } from '../../../kernels/bind-stardist.ts';
import { inputCutter } from '../../network/input.ts';
import { openNetwork } from '../../network/session.ts';
import type { NetworkSettings } from '../../network/settings.ts';
import { strips } from '../../network/strips.ts';
import type { ImageMethod, Instances } from '../method.ts';
import { tidyIn } from '../tidy.ts';
import { CandidateCollector, type Candidates } from './candidates.ts';
import { paintStars, type StarPolygons } from './paint.ts';

/** Longest ray as a share of the largest diameter (section 10.4 of the methods). */
const LONGEST_RAY = 0.6;
/** Shortest ray: a network may predict none or a negative one. */
const SHORTEST_PX = 1e-3;

/**
 * Star-convex instances (Schmidt et al., MICCAI 2018): the network gives an object probability and ray lengths on a grid,
 * candidates above the threshold suppress those they overlap, the rest are painted by probability.
 *
 * Errors: those of `openNetwork` and `inputCutter`.
 */
export const stardist: ImageMethod<NetworkSettings<StardistManifest>> = async (
  planes,
  model,
  settings,
  context,
) => {
  const { manifest } = settings;
  const network = await openNetwork(settings);
  const cutter = inputCutter(planes, model, manifest);
  const { rows, columns, pixelSizeUm } = planes;
  const collector = new CandidateCollector(
    manifest,
    columns,
    (LONGEST_RAY * manifest.size.maxUm) / pixelSizeUm,
  );
  const cut = strips(rows, columns, manifest.input.step, manifest.receptiveFieldPx);
  for (const [i, strip] of cut.entries()) {
    const maps = await network.run(cutter.cut(strip.window, 'mirror'), outputsOf(manifest));
    collector.take(maps, strip);
    context.progress((0.9 * (i + 1)) / cut.length);
  }
  return instancesOf(collector.candidates(), manifest, rows, columns, pixelSizeUm);
};

/** Suppresses among candidates and paints what is left; scores are the probabilities. */
export async function instancesOf(
  candidates: Candidates,
  manifest: StardistManifest,
  rows: number,
  columns: number,
  pixelSizeUm: number,
): Promise<Instances> {
  const { rays, overlap } = manifest.decode;
  const stars = await suppressed(candidates, rays, overlap, rows, columns);
  const memory = await openPixels();
  const labels = paintStars(memory, stars, rows, columns);
  const minPixels = manifest.size.minAreaUm2 / pixelSizeUm ** 2;
  return tidyIn(memory, labels, rows, columns, stars.prob, minPixels);
}

/** The candidates that stay, by falling probability. */
async function suppressed(
  { place, prob, dist, longestPx }: Candidates,
  rays: number,
  overlap: number,
  rows: number,
  columns: number,
): Promise<StarPolygons & { prob: Float32Array }> {
  const kernel = await bindStardist({ rays, candidates: prob.length, rows, columns });
  kernel.place.set(place);
  kernel.prob.set(prob);
  kernel.dist.set(dist);
  kernel.cut(SHORTEST_PX, longestPx);
  const count = kernel.suppress(overlap);
  const kept = kernel.order.filter((i) => kernel.state[i] === 1);
  const stars = {
    rays,
    place: new Int32Array(2 * count),
    prob: Float32Array.from(kept, (i) => prob[i]),
    dist: new Float32Array(count * rays),
    cosine: kernel.cosine.slice(),
    sine: kernel.sine.slice(),
  };
  kept.forEach((i, rank) => {
    stars.place[2 * rank] = place[2 * i];
    stars.place[2 * rank + 1] = place[2 * i + 1];
    stars.dist.set(kernel.dist.subarray(i * rays, (i + 1) * rays), rank * rays);
  });
  kernel.release();
  return stars;
}
