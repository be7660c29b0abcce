import { type AssignTile, OUTLINE_CELL, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import { fillRings } from '../../raster/scanline.ts';
import type { ObservedVoxels, TileGrid } from './grid.ts';

/** Classes of trust in the prior. */
export const CLASS_NONE = 0;
export const CLASS_NUCLEUS = 1;
export const CLASS_CELL = 2;

/** What the sampler starts from, per coarse column (row-major); cells are tile-local, 0 = background. */
export interface StartColumns {
  width: number;
  height: number;
  label: Uint16Array;
  priorLabel: Uint16Array;
  priorClass: Uint8Array;
}

/**
 * First labels and prior of a tile: nucleus rings on coarse voxel centres; for cells without one their cell ring; for cells without
 * any ring the columns where most prior transcripts are theirs (nuclear ones if the cell has any). Whoever comes first keeps a
 * column, cells in ascending order, rings before votes; a cell left without a column gets the one of its seed.
 * `cellIndex`: tile-local index (1..) by position in `tile.cells`.
 */
export function startColumns(tile: AssignTile, grid: TileGrid, observed: ObservedVoxels): StartColumns {
  const width = grid.width / grid.coarseFactor;
  const height = grid.height / grid.coarseFactor;
  const size = width * height;
  const columns: StartColumns = {
    width,
    height,
    label: new Uint16Array(size),
    priorLabel: new Uint16Array(size),
    priorClass: new Uint8Array(size),
  };
  const rings = ringsOf(tile, grid);
  const paint = (cell: number, kind: number, label: boolean): void => {
    const shape = rings.get(ringKey(cell, kind));
    if (shape !== undefined)
      fill(
        columns,
        shape,
        cell,
        kind === OUTLINE_NUCLEUS ? CLASS_NUCLEUS : CLASS_CELL,
        label,
        `tile ${tile.meta.tile}`,
      );
  };
  const cells = tile.cells.cell.length;
  const has = (cell: number, kind: number): boolean => rings.has(ringKey(cell, kind));
  for (let c = 1; c <= cells; c++) paint(c, OUTLINE_NUCLEUS, true);
  for (let c = 1; c <= cells; c++) paint(c, OUTLINE_CELL, !has(c, OUTLINE_NUCLEUS));
  const ringless = Uint8Array.from({ length: cells + 1 }, (_, c) =>
    c > 0 && !has(c, OUTLINE_NUCLEUS) && !has(c, OUTLINE_CELL) ? 1 : 0,
  );
  if (ringless.includes(1)) vote(columns, tile, grid, observed, ringless);
  placeSeeds(columns, tile, grid);
  grow(columns, Math.round(GROWTH_UM / (grid.voxelUm * grid.coarseFactor)));
  return columns;
}

/**
 * Cells start larger than their nuclei: with cytoplasm counted as background, the background rates of the fit begin far too high
 * and need hundreds of iterations to come down. Moves take back what is too much.
 */
const GROWTH_UM = 4;

/** Cells spread over free columns by `steps` voxels, along the axes; a column wanted by two goes to the lower cell. */
function grow(columns: StartColumns, steps: number): void {
  const { width, height } = columns;
  for (let step = 0; step < steps; step++) {
    const before = columns.label.slice();
    for (let at = 0; at < before.length; at++) {
      if (before[at] !== 0) continue;
      const x = at % width;
      const y = Math.floor(at / width);
      let lowest = 0;
      const look = (inside: boolean, cell: number): void => {
        if (inside && cell !== 0 && (lowest === 0 || cell < lowest)) lowest = cell;
      };
      look(x > 0, before[at - 1]);
      look(x + 1 < width, before[at + 1]);
      look(y > 0, before[at - width]);
      look(y + 1 < height, before[at + width]);
      columns.label[at] = lowest;
    }
  }
}

const ringKey = (cell: number, kind: number): number => cell * 2 + kind;

/** Rings in coarse voxels of the region, by (tile-local cell, kind). */
function ringsOf(tile: AssignTile, grid: TileGrid): Map<number, Float64Array[]> {
  const { rings, vertices, cells } = tile;
  const local = localIndex(cells.cell);
  const edge = grid.voxelUm * grid.coarseFactor;
  const x0 = grid.originUm[0] + grid.firstColumn * grid.voxelUm;
  const y0 = grid.originUm[1] + grid.firstRow * grid.voxelUm;
  const out = new Map<number, Float64Array[]>();
  for (let r = 0; r < rings.cell.length; r++) {
    const cell = local(rings.cell[r]);
    if (cell === 0) continue;
    const ring = new Float64Array(rings.count[r] * 2);
    for (let k = 0; k < rings.count[r]; k++) {
      ring[2 * k] = (vertices.x[rings.start[r] + k] - x0) / edge;
      ring[2 * k + 1] = (vertices.y[rings.start[r] + k] - y0) / edge;
    }
    const key = ringKey(cell, rings.kind[r]);
    const list = out.get(key);
    if (list === undefined) out.set(key, [ring]);
    else list.push(ring);
  }
  return out;
}

/** Tile-local index (1..) of a slide cell by binary search in the ascending list; 0 when absent. */
export function localIndex(cells: Uint32Array): (cell: number) => number {
  return (cell) => {
    let low = 0;
    let high = cells.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cells[middle] < cell) low = middle + 1;
      else high = middle;
    }
    return low < cells.length && cells[low] === cell ? low + 1 : 0;
  };
}

