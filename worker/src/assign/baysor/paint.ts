import type { AssignTile } from '@spatile/formats/tile/assign';
import { growLabels } from '../../raster/distance.ts';
import { columnOf, type PixelWindow, rowOf, windowOf } from '../../raster/lattice.ts';
import type { Graph } from './graph.ts';
import type { Mixture } from './mixture.ts';

/** A pixel belongs to the cell of its nearest molecule within this many median edges of the graph. */
const REACH_EDGES = 1.5;
const LEAST_REACH_PIXELS = 2;
const MOST_REACH_UM = 5;

/** Rounds in which a molecule takes, for the outlines alone, the cell that most of its neighbours and itself are of. */
const SMOOTHING_ROUNDS = 2;

/** Labels with the single molecules of one cell amid another's given to the other; ties keep what they are. */
function smoothed({ start, neighbour }: Graph, passable: Uint32Array, label: Int32Array): Int32Array {
  let from = label;
  for (let round = 0; round < SMOOTHING_ROUNDS; round++) {
    const to = from.slice();
    for (let i = 0; i < from.length; i++) {
      const votes = (c: number): number => {
        let n = c === from[i] ? 1 : 0;
        for (let e = start[i]; e < passable[i]; e++) if (from[neighbour[e]] === c) n++;
        return n;
      };
      let most = votes(from[i]);
      for (let e = start[i]; e < passable[i]; e++) {
        const c = from[neighbour[e]];
        if (c === to[i]) continue;
        const n = votes(c);
        if (n > most || (n === most && to[i] !== from[i] && c < to[i])) [most, to[i]] = [n, c];
      }
    }
    from = to;
  }
  return from;
}

/**
 * The ground of the cells: each pixel belongs to the cell of the nearest molecule (of all cells, reported or not) that is no
 * farther than one and a half edges of the graph, after single molecules amid another cell were given to it. A pixel that holds molecules of several cells goes to the one with most there
 * (ties: the lower).
 *
 * Returns components by pixel, 0 = none.
 */
export function paintCells(
  tile: AssignTile,
  { molecules, graph, passable, settings, model: { edges } }: Mixture,
  verdicts: Int32Array,
): { window: PixelWindow; labels: Int32Array } {
  const label = smoothed(graph, passable, verdicts);
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
