import { growRect, type RectUm } from '@spatile/formats/space';
import type { Frame, StoredPiece } from '@spatile/formats/tile/frame';
import { type OutlineSource, outlineSourcesFrame } from '@spatile/formats/tile/outline';
import { type VoxelBox, voxelBox } from '@spatile/formats/tile/runs';
import {
  CELLS_PIECE,
  SETTLED_TILE,
  type SettledCells,
  type SettledMeta,
  settledCellsIn,
} from '@spatile/formats/tile/settled';
import type { AssignStage } from '../assign/stage.ts';
import { BORDERS, stateName } from '../assign/states.ts';
import { StoredPieces } from '../run/pieces.ts';
import { nucleiOf } from './nuclei.ts';
import { ReachSurvey } from './reach.ts';

type Stage = Pick<AssignStage, 'slide' | 'store' | 'regions' | 'busyTiles'>;

/**
 * Inputs of the outline stage where outlines come from voxels and nuclei: voxels that workers settled, as they were stored, and the
 * nuclei of the cells around. Memory grows with cells, 28 bytes by cell.
 */
export class StoredOutlines {
  private readonly slide: Stage['slide'];
  private readonly regions: Stage['regions'];
  private readonly busyTiles: readonly number[];
  private readonly pieces: StoredPieces;
  private readonly cells = new Map<number, SettledCells>();
  private reachUm = 0;

  constructor({ slide, store, regions, busyTiles }: Stage) {
    this.slide = slide;
    this.regions = regions;
    this.busyTiles = busyTiles;
    this.pieces = new StoredPieces(store, SETTLED_TILE);
  }

  /** Reads what is known of the cells; gives the tiles that own one with a voxel. Errors: `RUN_CORRUPT`. */
  async survey(): Promise<number[]> {
    const reach = new ReachSurvey(this.slide);
    const tiles: number[] = [];
    for (const tile of this.busyTiles) {
      const { frame, as } = await this.pieces.one(this.nameOf(tile), CELLS_PIECE);
      const cells = settledCellsIn(frame, as);
      if (cells.cell.length === 0) continue;
      tiles.push(tile);
      this.cells.set(tile, cells);
      reach.add(cells, (await this.metaOf(tile)).grid.voxelUm);
    }
    this.reachUm = reach.median();
    return tiles;
  }

  /** The input of one tile. Errors: `RUN_CORRUPT`. */
  async input(tile: number): Promise<Frame> {
    const { plan, config } = this.slide;
    const { id, core } = plan.tiles[tile];
    const { grid, voxels } = await this.metaOf(tile);
    const { voxelUm, layers, layerUm } = grid;
    const region = growRect(this.occupied(core, voxels, voxelUm), plan.haloUm);
    const inside = voxelBox(region, plan.gridOriginUm, voxelUm);
    const stored: Record<string, StoredPiece> = {};
    const sources: OutlineSource[] = [];
    const near: number[] = [];
    for (const other of this.regions.tilesIn(growRect(region, plan.haloUm))) {
      const cells = this.cells.get(other);
      if (cells === undefined) continue;
      const { voxels: places } = await this.metaOf(other);
      const wanted = places.filter((place) => meets(place.voxels, inside)).map(({ name }) => name);
      const names = await this.pieces.add(stored, this.nameOf(other), wanted);
      sources.push({ tile: other, core: plan.tiles[other].core, voxels: names });
      near.push(...cellsMeeting(cells, inside));
    }
    const meta = {
      ...{ tile: id, core, region, gridOriginUm: plan.gridOriginUm, voxelUm, layers, layerUm },
      layerShapes: config.output.layers,
      reachUm: this.reachUm,
    };
    const nuclei = nucleiOf(this.slide, Uint32Array.from(near).sort());
    return outlineSourcesFrame(meta, nuclei, { own: tile, tiles: sources }, stored);
  }

  /** The core and the voxels of its cells. */
  private occupied(core: RectUm, places: SettledMeta['voxels'], voxelUm: number): RectUm {
    const [x, y] = this.slide.plan.gridOriginUm;
    const boxes = places.flatMap(({ voxels }) => (voxels === null ? [] : [voxels]));
    const least = (edge: 0 | 1, from: number, of: number): number =>
      Math.min(of, ...boxes.map((box) => from + box[edge] * voxelUm));
    const most = (edge: 2 | 3, from: number, of: number): number =>
      Math.max(of, ...boxes.map((box) => from + box[edge] * voxelUm));
    return {
      x0: least(0, x, core.x0),
      y0: least(1, y, core.y0),
      x1: most(2, x, core.x1),
      y1: most(3, y, core.y1),
    };
  }

  private async metaOf(tile: number): Promise<SettledMeta> {
    return (await this.pieces.layout(this.nameOf(tile))).meta as unknown as SettledMeta;
  }

  private nameOf(tile: number): string {
    return stateName(BORDERS, this.slide.plan.tiles[tile].id);
  }
}

const meets = (box: VoxelBox | null, [x0, y0, x1, y1]: VoxelBox): boolean =>
  box !== null && box[0] < x1 && box[2] > x0 && box[1] < y1 && box[3] > y0;

/** Cells whose bounding box meets another. */
function cellsMeeting({ cell, x0, y0, x1, y1 }: SettledCells, box: VoxelBox): number[] {
  const found: number[] = [];
  for (let i = 0; i < cell.length; i++) if (meets([x0[i], y0[i], x1[i], y1[i]], box)) found.push(cell[i]);
  return found;
}
