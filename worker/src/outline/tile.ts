import type { Frame } from '@spatile/formats/tile/frame';
import { cellsNear } from '@spatile/formats/tile/nearby';
import {
  type OutlineSources,
  type OutlineTile,
  type OutlineTileMeta,
  outlineNucleiFrom,
  outlineTileFrom,
} from '@spatile/formats/tile/outline';
import { voxelBox } from '@spatile/formats/tile/runs';
import { settledVoxelsIn } from '@spatile/formats/tile/settled';

const NO_LOADINGS = { value: new Float32Array(0) };

/** The tile of an outline task, from its tables or from the voxels that ride along as stored. Errors: `RUN_CORRUPT`. */
export function outlineTileOf(frame: Frame): OutlineTile {
  const sources = frame.meta.sources as OutlineSources | undefined;
  if (sources === undefined) return outlineTileFrom(frame);
  const { sources: _, ...rest } = frame.meta;
  const meta = rest as unknown as OutlineTileMeta;
  const cells = sources.tiles.flatMap(({ tile, voxels }) =>
    voxels.map((name) => ({ tile, loadings: NO_LOADINGS, ...settledVoxelsIn(frame, name) })),
  );
  const own = cells.flatMap(({ tile, cells: { cell } }) => (tile === sources.own ? [...cell] : []));
  const near = cellsNear(cells, voxelBox(meta.region, meta.gridOriginUm, meta.voxelUm));
  const listed = new Set(near.cells.map(({ cell }) => cell));
  const edge = (name: 'x0' | 'y0' | 'x1' | 'y1'): Float64Array =>
    Float64Array.from(sources.tiles, ({ core }) => core[name]);
  return {
    meta,
    transcripts: { x: new Float32Array(0), y: new Float32Array(0), cell: new Uint32Array(0) },
    runs: near.runs,
    cells: {
      cell: Uint32Array.from(near.cells, ({ cell }) => cell),
      tile: Uint32Array.from(near.cells, ({ tile }) => tile),
    },
    cores: {
      tile: Uint32Array.from(sources.tiles, ({ tile }) => tile),
      ...{ x0: edge('x0'), y0: edge('y0'), x1: edge('x1'), y1: edge('y1') },
    },
    owned: { cell: Uint32Array.from(own).sort() },
    ...outlineNucleiFrom(frame, (cell) => listed.has(cell)),
  };
}
