import type { MembraneSettings, WatershedSettings } from '../config/segment.ts';
import type { ModelManifest } from '../model/manifest.ts';

/** How far around its core a tile must see, so that it gives the instances of the whole slide. */

/** Largest diameters that decide about an instance beside what the network sees: flows and floods reach farther than rays. */
const DIAMETERS = { stardist: 1.6, cellpose: 2, cellsam: 1, unet: 2 };

/**
 * Halo of a network in microns: what an output pixel depends on (for networks of patches a patch, so that every patch that an
 * instance of the core needs is whole), and largest diameters for what decides its pixels; whole multiples of the step.
 */
export function networkHaloUm(manifest: ModelManifest, pixelSizeUm: number): number {
  const { input, size, method, receptiveFieldPx } = manifest;
  const field = method === 'cellpose' || method === 'cellsam' ? manifest.decode.patchPx : receptiveFieldPx;
  const px = field + (DIAMETERS[method] * size.maxUm) / pixelSizeUm;
  return Math.ceil(px / input.step) * input.step * pixelSizeUm;
}

/**
 * Halo of the watershed in microns: two radii for the flooding, the supports of the filters one after the other (local mean of
 * what lies above the background), and their blocks. By construction but for chains of seeds that decide about each other, which
 * tests have not found to matter.
 */
export function watershedHaloUm(settings: WatershedSettings): number {
  const { maxRadiusUm, localMeanUm, backgroundUm, smoothUm, seedSmoothUm } = settings;
  return Math.ceil(
    2 * maxRadiusUm + 3 * localMeanUm + 2.5 * backgroundUm + 3 * (smoothUm + seedSmoothUm) + 5,
  );
}

/**
 * Halo of cells on the boundary stain beyond that of nuclei, in microns: to the border of a cell, from there to the nuclei that
 * may claim a part of it, and the supports of the filters.
 */
export function membraneHaloUm({ reachUm, smoothUm, aroundUm }: MembraneSettings): number {
  return Math.ceil(2 * reachUm + 3 * (smoothUm + aroundUm));
}
