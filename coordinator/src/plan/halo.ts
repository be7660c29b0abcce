import type { RunConfig } from '@spatile/formats/config/schema';
import type { CellTable } from '../cells/table.ts';
import { ceilTo } from './plan.ts';

/** Growth of prior cells that the halo allows for, in microns: cytoplasm around a nucleus. */
const CYTOPLASM_UM = 5;
/** Halos and diameters beyond this are the mark of a broken outline, not of tissue. */
const MAX_HALO_UM = 300;
/** Diameter assumed where the prior has no outlines, in microns. */
const DEFAULT_DIAMETER_UM = 15;
/** Far displacements are cut at this many standard deviations (18 um at the default of 4). */
const DISPLACEMENT_CUT_SD = 4.5;
/** Cells in a row that the mixture of a core must see: an own one, its neighbour and that one's. */
const BAYSOR_CELLS = 2.5;

/** Of tables that were asked about: every task of a tile or border asks. */
const diameters = new WeakMap<CellTable, number>();

/** 99th percentile of the diameter of prior cells grown by the cytoplasm, in microns; reckoned once for a table. */
export function cellDiameterUm(cells: CellTable): number {
  const known = diameters.get(cells) ?? reckonedDiameterUm(cells);
  diameters.set(cells, known);
  return known;
}

function reckonedDiameterUm(cells: CellTable): number {
  const known = cells.diameterUm.filter((d) => d > 0).sort();
  const nuclei =
    known.length > 0
      ? known[Math.min(known.length - 1, Math.floor(known.length * 0.99))]
      : DEFAULT_DIAMETER_UM;
  return nuclei + 2 * CYTOPLASM_UM;
}

/** Largest displacement the sampler can propose, in microns. */
function displacementCutUm(proseg: RunConfig['assign']['proseg']): number {
  return proseg.diffusion ? DISPLACEMENT_CUT_SD * proseg.diffusionSdFarUm : 0;
}

/**
 * Half-width of a border strip (a cell and the farthest a transcript can have come from) and what a unit sees beyond it (a
 * cell), on the coarse voxels; in microns.
 */
export function borderWidthsUm(
  config: RunConfig['assign']['proseg'],
  cells: CellTable,
): { halfWidthUm: number; contextUm: number } {
  const coarseUm = config.voxelUm * config.coarseFactor;
  const diameter = Math.min(cellDiameterUm(cells), MAX_HALO_UM);
  return {
    halfWidthUm: ceilTo(diameter + displacementCutUm(config), coarseUm),
    contextUm: ceilTo(diameter, coarseUm),
  };
}

/**
 * Margin around a core. For the sampler a cell and two voxels, on the coarse voxels: what lies nearer to a border than a cell is
 * sampled again with its true neighbours afterwards, so a wider halo costs time and gains nothing (measured, see
 * `docs/decisions/tiles-and-halos.md`). For geometric methods whole nuclei and twice the expansion, which makes tiled equal
 * untiled; on the lattice.
 */
export function haloUm(config: RunConfig, cells: CellTable, latticeUm: number): number {
  if (config.plan.haloUm !== null) return ceilTo(config.plan.haloUm, latticeUm);
  const { method, expand, nucleus, proseg } = config.assign;
  const reach = cells.reachUm.reduce((most, r) => Math.max(most, r), DEFAULT_DIAMETER_UM);
  if (method === 'proseg') {
    const { voxelUm, coarseFactor } = proseg;
    return ceilTo(Math.min(cellDiameterUm(cells) + 2 * voxelUm, MAX_HALO_UM), voxelUm * coarseFactor);
  }
  const needed =
    method === 'baysor'
      ? BAYSOR_CELLS * cellDiameterUm(cells)
      : method === 'expand'
        ? reach + 2 * expand.distanceUm + 2 * expand.pixelSizeUm
        : reach + 2 * nucleus.pixelSizeUm;
  return ceilTo(Math.min(needed, MAX_HALO_UM), latticeUm);
}
