import { storedTileFrame } from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import { GLOBALS_PIECE } from '@spatile/formats/tile/proseg';
import { borderWidthsUm } from '../plan/halo.ts';
import { RectIndex } from '../plan/rect-index.ts';
import { type RoundTask, resultName, taskKey } from '../run/rounds.ts';
import { type BorderUnit, borderUnits } from '../seams/border.ts';
import { ASSIGN_ROUND } from './geometric.ts';
import { modelPiece, type ProsegModel } from './proseg/model.ts';
import { borderSchedule, prosegSettings, tileSchedule } from './proseg/settings.ts';
import { bandUm, borderRound, type SettleInputs } from './settle-inputs.ts';
import type { AssignStage } from './stage.ts';
import { SETTLE_ROUND } from './states.ts';

/** Border units are small: they fill what tiles leave. Nothing in the graph waits for a settled tile. */
const BORDER_RANK = 1;
const SETTLE_RANK = 2;

/** The task of one tile of the round `assign`. */
export function prosegTask(
  stage: Pick<AssignStage, 'slide' | 'inputs' | 'transcripts'>,
  model: ProsegModel,
  tile: number,
): RoundTask {
  const { slide, inputs, transcripts } = stage;
  const { id, core } = slide.plan.tiles[tile];
  const config = slide.config.assign.proseg;
  return {
    id,
    round: ASSIGN_ROUND,
    kind: 'assign.proseg',
    weight: transcripts[tile],
    transcripts: transcripts[tile],
    areaUm: core,
    input: async (): Promise<Frame> => {
      const tile = inputs.storedTile(id, core, slide.plan.haloUm);
      return storedTileFrame(tile, {
        meta: {
          model: model.frame,
          settings: prosegSettings(config),
          schedule: tileSchedule(config),
          bandUm: bandUm(slide),
        },
        pieces: { [GLOBALS_PIECE]: modelPiece(model) },
      });
    },
  };
}

/** All border units of a run's plan, with their phases. */
export function prosegBorderUnits(stage: Pick<AssignStage, 'slide' | 'busyTiles'>): BorderUnit[] {
  const { slide, busyTiles } = stage;
  const config = slide.config.assign.proseg;
  if (config.schedule.borderIterations === 0) return [];
  const { tiles, extent } = slide.plan;
  const busy = new Set(busyTiles);
  const { halfWidthUm, contextUm } = borderWidthsUm(config, slide.cells);
  return borderUnits(tiles, halfWidthUm, contextUm, extent, (tile) => busy.has(tile));
}

/** Which units of a run meet. */
export class BorderLookup {
  readonly #units: readonly BorderUnit[];
  readonly #regions: RectIndex;

  constructor(units: readonly BorderUnit[]) {
    this.#units = units;
    this.#regions = new RectIndex(units.map(({ region }) => region));
  }

  /** The units of earlier phases that a unit meets, in the order of the phases: all that can have changed what it sees. */
  earlier({ phase, region }: BorderUnit): BorderUnit[] {
    return this.#regions
      .meeting(region)
      .map((i) => this.#units[i])
      .filter((unit) => unit.phase < phase)
      .sort(byPhase);
  }
}

const byPhase = (a: BorderUnit, b: BorderUnit): number => a.phase - b.phase || (a.id < b.id ? -1 : 1);

/** The task of one border unit, given the results of the tiles and of the earlier units that it meets. */
export function borderTask(
  stage: Pick<AssignStage, 'slide' | 'inputs'>,
  model: ProsegModel,
  settling: SettleInputs,
  unit: BorderUnit,
  lookup: BorderLookup,
): RoundTask {
  const { slide, inputs } = stage;
  const config = slide.config.assign.proseg;
  const earlier = lookup.earlier(unit);
  const contextUm = unit.strip.x0 - unit.region.x0;
  return {
    id: unit.id,
    round: borderRound(unit.phase),
    kind: 'assign.proseg.border',
    rank: BORDER_RANK,
    weight: (unit.strip.x1 - unit.strip.x0) * (unit.strip.y1 - unit.strip.y0),
    transcripts: 0,
    areaUm: unit.strip,
    needs: [
      ...settling.tilesAround(unit.region).map((tile) => taskKey(ASSIGN_ROUND, slide.plan.tiles[tile].id)),
      ...earlier.map(({ phase, id }) => taskKey(borderRound(phase), id)),
    ],
    input: async (): Promise<Frame> => {
      const tile = inputs.storedTile(unit.id, unit.strip, contextUm);
      const { sources, stored } = await settling.around(unit, earlier);
      return storedTileFrame(tile, {
        meta: {
          model: model.frame,
          settings: prosegSettings(config),
          schedule: borderSchedule(config),
          sources,
        },
        pieces: { [GLOBALS_PIECE]: modelPiece(model) },
        stored,
      });
    },
  };
}

/** Files of the run directory that hold what a border task or the settling of a tile needs. */
export const storedNeeds = ({ needs = [] }: RoundTask): string[] =>
  needs.map((key) => resultName(...(key.split('/') as [string, string])));

/**
 * Settling of every tile, once it, all tiles that can claim its transcripts and all border units that can have changed something
 * of it are committed.
 */
export function settleTasks(
  stage: Pick<AssignStage, 'slide' | 'busyTiles' | 'transcripts'>,
  settling: SettleInputs,
  units: readonly BorderUnit[],
): RoundTask[] {
  const { slide, busyTiles, transcripts } = stage;
  const { tiles } = slide.plan;
  const perTile = new Map<number, BorderUnit[]>(busyTiles.map((tile) => [tile, []]));
  for (const unit of units)
    for (const tile of settling.tilesAround(unit.region)) perTile.get(tile)?.push(unit);
  return [...perTile].map(([tile, near]) => {
    near.sort(byPhase);
    return {
      id: tiles[tile].id,
      round: SETTLE_ROUND,
      kind: 'assign.proseg.settle',
      rank: SETTLE_RANK,
      weight: transcripts[tile],
      transcripts: 0,
      uncounted: true,
      needs: [
        ...[tile, ...settling.claimants(tile)].map((other) => taskKey(ASSIGN_ROUND, tiles[other].id)),
        ...near.map(({ phase, id }) => taskKey(borderRound(phase), id)),
      ],
      input: () => settling.settling(tile, near),
    };
  });
}
