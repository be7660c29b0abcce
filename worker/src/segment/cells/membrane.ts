import type { MembraneSettings } from '@spatile/formats/config/segment';
import type { ChannelModel } from '@spatile/formats/tile/segment';
import { checkPixelShape, openPixels, type PixelMemory } from '../../../kernels/bind-pixels.ts';
import type { Planes } from '../method.ts';
import { type OrderedInstances, orderInstances } from '../order.ts';
import { gaussianWeights } from '../watershed/gaussian.ts';

/** Queues of the kernel, and steps of a pixel edge. */
const QUEUES = 2048;
const STRAIGHT = 5;
/** Weight of a full membrane beside 1 of none: bytes hold at most 255. */
const MOST = 250;

/**
 * Cells of the boundary stain without a network: nuclei spread through the stain by the cheapest way, on which crossing
 * membrane is dear (a seeded watershed on the cost of ways in place of heights, so that gaps in a membrane leak little;
 * Sethian, PNAS 93:1591, 1996, for fronts that move by cost). A cell counts where at least `rimShare` of its border lies on
 * membrane; the other nuclei are left to the steps that follow. Every cell holds its nucleus.
 *
 * Score of a cell: that share. Memory: 17 bytes per pixel beside the input and the labels. Errors: RangeError above 32767
 * rows or columns or 2^27 pixels.
 */
export async function membraneCells(
  planes: Planes,
  plane: Float32Array,
  { low, high }: ChannelModel,
  nuclei: OrderedInstances,
  settings: MembraneSettings,
): Promise<OrderedInstances> {
  const memory = await openPixels();
  const { rows, columns } = planes;
  const n = nuclei.scores.length;
  const at = layOut(memory, planes, settings, n);
  memory.floats(at.coarse, at.pixels).set(plane);
  const span = high - low;
  const { kernel } = memory;
  kernel.normalise(at.coarse, at.pixels, low, span > 0 ? 1 / span : 0, 0, 2);
  smooth(memory, at, at.coarse, at.fine, at.small);
  smooth(memory, at, at.fine, at.coarse, at.large);
  kernel.ridges(at.fine, at.coarse, at.pixels, settings.floor, settings.contrast, at.most, at.weights);
  memory.integers(at.labels, at.pixels).set(nuclei.labels);
  const limit = Math.floor((STRAIGHT * settings.reachUm) / planes.pixelSizeUm);
  kernel.spread(at.labels, at.weights, rows, columns, limit, at.coarse, at.fine, at.previous, at.queues);
  kernel.rims(at.labels, at.weights, rows, columns, 1 + Math.ceil(at.most * settings.rimLevel), at.sums, n);
  const sums = memory.integers(at.sums, 2 * (n + 1));
  const scores: number[] = [];
  const name = new Int32Array(n + 1);
  for (let k = 1; k <= n; k++) {
    const share = sums[2 * k] > 0 ? sums[2 * k + 1] / sums[2 * k] : 0;
    if (share >= settings.rimShare) name[k] = scores.push(share);
  }
  const labels = memory.integers(at.labels, at.pixels).map((label) => name[label]);
  return orderInstances({ labels, scores: Float32Array.from(scores) }, planes, 1);
}

function layOut(
  memory: PixelMemory,
  { rows, columns, pixelSizeUm }: Planes,
  settings: MembraneSettings,
  n: number,
) {
  checkPixelShape(rows, columns);
  const pixels = rows * columns;
  const small = gaussianWeights(settings.smoothUm / pixelSizeUm);
  const large = gaussianWeights(Math.max(0.5, settings.aroundUm / pixelSizeUm));
  const widest = Math.max(small.length, large.length);
  const at = memory.reserve({
    labels: 4 * pixels,
    // Smoothed images, then the costs and the queues of the pixels.
    fine: 4 * pixels,
    coarse: 4 * pixels,
    previous: 4 * pixels,
    weights: pixels,
    queues: 4 * QUEUES,
    filter: 4 * widest,
    line: 4 * (columns + 2 * widest + 16),
    sums: 8 * (n + 1),
  });
  return { ...at, rows, columns, pixels, small, large, most: Math.min(MOST, settings.weight) };
}

function smooth(
  memory: PixelMemory,
  { filter, line, rows, columns }: ReturnType<typeof layOut>,
  from: number,
  to: number,
  weights: Float32Array,
): void {
  memory.floats(filter, weights.length).set(weights);
  memory.kernel.smooth(from, to, line, rows, columns, filter, weights.length - 1);
}