function fill(
  columns: StartColumns,
  shape: Float64Array[],
  cell: number,
  trust: number,
  asLabel: boolean,
  where: string,
): void {
  const runs = fillRings(shape, where);
  for (let k = 0; k < runs.y.length; k++) {
    const y = runs.y[k];
    if (y < 0 || y >= columns.height) continue;
    const from = Math.max(0, runs.x[k]);
    const to = Math.min(columns.width, runs.x[k] + runs.length[k]);
    for (let x = from; x < to; x++) {
      const at = y * columns.width + x;
      if (asLabel && columns.label[at] === 0) columns.label[at] = cell;
      if (columns.priorClass[at] !== CLASS_NONE) continue;
      columns.priorClass[at] = trust;
      columns.priorLabel[at] = cell;
    }
  }
}

/** Columns of the cells without rings, by majority of their prior transcripts; ties go to the lower cell. */
function vote(
  columns: StartColumns,
  tile: AssignTile,
  grid: TileGrid,
  observed: ObservedVoxels,
  ringless: Uint8Array,
): void {
  const { prior, nuclear } = tile.transcripts;
  const local = localIndex(tile.cells.cell);
  const cellOf = Uint16Array.from(prior, (cell) => (cell === 0 ? 0 : local(cell)));
  const hasNuclear = new Uint8Array(ringless.length);
  for (let i = 0; i < cellOf.length; i++) if (nuclear[i] === 1) hasNuclear[cellOf[i]] = 1;
  const f = grid.coarseFactor;
  const columnOf = (i: number): number =>
    Math.floor(observed.y[i] / f) * columns.width + Math.floor(observed.x[i] / f);
  const count = (counts: (i: number) => boolean, won: (column: number, cell: number) => void): void => {
    const votes = new Float64Array(cellOf.length);
    let n = 0;
    for (let i = 0; i < cellOf.length; i++) {
      if (ringless[cellOf[i]] === 1 && counts(i)) votes[n++] = columnOf(i) * CELL_STEP + cellOf[i];
    }
    elect(votes.subarray(0, n), won);
  };
  const trust =
    (wanted: number) =>
    (column: number, cell: number): void => {
      if (columns.priorClass[column] !== CLASS_NONE) return;
      columns.priorClass[column] = wanted;
      columns.priorLabel[column] = cell;
    };
  count(
    (i) => nuclear[i] === 1 || hasNuclear[cellOf[i]] === 0,
    (column, cell) => {
      if (columns.label[column] === 0) columns.label[column] = cell;
    },
  );
  count((i) => nuclear[i] === 1, trust(CLASS_NUCLEUS));
  count(() => true, trust(CLASS_CELL));
}

/** Votes are column * CELL_STEP + cell: sorting groups them, exactly in doubles. */
const CELL_STEP = 65536;

/** Calls `won` for every column with the cell that has most votes there; ties go to the lower cell. */
function elect(votes: Float64Array, won: (column: number, cell: number) => void): void {
  votes.sort();
  for (let i = 0; i < votes.length; ) {
    const column = Math.floor(votes[i] / CELL_STEP);
    let best = 0;
    let most = 0;
    while (i < votes.length && Math.floor(votes[i] / CELL_STEP) === column) {
      const vote = votes[i];
      let count = 0;
      for (; i < votes.length && votes[i] === vote; i++) count++;
      if (count > most) [best, most] = [vote - column * CELL_STEP, count];
    }
    won(column, best);
  }
}

/** Cells without a column take the nearest one to their seed that is free or whose holder has another. */
function placeSeeds(columns: StartColumns, tile: AssignTile, grid: TileGrid): void {
  const count = new Uint32Array(tile.cells.cell.length + 1);
  for (const cell of columns.label) count[cell]++;
  const edge = grid.voxelUm * grid.coarseFactor;
  for (let c = 1; c < count.length; c++) {
    if (count[c] > 0) continue;
    const x =
      Math.floor((tile.cells.seedX[c - 1] - grid.originUm[0]) / edge) - grid.firstColumn / grid.coarseFactor;
    const y =
      Math.floor((tile.cells.seedY[c - 1] - grid.originUm[1]) / edge) - grid.firstRow / grid.coarseFactor;
    if (x < 0 || x >= columns.width || y < 0 || y >= columns.height) continue;
    const at = nearestFree(columns, count, x, y);
    if (at < 0) continue;
    count[columns.label[at]]--;
    columns.label[at] = c;
    count[c] = 1;
  }
}

function nearestFree(columns: StartColumns, count: Uint32Array, x: number, y: number): number {
  const { width, height, label } = columns;
  const free = (i: number, j: number): boolean => {
    if (i < 0 || i >= width || j < 0 || j >= height) return false;
    const held = label[j * width + i];
    return held === 0 || count[held] > 1;
  };
  for (let radius = 0; radius < Math.max(width, height); radius++) {
    for (let j = y - radius; j <= y + radius; j++) {
      const step = Math.abs(j - y) === radius ? 1 : Math.max(1, 2 * radius);
      for (let i = x - radius; i <= x + radius; i += step) if (free(i, j)) return j * width + i;
    }
  }
  return -1;
}
