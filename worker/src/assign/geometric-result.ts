import { rectContains } from '@spatile/formats/space';
import { type AssignResult, type AssignTile, assignResultFrame } from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import { labelRuns } from '../raster/labels.ts';
import type { PixelWindow } from '../raster/lattice.ts';

/**
 * The result of a geometric method: one claim per transcript observed in the core, one layer of pixels for the owned cells.
 *
 * `labels`: final cell of every pixel (k = the (k-1)-th cell of the tile, 0 = none).
 * `verdict(i)`: slide cell of the i-th transcript of the tile, 0 = background; asked for core transcripts only.
 */
export function geometricResult(
  tile: AssignTile,
  method: string,
  window: PixelWindow,
  labels: Int32Array,
  verdict: (i: number) => number,
  diagnostics: Record<string, number>,
): Frame {
  const { claims, assigned } = coreClaims(tile, verdict);
  const wanted = new Uint8Array(tile.cells.cell.length + 1);
  wanted.set(tile.cells.owned, 1);
  const { start, y, x, length } = labelRuns(labels, window, wanted);
  const runCell = new Uint32Array(y.length);
  const present: number[] = [];
  for (let c = 0; c < tile.cells.cell.length; c++) {
    if (start[c + 2] === start[c + 1]) continue;
    present.push(tile.cells.cell[c]);
    runCell.fill(tile.cells.cell[c], start[c + 1], start[c + 2]);
  }
  const result: AssignResult = {
    meta: {
      tile: tile.meta.tile,
      method,
      voxelUm: window.sizeUm,
      layers: 1,
      layerUm: 0,
      diagnostics: { ...diagnostics, transcripts: claims.row.length, assigned },
    },
    claims,
    runs: { cell: runCell, layer: new Uint16Array(y.length), y, x, length },
    cells: { cell: Uint32Array.from(present), component: new Uint16Array(present.length) },
    loadings: { value: new Float32Array(0) },
  };
  return assignResultFrame(result);
}

function coreClaims(
  { meta, transcripts }: AssignTile,
  verdict: (i: number) => number,
): { claims: AssignResult['claims']; assigned: number } {
  const { row, x, y } = transcripts;
  let count = 0;
  for (let i = 0; i < row.length; i++) if (rectContains(meta.core, x[i], y[i])) count++;
  const claims = {
    row: new Uint32Array(count),
    cell: new Uint32Array(count),
    probability: new Float32Array(count).fill(1),
    dx: new Int8Array(count),
    dy: new Int8Array(count),
    dl: new Int8Array(count),
  };
  let assigned = 0;
  for (let i = 0, k = 0; i < row.length; i++) {
    if (!rectContains(meta.core, x[i], y[i])) continue;
    claims.row[k] = row[i];
    claims.cell[k] = verdict(i);
    if (claims.cell[k] !== 0) assigned++;
    k++;
  }
  return { claims, assigned };
}

/** The label of the pixel that holds a point, 0 outside the raster. */
export function labelAt(labels: Int32Array, window: PixelWindow, x: number, y: number): number {
  const column = Math.floor((x - window.originX) / window.sizeUm) - window.column0;
  const row = Math.floor((y - window.originY) / window.sizeUm) - window.row0;
  if (!(column >= 0 && column < window.width && row >= 0 && row < window.height)) return 0;
  return labels[row * window.width + column];
}
