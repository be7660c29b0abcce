import { SpatileError } from '@spatile/formats/errors';
import type { OutlineTile } from '@spatile/formats/tile/outline';
import { indexOfCell } from '../index-of-cell.ts';
import { checkPixels, type PixelWindow, windowOf } from '../raster/lattice.ts';

/** Settled voxels of a tile: who has which. */
export interface Volume {
  window: PixelWindow;
  layers: number;
  /** layers x height x width: k = the (k-1)-th cell of the tile's cell table, 0 = none. */
  labels: Int32Array;
  /** Voxels by label, overlaps settled. */
  voxels: Uint32Array;
  /** 1 = the label has voxels beyond the window. */
  clipped: Uint8Array;
  /** Claims to voxels beyond the first of each. */
  contested: number;
}

/**
 * Paints the runs of all cells, each voxel to the cell whose owner tile's core holds its centre, else to the lower cell,
 * whatever the order of the runs. The window is the region, grown to hold all runs of the owned cells.
 *
 * Errors: `RUN_CORRUPT` when runs, cells and cores do not fit together, `MEMORY_LIMIT` for a window too large.
 */
export function paintVolume(tile: OutlineTile): Volume {
  const { meta, runs, cells } = tile;
  const index = runLabels(tile);
  const window = outlineWindow(tile, index);
  const plane = window.width * window.height;
  checkPixels(plane * meta.layers, `tile ${meta.tile}`);
  const labels = new Int32Array(plane * meta.layers);
  const clipped = new Uint8Array(cells.cell.length + 1);
  const core = ownerCores(tile);
  let contested = 0;
  for (let r = 0; r < runs.cell.length; r++) {
    const label = index[r];
    const row = runs.y[r] - window.row0;
    const from = Math.max(0, runs.x[r] - window.column0);
    const to = Math.min(window.width, runs.x[r] + runs.length[r] - window.column0);
    if (row < 0 || row >= window.height || to - from < runs.length[r]) clipped[label] = 1;
    if (row < 0 || row >= window.height) continue;
    const at = runs.layer[r] * plane + row * window.width;
    for (let x = from; x < to; x++) {
      const other = labels[at + x];
      if (other === 0) {
        labels[at + x] = label;
        continue;
      }
      contested++;
      if (other !== label) labels[at + x] = winner(core, window, x, row, other, label);
    }
  }
  const voxels = new Uint32Array(cells.cell.length + 1);
  for (let i = 0; i < labels.length; i++) voxels[labels[i]]++;
  return { window, layers: meta.layers, labels, voxels, clipped, contested };
}

/** For each run the label of its cell. */
function runLabels({ meta, runs, cells }: OutlineTile): Int32Array {
  const out = new Int32Array(runs.cell.length);
  let last = -1;
  for (let r = 0; r < out.length; r++) {
    if (last < 0 || cells.cell[last] !== runs.cell[r]) last = indexOfCell(cells.cell, runs.cell[r]);
    if (last < 0 || runs.layer[r] >= meta.layers) {
      throw new SpatileError(
        'RUN_CORRUPT',
        `tile ${meta.tile}: run ${r} does not fit its tables (cell ${runs.cell[r]}, layer ${runs.layer[r]} of ${meta.layers}); delete the run directory and start again`,
      );
    }
    out[r] = last + 1;
  }
  return out;
}

function outlineWindow({ meta, runs, cells, owned }: OutlineTile, label: Int32Array): PixelWindow {
  const region = windowOf(meta.region, meta.gridOriginUm, meta.voxelUm, `tile ${meta.tile}`);
  const mine = new Uint8Array(cells.cell.length + 1);
  for (const cell of owned.cell) mine[indexOfCell(cells.cell, cell) + 1] = 1;
  let x0 = region.column0;
  let y0 = region.row0;
  let x1 = x0 + region.width;
  let y1 = y0 + region.height;
  for (let r = 0; r < label.length; r++) {
    if (mine[label[r]] === 0) continue;
    x0 = Math.min(x0, runs.x[r]);
    x1 = Math.max(x1, runs.x[r] + runs.length[r]);
    y0 = Math.min(y0, runs.y[r]);
    y1 = Math.max(y1, runs.y[r] + 1);
  }
  checkPixels((x1 - x0) * (y1 - y0), `tile ${meta.tile}`);
  return { ...region, column0: x0, row0: y0, width: x1 - x0, height: y1 - y0 };
}

type Core = [x0: number, y0: number, x1: number, y1: number];

/** By label, the core of its owner tile. */
function ownerCores({ meta, cells, cores }: OutlineTile): Core[] {
  const byTile = new Map<number, Core>();
  cores.tile.forEach((tile, i) => {
    byTile.set(tile, [cores.x0[i], cores.y0[i], cores.x1[i], cores.y1[i]]);
  });
  const out: Core[] = [[0, 0, 0, 0]];
  for (let c = 0; c < cells.cell.length; c++) {
    const core = byTile.get(cells.tile[c]);
    if (core === undefined) {
      throw new SpatileError(
        'RUN_CORRUPT',
        `tile ${meta.tile}: cell ${cells.cell[c]} belongs to tile number ${cells.tile[c]}, which has no core here; delete the run directory and start again`,
      );
    }
    out.push(core);
  }
  return out;
}

function winner(cores: Core[], window: PixelWindow, x: number, row: number, a: number, b: number): number {
  const cx = window.originX + (window.column0 + x + 0.5) * window.sizeUm;
  const cy = window.originY + (window.row0 + row + 0.5) * window.sizeUm;
  const holds = ([x0, y0, x1, y1]: Core): boolean => cx >= x0 && cx < x1 && cy >= y0 && cy < y1;
  const holdsA = holds(cores[a]);
  if (holdsA !== holds(cores[b])) return holdsA ? a : b;
  return Math.min(a, b);
}
