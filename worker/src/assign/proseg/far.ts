import type { AssignTile } from '@spatile/formats/tile/assign';
import type { ModelFrame } from '@spatile/formats/tile/proseg';
import type { ObservedVoxels, TileGrid } from './grid.ts';
import type { StartColumns } from './start.ts';

/** A place is far from cells when no first label lies within this distance along the axes, microns; first labels reach 4 um beyond nuclei. */
const FAR_UM = 8;

/** What lies far from every cell: the background alone, as far as can be told before any iteration. */
export interface FarFromCells {
  /** Transcripts by model gene. */
  farCounts: Uint32Array;
  /** One entry: modelled fine columns. */
  farColumns: Uint32Array;
}

/**
 * Counts transcripts and modelled columns of the core that lie far from every cell of the prior.
 * @param modelled 1 for the fine columns of the model, row-major.
 * @param source indices of the model's transcripts into the tile's table.
 */
export function farFromCells(
  tile: AssignTile,
  model: ModelFrame,
  grid: TileGrid,
  observed: ObservedVoxels,
  source: Uint32Array,
  modelled: Uint8Array,
  start: StartColumns,
): FarFromCells {
  const { coarseFactor, core } = grid;
  const near = nearCells(start, Math.ceil(FAR_UM / (grid.voxelUm * coarseFactor)));
  const isFar = (x: number, y: number): boolean =>
    near[Math.floor(y / coarseFactor) * start.width + Math.floor(x / coarseFactor)] === 0;
  const farColumns = new Uint32Array(1);
  for (let y = core.y0; y < core.y1; y++) {
    for (let x = core.x0; x < core.x1; x++)
      if (modelled[y * grid.width + x] === 1 && isFar(x, y)) farColumns[0]++;
  }
  const farCounts = new Uint32Array(model.genes);
  for (const i of source) {
    const x = observed.x[i];
    const y = observed.y[i];
    if (x >= core.x0 && x < core.x1 && y >= core.y0 && y < core.y1 && isFar(x, y))
      farCounts[tile.transcripts.gene[i]]++;
  }
  return { farCounts, farColumns };
}

/** 1 for the coarse columns within `steps` face steps of a label. */
function nearCells({ label, width, height }: StartColumns, steps: number): Uint8Array {
  let near = Uint8Array.from(label, (cell) => (cell === 0 ? 0 : 1));
  for (let step = 0; step < steps; step++) {
    const before = near;
    near = before.slice();
    for (let at = 0; at < before.length; at++) {
      if (before[at] === 0) continue;
      const x = at % width;
      if (x > 0) near[at - 1] = 1;
      if (x + 1 < width) near[at + 1] = 1;
      if (at >= width) near[at - width] = 1;
      if (at + width < width * height) near[at + width] = 1;
    }
  }
  return near;
}
