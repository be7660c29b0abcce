import { outputsOf } from '@spatile/formats/model/fits';
import type { StardistManifest } from '@spatile/formats/model/manifest';
import { type BoundStardist, bindStardist } from '../../../kernels/bind-stardist.ts';
import { inputCutter } from '../../network/input.ts';
import { openNetwork } from '../../network/session.ts';
import type { NetworkSettings } from '../../network/settings.ts';
import { strips } from '../../network/strips.ts';
import type { ImageMethod, Instances } from '../method.ts';
import { tidy } from '../tidy.ts';
import { CandidateCollector, type Candidates, ranks } from './candidates.ts';
import { paintStars } from './paint.ts';

/** Longest ray as a share of the largest diameter (section 10.4 of the methods). */
const LONGEST_RAY = 0.6;

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
  const order = ranks(candidates);
  const kernel = await bindStardist({ rays, candidates: order.length, rows, columns });
  fill(kernel, candidates, order, rays);
  const count = kernel.suppress(overlap);
  const place = new Int32Array(2 * count);
  const dist = new Float32Array(count * rays);
  const scores = new Float32Array(count);
  let kept = 0;
  for (let rank = 0; rank < order.length; rank++) {
    if (kernel.state[rank] === 0) continue;
    place.set(kernel.place.subarray(2 * rank, 2 * rank + 2), 2 * kept);
    dist.set(kernel.dist.subarray(rank * rays, (rank + 1) * rays), kept * rays);
    scores[kept++] = candidates.prob[order[rank]];
  }
  const labels = new Int32Array(rows * columns);
  paintStars({ rays, place, dist, cosine: kernel.cosine, sine: kernel.sine }, labels, rows, columns);
  return tidy(labels, rows, columns, scores, manifest.size.minAreaUm2 / pixelSizeUm ** 2);
}

function fill(
  { place, dist }: BoundStardist,
  candidates: Candidates,
  order: Uint32Array,
  rays: number,
): void {
  for (let rank = 0; rank < order.length; rank++) {
    const i = order[rank];
    place[2 * rank] = candidates.place[2 * i];
    place[2 * rank + 1] = candidates.place[2 * i + 1];
  }
  const from = candidates.dist;
  for (let rank = 0; rank < order.length; rank++) {
    const at = order[rank] * rays;
    const to = rank * rays;
    for (let k = 0; k < rays; k++) dist[to + k] = from[at + k];
  }
}
