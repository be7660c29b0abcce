import type { OutlineTile } from '@spatile/formats/tile/outline';
import { indexOfCell } from '../index-of-cell.ts';
import { columnOf, rowOf } from '../raster/lattice.ts';
import type { Volume } from './volume.ts';

/**
 * One cell per x/y column: the one with most transcripts over its layers (transcripts observed in the column that were
 * given to that cell), ties by more layers, then the lower cell (consensus boundaries of Jones et al., Nat Methods 22:1331, 2025).
 *
 * Then every cell that lost all its columns gets one back: the one where it is strongest by the same rule (then the first in
 * scan order) among those whose holder keeps another; cells in ascending order. A cell for which there is none stays without.
 *
 * Returns height x width labels; with one layer that is the volume's own raster.
 */
export function consensusMap(volume: Volume, tile: OutlineTile): Int32Array {
  if (volume.layers === 1) return volume.labels;
  const { map, shared } = uncontestedColumns(volume);
  const evidence = countEvidence(volume, tile, map, shared);
  shared.forEach((column, s) => {
    map[column] = strongest(volume, evidence, column, s);
  });
  keepOneColumn(volume, evidence, map, shared);
  return map;
}

/** Columns of one cell only get it; the s-th column with several gets -(s+1). */
function uncontestedColumns({ labels, layers, window }: Volume): { map: Int32Array; shared: number[] } {
  const plane = window.width * window.height;
  const map = labels.slice(0, plane);
  const shared: number[] = [];
  for (let layer = 1; layer < layers; layer++) {
    const at = layer * plane;
    for (let k = 0; k < plane; k++) {
      const label = labels[at + k];
      if (label === 0 || label === map[k] || map[k] < 0) continue;
      map[k] = map[k] === 0 ? label : -1;
    }
  }
  for (let k = 0; k < plane; k++) {
    if (map[k] >= 0) continue;
    shared.push(k);
    map[k] = -shared.length;
  }
  return { map, shared };
}

/** Transcripts per shared column and cell, stored at the cell's first layer there: shared x layers. */
function countEvidence(volume: Volume, tile: OutlineTile, map: Int32Array, shared: number[]): Uint32Array {
  const { window, labels, layers } = volume;
  const plane = window.width * window.height;
  const evidence = new Uint32Array(shared.length * layers);
  const { x, y, cell } = tile.transcripts;
  for (let i = 0; i < x.length; i++) {
    if (cell[i] === 0) continue;
    const column = columnOf(window, x[i]) - window.column0;
    const row = rowOf(window, y[i]) - window.row0;
    if (!(column >= 0 && column < window.width && row >= 0 && row < window.height)) continue;
    const k = row * window.width + column;
    if (map[k] >= 0) continue;
    const label = indexOfCell(tile.cells.cell, cell[i]) + 1;
    for (let layer = 0; label > 0 && layer < layers; layer++) {
      if (labels[layer * plane + k] !== label) continue;
      evidence[(-map[k] - 1) * layers + layer]++;
      break;
    }
  }
  return evidence;
}

interface Claim {
  transcripts: number;
  layers: number;
}

/** What a cell has in a shared column. */
function claimOf(volume: Volume, evidence: Uint32Array, column: number, s: number, label: number): Claim {
  const plane = volume.window.width * volume.window.height;
  const claim = { transcripts: 0, layers: 0 };
  for (let layer = 0; layer < volume.layers; layer++) {
    if (volume.labels[layer * plane + column] !== label) continue;
    if (claim.layers++ === 0) claim.transcripts = evidence[s * volume.layers + layer];
  }
  return claim;
}

const stronger = (a: Claim, b: Claim): boolean =>
  a.transcripts !== b.transcripts ? a.transcripts > b.transcripts : a.layers > b.layers;

function strongest(volume: Volume, evidence: Uint32Array, column: number, s: number): number {
  const plane = volume.window.width * volume.window.height;
  let best = 0;
  let bestClaim: Claim = { transcripts: 0, layers: 0 };
  for (let layer = 0; layer < volume.layers; layer++) {
    const label = volume.labels[layer * plane + column];
    if (label === 0 || label === best) continue;
    const claim = claimOf(volume, evidence, column, s, label);
    if (best === 0 || stronger(claim, bestClaim) || (!stronger(bestClaim, claim) && label < best)) {
      best = label;
      bestClaim = claim;
    }
  }
  return best;
}

function keepOneColumn(volume: Volume, evidence: Uint32Array, map: Int32Array, shared: number[]): void {
  const columns = new Uint32Array(volume.voxels.length);
  for (let k = 0; k < map.length; k++) columns[map[k]]++;
  const offers = columnsOfLost(volume, columns, shared);
  for (const label of [...offers.keys()].sort((a, b) => a - b)) {
    let best = -1;
    let bestClaim: Claim = { transcripts: -1, layers: 0 };
    for (const s of offers.get(label)!) {
      if (columns[map[shared[s]]] < 2) continue;
      const claim = claimOf(volume, evidence, shared[s], s, label);
      if (best < 0 || stronger(claim, bestClaim)) {
        best = s;
        bestClaim = claim;
      }
    }
    if (best < 0) continue;
    columns[map[shared[best]]]--;
    columns[label]++;
    map[shared[best]] = label;
  }
}

/** Shared columns of the cells that hold none, in scan order. Cells cut by the window may hold one beyond it. */
function columnsOfLost(volume: Volume, columns: Uint32Array, shared: number[]): Map<number, number[]> {
  const plane = volume.window.width * volume.window.height;
  const lost = new Map<number, number[]>();
  shared.forEach((column, s) => {
    for (let layer = 0; layer < volume.layers; layer++) {
      const label = volume.labels[layer * plane + column];
      if (label === 0 || columns[label] > 0 || volume.clipped[label] === 1) continue;
      const list = lost.get(label) ?? [];
      lost.set(label, list);
      if (list[list.length - 1] !== s) list.push(s);
    }
  });
  return lost;
}
