import type { AssignTile } from '@spatile/formats/tile/assign';
import type { BaysorModel, BaysorSettings } from '@spatile/formats/tile/baysor';
import { growLabels } from '../../raster/distance.ts';
import { columnOf, type PixelWindow, rowOf, windowOf } from '../../raster/lattice.ts';
import type { Molecules } from './molecules.ts';

/** A pixel belongs to the cell of its nearest molecule within this many median edges of the graph. */
const REACH_EDGES = 1.5;
const LEAST_REACH_PIXELS = 2;
const MOST_REACH_UM = 5;

/**
 * The ground of the cells: each pixel belongs to the cell of the nearest molecule (of all cells, reported or not) that is no
 * farther than one and a half edges of the graph. A pixel that holds molecules of several cells goes to the one with most there
 * (ties: the lower).
 *
 * Returns components by pixel, 0 = none.
 */
export function paintCells(
  tile: AssignTile,
  molecules: Molecules,
  label: Int32Array,
  settings: BaysorSettings,
  edges: BaysorModel['edges'],
): { window: PixelWindow; labels: Int32Array } {
  const { region, gridOriginUm, tile: id } = tile.meta;
  const window = windowOf(region, gridOriginUm, settings.pixelSizeUm, `tile ${id}`);
  const { transcripts } = tile;
  const pixel = new Int32Array(molecules.n).fill(-1);
  const order: number[] = [];
  for (let i = 0; i < molecules.n; i++) {
    if (label[i] === 0) continue;
    const at = molecules.at[i];
    const column = columnOf(window, transcripts.x[at]) - window.column0;
    const row = rowOf(window, transcripts.y[at]) - window.row0;
    if (!(column >= 0 && column < window.width && row >= 0 && row < window.height)) continue;
    pixel[i] = row * window.width + column;
    order.push(i);
  }
  const sorted = Uint32Array.from(order).sort((a, b) => pixel[a] - pixel[b] || label[a] - label[b]);
  const labels = new Int32Array(window.width * window.height);
  for (let from = 0; from < sorted.length; ) {
    const at = pixel[sorted[from]];
    let most = 0;
    while (from < sorted.length && pixel[sorted[from]] === at) {
      let to = from + 1;
      while (to < sorted.length && pixel[sorted[to]] === at && label[sorted[to]] === label[sorted[from]])
        to++;
      if (to - from > most) {
        most = to - from;
        labels[at] = label[sorted[from]];
      }
      from = to;
    }
  }
  const reachUm = Math.min(REACH_EDGES * edges.medianUm, MOST_REACH_UM);
  const reach = Math.max(reachUm / settings.pixelSizeUm, LEAST_REACH_PIXELS);
  return { window, labels: growLabels(labels, window.width, window.height, Math.floor(reach * reach)) };
}
