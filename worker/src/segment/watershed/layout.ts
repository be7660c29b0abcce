import type { WatershedSettings } from '@spatile/formats/config/segment';
import { checkPixelShape, type PixelMemory } from '../../../kernels/bind-pixels.ts';
import { gaussianWeights } from './gaussian.ts';

/** Edge of the blocks in which background and local mean are computed, in microns. */
const BLOCK_UM = 1.7;
/** A tile's first pixel lies at a multiple of 16 of the slide-wide grid, so blocks of these sizes are slide-wide too. */
const BLOCK_SIZES = [2, 4, 8, 16];

/** Settings in pixels, and the filters. */
export interface Scale {
  block: number;
  /** Weights on full size, and radii in pixels. */
  smooth: Float32Array;
  seedSmooth: Float32Array;
  seedSpacing: number;
  radius: number;
  holePixels: number;
  holeReach: number;
  /** On blocks. */
  backgroundReach: number;
  background: Float32Array;
  localMean: Float32Array;
}

/** Puts the settings in pixels. */
export function scaleOf(settings: WatershedSettings, pixelUm: number): Scale {
  const block = BLOCK_SIZES.reduce((best, size) =>
    Math.abs(size * pixelUm - BLOCK_UM) < Math.abs(best * pixelUm - BLOCK_UM) ? size : best,
  );
  const blockUm = block * pixelUm;
  const holePixels = Math.floor(settings.maxHoleUm2 / pixelUm ** 2);
  return {
    block,
    smooth: gaussianWeights(settings.smoothUm / pixelUm),
    seedSmooth: gaussianWeights(settings.seedSmoothUm / pixelUm),
    seedSpacing: Math.floor(settings.seedDistanceUm / pixelUm),
    radius: Math.floor(settings.maxRadiusUm / pixelUm),
    holePixels,
    holeReach: Math.ceil(2 * Math.sqrt(holePixels)) + 1,
    backgroundReach: Math.max(1, Math.round(settings.backgroundUm / blockUm)),
    background: gaussianWeights(Math.max(settings.backgroundUm / 2 / blockUm, 0.5)),
    localMean: gaussianWeights(Math.max(settings.localMeanUm / blockUm, 0.5)),
  };
}

/** Half side of the box in which a seed must stand out, in pixels: nuclei are no larger. */
export const seedReach = (scale: Scale): number => Math.max(4, scale.radius);

/** Places of all arrays of one image: 18 bytes per pixel and little more. */
export function layOut(memory: PixelMemory, rows: number, columns: number, scale: Scale) {
  checkPixelShape(rows, columns);
  const pixels = rows * columns;
  const blocks = Math.ceil(rows / scale.block) * Math.ceil(columns / scale.block);
  const widest = Math.max(
    scale.smooth.length,
    scale.seedSmooth.length,
    scale.background.length,
    scale.localMean.length,
  );
  const at = memory.reserve({
    // Raw pixels, then squared distances, then the queue.
    work: 4 * pixels,
    image: 4 * pixels,
    // Smoothed distances, then stamps, then labels.
    labels: 4 * pixels,
    // Gaps of the distance transform, then keys.
    keys: 2 * pixels,
    mask: pixels,
    other: pixels,
    least: 4 * blocks,
    mean: 4 * blocks,
    noise: 4 * blocks,
    spare: 4 * blocks,
    surface: 4 * blocks,
    line: 4 * (columns + 2 * widest + 16 + 3 * scale.block),
    level: 4 * (columns + 4 * scale.block),
    envelope: 12 * (columns + 2),
    weights: 4 * widest,
    list: 4 * Math.max(scale.holePixels + 4, (2 * seedReach(scale) + 1) ** 2),
    queues: 8 * 65536,
    // A seed ranks above its eight neighbours, so at most every fourth pixel is one.
    seeds: 4 * (Math.ceil(rows / 2) * Math.ceil(columns / 2) + 1),
    ranks: 4 * (Math.ceil(rows / 2) * Math.ceil(columns / 2) + 1),
  });
  return { ...at, rows, columns, pixels, blocks };
}

export type Layout = ReturnType<typeof layOut>;
