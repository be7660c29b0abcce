import type { AssignTile } from '@spatile/formats/tile/assign';
import { paintFree } from '../raster/labels.ts';
import { columnOf, type PixelWindow, rowOf, windowOf } from '../raster/lattice.ts';
import { largestPart, type Runs, runPixels } from '../raster/runs.ts';
import { fillRings } from '../raster/scanline.ts';
import { priorShapes, type RingKind, type ShapeSource } from './prior-shapes.ts';

/** The prior cells of a tile on its pixel raster. */
export interface LabelledPrior {
  window: PixelWindow;
  /** height x width. 0 = free; k or -k = the (k-1)-th cell of the tile, negative when it is a cell outline without nucleus. */
  labels: Int32Array;
  /** By cell of the tile. */
  sources: ShapeSource[];
  diagnostics: {
    /** Nuclei whose raster fell apart, and the pixels left out with their smaller parts (nuclei that touch the region). */
    disconnectedNuclei: number;
    droppedPixels: number;
    /** Cells of the tile without ring or nuclear transcript. */
    cellsWithoutShape: number;
  };
}

/**
 * Rasterises the prior cells of a tile on the slide-wide pixel lattice: a pixel belongs to the shape that holds its centre.
 *
 * Each shape is filled as a whole, wherever the tile ends, and cleaned by itself (`parts`), so that every tile sees the
 * same nuclei. A shape too small to hold a centre takes the pixel of the cell's seed. Where shapes overlap, nuclei come before
 * cells without nucleus, then the lower cell. `kinds`: as `priorShapes`.
 */
export function labelPrior(
  tile: AssignTile,
  settings: {
    pixelSizeUm: number;
    anyNuclear?: boolean;
    parts?: 'largest' | 'all';
    kinds?: readonly RingKind[];
  },
): LabelledPrior {
  const where = `tile ${tile.meta.tile}`;
  const window = windowOf(tile.meta.region, tile.meta.gridOriginUm, settings.pixelSizeUm, where);
  const shapes = priorShapes(tile, window, settings.anyNuclear ?? true, settings.kinds);
  const diagnostics = { disconnectedNuclei: 0, droppedPixels: 0, cellsWithoutShape: 0 };
  const filled: (Runs | null)[] = shapes.map(({ source, rings }, c) => {
    if (source === 'none') {
      diagnostics.cellsWithoutShape++;
      return null;
    }
    const all = fillRings(rings, `${where}, cell ${tile.cells.cell[c]}`);
    if (all.y.length === 0) return seedPixel(tile, window, c);
    if (source === 'cell' || settings.parts === 'all') return all;
    const { runs, parts } = largestPart(all);
    if (parts > 1) {
      diagnostics.disconnectedNuclei++;
      diagnostics.droppedPixels += runPixels(all) - runPixels(runs);
    }
    return runs;
  });
  const labels = new Int32Array(window.width * window.height);
  filled.forEach((runs, c) => {
    if (runs !== null && shapes[c].source !== 'cell') paintFree(labels, window, runs, c + 1);
  });
  filled.forEach((runs, c) => {
    if (runs !== null && shapes[c].source === 'cell') paintFree(labels, window, runs, -(c + 1));
  });
  return { window, labels, sources: shapes.map((shape) => shape.source), diagnostics };
}

function seedPixel({ cells }: AssignTile, window: PixelWindow, c: number): Runs {
  return { y: [rowOf(window, cells.seedY[c])], x: [columnOf(window, cells.seedX[c])], length: [1] };
}
