import type { ExpandSettings } from '@spatile/formats/tile/geometric';
import type { Handler } from '../../handler.ts';
import { growLabels } from '../../raster/distance.ts';
import { geometricResult, labelAt } from '../geometric-result.ts';
import { labelPrior } from '../label-prior.ts';
import { tileOf } from '../tile.ts';

/** Decimal lengths are not exact in binary: 0.6375 / 0.2125 is 3 pixels, not 2. Relative. */
const ROUNDING = 1e-9;

/** Largest squared distance in pixels, floor(E^2 / p^2), for lengths given in decimals of a micron. */
export function limitSquared(distanceUm: number, pixelSizeUm: number): number {
  const pixels = distanceUm / pixelSizeUm;
  return Math.floor(pixels * pixels * (1 + ROUNDING));
}

/**
 * Nuclear expansion of one tile: every pixel within `distanceUm` of a nucleus belongs to the nearest one (between pixel
 * centres, ties to the lower cell), the Voronoi partition of the nuclei clipped at that distance; z ignored. The method of
 * Xenium onboard analysis where no cell stain is used. Nuclei never change; a cell without nucleus ring keeps its cell ring
 * as it is; a cell without any ring grows from the hull of its nuclear transcripts.
 *
 * In: assign-tile with `meta.settings: ExpandSettings`. Out: assign-result; claims of the core transcripts (controls and
 * background too), probability 1; one layer of pixels for the owned cells.
 * Halo: claims are those of the untiled slide, bit for bit, with `distanceUm` + 1 pixel; the pixels of owned cells need
 * the longest way from a seed to the edge of its own nucleus + 2 `distanceUm` + 1 pixel; whole hulls of cells without rings
 * need their longest diameter more.
 */
export const assignExpand: Handler = async (input, context) => {
  const tile = tileOf(input);
  const settings = input.meta.settings as ExpandSettings;
  const { window, labels, diagnostics } = labelPrior(tile, settings);
  context.progress(0.3);
  const limit = limitSquared(settings.distanceUm, settings.pixelSizeUm);
  const grown = growLabels(labels, window.width, window.height, limit);
  context.progress(0.9);
  context.count({ pixelsLabelled: labels.length, pixelsGrown: grown.length });

  const { x, y } = tile.transcripts;
  const verdict = (i: number): number => {
    const label = labelAt(grown, window, x[i], y[i]);
    return label > 0 ? tile.cells.cell[label - 1] : 0;
  };
  return geometricResult(tile, 'expand', window, grown, verdict, diagnostics);
};
