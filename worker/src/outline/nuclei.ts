import { SpatileError } from '@spatile/formats/errors';
import type { OutlineTile } from '@spatile/formats/tile/outline';
import { indexOfCell } from '../index-of-cell.ts';
import type { PixelWindow } from '../raster/lattice.ts';
import type { Runs } from '../raster/runs.ts';
import { fillRings } from '../raster/scanline.ts';

/**
 * Pixels of the nuclei of a tile's cells by label (the k-th cell of the cell table is label k + 1), in columns and rows of the
 * slide-wide lattice; cells without a nucleus are not listed.
 * Errors: `RUN_CORRUPT` for rings that point outside the vertices or to a cell that is not listed, and those of `fillRings`.
 */
export function nucleusRuns(
  { meta, cells, nuclei, nucleusVertices }: OutlineTile,
  window: PixelWindow,
): Map<number, Runs> {
  const rings = new Map<number, Float64Array[]>();
  if (nuclei === undefined || nucleusVertices === undefined) return new Map();
  for (let r = 0; r < nuclei.cell.length; r++) {
    const label = indexOfCell(cells.cell, nuclei.cell[r]) + 1;
    const end = nuclei.start[r] + nuclei.count[r];
    if (label === 0 || end > nucleusVertices.x.length) {
      throw new SpatileError(
        'RUN_CORRUPT',
        `tile ${meta.tile}: nucleus ${r} does not fit its tables (cell ${nuclei.cell[r]}, vertices to ${end} of ${nucleusVertices.x.length}); delete the run directory and start again`,
      );
    }
    const ring = new Float64Array(2 * nuclei.count[r]);
    for (let v = nuclei.start[r], k = 0; v < end; v++) {
      ring[k++] = (nucleusVertices.x[v] - window.originX) / window.sizeUm;
      ring[k++] = (nucleusVertices.y[v] - window.originY) / window.sizeUm;
    }
    rings.set(label, [...(rings.get(label) ?? []), ring]);
  }
  const runs = new Map<number, Runs>();
  for (const [label, list] of rings) {
    const pixels = fillRings(list, `tile ${meta.tile}, nucleus of cell ${cells.cell[label - 1]}`);
    if (pixels.y.length > 0) runs.set(label, pixels);
  }
  return runs;
}
