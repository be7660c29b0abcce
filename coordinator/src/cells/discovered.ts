import type { SlideContext } from '../run/slide.ts';

/** Cells that a method found where the prior has none, with the tile that reports each. */
export interface DiscoveredCell {
  seedX: number;
  seedY: number;
  tile: number;
}

/**
 * Adds discovered cells to the cells of a slide, after those of the prior and in the given order; they have no prior id and no
 * outline of the prior. The slide is changed in place, once, before anything looks at the settled state.
 */
export function addDiscovered(slide: SlideContext, found: readonly DiscoveredCell[]): void {
  const { cells, ownerOfCell } = slide;
  if (cells.discovered !== undefined) return;
  const extended = (column: Float64Array, of: (cell: DiscoveredCell) => number): Float64Array =>
    Float64Array.from([...column, ...found.map(of)]);
  slide.cells = {
    ...cells,
    priorId: [...cells.priorId, ...found.map(() => '')],
    seedX: extended(cells.seedX, ({ seedX }) => seedX),
    seedY: extended(cells.seedY, ({ seedY }) => seedY),
    nucleus: [...cells.nucleus, ...found.map(() => [])],
    outline: [...cells.outline, ...found.map(() => [])],
    reachUm: extended(cells.reachUm, () => 0),
    diameterUm: extended(cells.diameterUm, () => 0),
    discovered: found.length,
  };
  slide.ownerOfCell = Uint32Array.from([...ownerOfCell, ...found.map(({ tile }) => tile)]);
}

/** Number of cells that the prior knows. */
export const priorCells = ({ cells }: Pick<SlideContext, 'cells'>): number =>
  cells.priorId.length - (cells.discovered ?? 0);
