import { growRect, type RectUm, rectsIntersect } from '@spatile/formats/space';
import { ASSIGN_RESULT, type AssignResult } from '@spatile/formats/tile/assign';
import type { Frame, StoredPiece } from '@spatile/formats/tile/frame';
import { FAR_PIECE, OUTCOME_PIECE, type PartPlace } from '@spatile/formats/tile/parts';
import { type VoxelBox, voxelBox } from '@spatile/formats/tile/runs';
import { type SettleSources, settleTileFrame, type TileSource } from '@spatile/formats/tile/settle';
import { borderWidthsUm } from '../plan/halo.ts';
import { StoredPieces } from '../run/pieces.ts';
import { resultName } from '../run/rounds.ts';
import type { SlideContext } from '../run/slide.ts';
import type { BorderUnit } from '../seams/border.ts';
import { ASSIGN_ROUND } from './geometric.ts';
import type { AssignStage, AssignSummary } from './stage.ts';

type Stage = Pick<AssignStage, 'slide' | 'store' | 'regions' | 'busyTiles'>;

/** Folder of the results of a phase of the border round. */
export const borderRound = (phase: number): string => `assign-border-${phase}`;

/** How far from an edge of a core border units and neighbours look. */
export function bandUm({ config, cells, plan }: SlideContext): number {
  const { halfWidthUm, contextUm } = borderWidthsUm(config.assign.proseg, cells);
  return Math.max(2 * plan.haloUm, halfWidthUm + contextUm);
}

/** Forwards stored results of tiles and border units to the tasks that settle them, as they are. */
export class SettleInputs {
  readonly results: StoredPieces;
  private readonly slide: SlideContext;
  private readonly regions: AssignStage['regions'];
  private readonly busy: ReadonlySet<number>;

  constructor({ slide, store, regions, busyTiles }: Stage) {
    this.results = new StoredPieces(store, ASSIGN_RESULT);
    this.slide = slide;
    this.regions = regions;
    this.busy = new Set(busyTiles);
  }

  /** What a tile's worker said beside its verdicts. Errors: `RUN_CORRUPT`. */
  async metaOf(tile: number): Promise<AssignResult['meta'] & { parts: PartPlace[] }> {
    return (await this.results.layout(this.nameOf(tile))).meta as never;
  }

  /** Numbers of the workers for the report, by tile. Errors: `RUN_CORRUPT`. */
  async diagnostics(tiles: readonly number[]): Promise<AssignSummary['diagnostics']> {
    const found: AssignSummary['diagnostics'] = [];
    for (const tile of tiles) {
      const { tile: id, diagnostics: values } = await this.metaOf(tile);
      found.push({ tile: id, values });
    }
    return found;
  }

  /** Tiles that hold something and may have to do with what lies in a rectangle: its own, and those whose halo meets it. */
  tilesAround(rect: RectUm): number[] {
    const { haloUm, latticeUm } = this.slide.plan;
    const around = this.regions.tilesIn(growRect(rect, Math.max(haloUm, latticeUm)));
    return around.filter((tile) => this.busy.has(tile));
  }

  /**
   * What is known around a border unit.
   * @param earlier the units of earlier phases that it meets, in the order of the phases.
   */
  async around(
    { region }: BorderUnit,
    earlier: readonly BorderUnit[],
  ): Promise<{ sources: SettleSources; stored: Record<string, StoredPiece> }> {
    const { plan, config } = this.slide;
    const inside = voxelBox(region, plan.gridOriginUm, config.assign.proseg.voxelUm);
    const stored: Record<string, StoredPiece> = {};
    const tiles: TileSource[] = [];
    for (const tile of this.tilesAround(region)) {
      const { parts } = await this.metaOf(tile);
      const near = parts.filter(
        ({ placesUm, voxels }) => placesMeet(placesUm, region) || voxelsMeet(voxels, inside),
      );
      tiles.push(
        await this.source(
          stored,
          tile,
          near.map(({ name }) => name),
          true,
        ),
      );
    }
    return { sources: { tiles, units: await this.outcomes(stored, earlier) }, stored };
  }

  /**
   * The input of the task that settles a tile.
   * @param units those that may have changed something of it, in the order of their phases.
   */
  async settling(tile: number, units: readonly BorderUnit[]): Promise<Frame> {
    const { plan } = this.slide;
    const { id } = plan.tiles[tile];
    const { parts, voxelUm, layers, layerUm } = await this.metaOf(tile);
    const stored: Record<string, StoredPiece> = {};
    const all = parts.map(({ name }) => name);
    const tiles = [await this.source(stored, tile, all, false)];
    for (const other of this.claimants(tile)) tiles.push(await this.source(stored, other, [], true));
    return settleTileFrame(
      {
        tile: id,
        number: tile,
        grid: { voxelUm, layers, layerUm },
        gridOriginUm: plan.gridOriginUm,
        bandUm: bandUm(this.slide),
        sources: { tiles, units: await this.outcomes(stored, units) },
      },
      stored,
    );
  }

  /** The other tiles that can claim transcripts of a tile. */
  claimants(tile: number): number[] {
    const { tiles, haloUm } = this.slide.plan;
    const { core } = tiles[tile];
    return this.tilesAround(core).filter(
      (other) => other !== tile && rectsIntersect(growRect(tiles[other].core, haloUm), core),
    );
  }

  private nameOf(tile: number): string {
    return resultName(ASSIGN_ROUND, this.slide.plan.tiles[tile].id);
  }

  private async source(
    stored: Record<string, StoredPiece>,
    tile: number,
    parts: readonly string[],
    far: boolean,
  ): Promise<TileSource> {
    const names = await this.results.add(stored, this.nameOf(tile), far ? [...parts, FAR_PIECE] : parts);
    const { core } = this.slide.plan.tiles[tile];
    return { tile, core, parts: names.slice(0, parts.length), far: far ? names[parts.length] : null };
  }

  private async outcomes(
    stored: Record<string, StoredPiece>,
    units: readonly BorderUnit[],
  ): Promise<string[]> {
    const names: string[] = [];
    for (const { phase, id } of units)
      names.push(...(await this.results.add(stored, resultName(borderRound(phase), id), [OUTCOME_PIECE])));
    return names;
  }
}

const placesMeet = (places: RectUm | null, rect: RectUm): boolean =>
  places !== null &&
  places.x0 < rect.x1 &&
  places.x1 >= rect.x0 &&
  places.y0 < rect.y1 &&
  places.y1 >= rect.y0;

const voxelsMeet = (voxels: VoxelBox | null, [x0, y0, x1, y1]: VoxelBox): boolean =>
  voxels !== null && voxels[0] < x1 && voxels[2] > x0 && voxels[1] < y1 && voxels[3] > y0;
