import { growRect, rectsIntersect } from '@spatile/formats/space';
import { storedTileFrame } from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import { GLOBALS_PIECE } from '@spatile/formats/tile/proseg';
import { borderWidthsUm } from '../plan/halo.ts';
import { RectIndex } from '../plan/rect-index.ts';
import { type OwnTask, type RoundTask, resultName, taskKey } from '../run/rounds.ts';
import { type BorderUnit, borderUnits } from '../seams/border.ts';
import { borderState } from './border-input.ts';
import { ASSIGN_ROUND } from './geometric.ts';
import { modelPiece, type ProsegModel } from './proseg/model.ts';
import { borderSchedule, prosegSettings, tileSchedule } from './proseg/settings.ts';
import { borderRound, type ProsegResults } from './proseg-results.ts';
import { foldUnits, settleTile } from './proseg-settle.ts';
import type { AssignStage } from './stage.ts';
import { BORDERS, SETTLED, stateName } from './states.ts';

/** What the coordinator does itself between the tasks of workers. */
const SETTLE_ROUND = 'assign-settle';
const FOLD_ROUND = 'assign-border-settle';
/** Border units are small: they fill what tiles leave. */
const BORDER_RANK = 1;

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
      const tile = await inputs.storedTile(id, core, slide.plan.haloUm);
      return storedTileFrame(tile, {
        meta: {
          model: model.frame,
          settings: prosegSettings(config),
          schedule: tileSchedule(config),
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

/** What every border task of a run looks up: which units meet, and which tiles hold anything. */
export class BorderLookup {
  readonly busy: ReadonlySet<number>;
  readonly #units: readonly BorderUnit[];
  readonly #regions: RectIndex;

  constructor(units: readonly BorderUnit[], busyTiles: readonly number[]) {
    this.busy = new Set(busyTiles);
    this.#units = units;
    this.#regions = new RectIndex(units.map(({ region }) => region));
  }

  /** The units of earlier phases that a unit meets, in the order of the phases: all that can have changed what it sees. */
  earlier({ phase, region }: BorderUnit): BorderUnit[] {
    return this.#regions
      .meeting(region)
      .map((i) => this.#units[i])
      .filter((unit) => unit.phase < phase)
      .sort((a, b) => a.phase - b.phase || (a.id < b.id ? -1 : 1));
  }
}

/** The task of one border unit, given the settled tiles and the results of the earlier units that it meets. */
export function borderTask(
  stage: Pick<AssignStage, 'slide' | 'inputs' | 'regions' | 'states'>,
  model: ProsegModel,
  results: ProsegResults,
  unit: BorderUnit,
  lookup: BorderLookup,
): RoundTask {
  const { slide, inputs, regions, states } = stage;
  const config = slide.config.assign.proseg;
  const { busy } = lookup;
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
      ...tilesSeenBy(stage, unit).flatMap((tile) =>
        busy.has(tile) ? [taskKey(SETTLE_ROUND, slide.plan.tiles[tile].id)] : [],
      ),
      ...earlier.map(({ phase, id }) => taskKey(borderRound(phase), id)),
    ],
    input: async (): Promise<Frame> => {
      const tile = await inputs.storedTile(unit.id, unit.strip, contextUm);
      const rows = await regions.rows(tile.meta.region);
      const outcomes = [];
      for (const before of earlier) outcomes.push(await results.unit(before));
      const read = async (near: number) => (busy.has(near) ? states.readVersion(near, SETTLED) : null);
      const { tables } = await borderState(slide, regions, read, unit, rows, outcomes);
      return storedTileFrame(tile, {
        meta: {
          model: model.frame,
          settings: prosegSettings(config),
          schedule: borderSchedule(config),
        },
        tables,
        pieces: { [GLOBALS_PIECE]: modelPiece(model) },
      });
    },
  };
}

/** Files of the run directory that hold what a border task needs. */
export function storedNeeds({ needs = [] }: RoundTask): string[] {
  const settled = `${SETTLE_ROUND}/`;
  return needs.map((key) =>
    key.startsWith(settled)
      ? stateName(SETTLED, key.slice(settled.length))
      : resultName(...(key.split('/') as [string, string])),
  );
}

/** Tiles whose transcripts or cells a border unit can see. */
function tilesSeenBy({ slide, regions }: Pick<AssignStage, 'slide' | 'regions'>, unit: BorderUnit): number[] {
  return regions.tilesIn(growRect(unit.region, Math.max(slide.plan.haloUm, slide.plan.latticeUm)));
}

/** Settling of every tile, as soon as it and all tiles that can claim its transcripts are committed. */
export async function settleTasks(
  stage: AssignStage,
  results: ProsegResults,
  onDiagnostics: (tile: number, values: Record<string, number>) => void,
): Promise<OwnTask[]> {
  const { slide, states, regions } = stage;
  const { tiles, haloUm } = slide.plan;
  const busy = new Set(stage.busyTiles);
  const out: OwnTask[] = [];
  for (const tile of stage.busyTiles) {
    const { id, core } = tiles[tile];
    const others = regions
      .tilesIn(growRect(core, haloUm))
      .filter(
        (other) =>
          other !== tile && busy.has(other) && rectsIntersect(growRect(tiles[other].core, haloUm), core),
      );
    out.push({
      id,
      round: SETTLE_ROUND,
      needs: [tile, ...others].map((near) => taskKey(ASSIGN_ROUND, tiles[near].id)),
      done: await states.has(SETTLED, tile),
      work: async () => onDiagnostics(tile, await settleTile(stage, results, tile, others)),
    });
  }
  return out;
}

/** Folding of the border units into every tile that one of them can have changed, once all of those are committed. */
export async function foldTasks(
  stage: AssignStage,
  results: ProsegResults,
  units: readonly BorderUnit[],
): Promise<{ tile: number; task: OwnTask }[]> {
  const { slide, states } = stage;
  const busy = new Set(stage.busyTiles);
  const perTile = new Map<number, BorderUnit[]>();
  for (const unit of units)
    for (const tile of tilesSeenBy(stage, unit))
      if (busy.has(tile)) perTile.set(tile, [...(perTile.get(tile) ?? []), unit]);
  const out = [];
  for (const [tile, near] of [...perTile].sort(([a], [b]) => a - b)) {
    const { id } = slide.plan.tiles[tile];
    near.sort((a, b) => a.phase - b.phase || (a.id < b.id ? -1 : 1));
    out.push({
      tile,
      task: {
        id,
        round: FOLD_ROUND,
        needs: [taskKey(SETTLE_ROUND, id), ...near.map((unit) => taskKey(borderRound(unit.phase), unit.id))],
        done: await states.has(BORDERS, tile),
        work: () => foldUnits(stage, results, tile, near),
      },
    });
  }
  return out;
}
