import { createHash } from 'node:crypto';
import { growRect, rectsIntersect } from '@spatile/formats/space';
import { ASSIGN_RESULT, type AssignResult, storedTileFrame } from '@spatile/formats/tile/assign';
import {
  type BaysorModel,
  type BaysorResult,
  type BaysorSettings,
  baysorModelParts,
  baysorResultFrom,
  DISCOVERED,
} from '@spatile/formats/tile/baysor';
import { type FarTile, ownClaims, settleVerdicts } from '@spatile/formats/tile/claims';
import type { Frame } from '@spatile/formats/tile/frame';
import { addDiscovered } from '../cells/discovered.ts';
import { logStep } from '../run/events.ts';
import { type RoundTask, resultName } from '../run/rounds.ts';
import { type Discovery, discoveriesOf, settleDiscoveries } from './baysor/discoveries.ts';
import { FIT_ROUND, FIT_TASK, fitTask, fittedModel, fitWindows } from './baysor/fit.ts';
import { baysorSettings } from './baysor/settings.ts';
import { ASSIGN_ROUND } from './geometric.ts';
import { farClaimsOn } from './settle.ts';
import type { AssignStage, AssignSummary } from './stage.ts';

/** Discoveries whose seed is nearer than this many scales to an edge of the core may be a neighbour's as well. */
const BORDER_SCALES = 4;
/** Decoded results kept for neighbours that ask next. */
const CACHED_RESULTS = 12;

/** Mixture of cells: what holds for the slide from pilot windows, every tile by itself, then one name for each discovered cell. */
export async function assignBaysor(stage: AssignStage): Promise<AssignSummary> {
  const { slide, runner } = stage;
  const settings = baysorSettings(slide);
  await runner.run(FIT_ROUND, 'learning noise and clusters on pilot windows', [fitTask(stage, settings)]);
  const model = await fittedModel(stage);
  await runner.run(
    ASSIGN_ROUND,
    'assigning transcripts (baysor)',
    stage.busyTiles.map((tile) => baysorTask(stage, settings, model, tile)),
  );
  const started = performance.now();
  const results = new ResultCache(stage);
  const accepted = await settledDiscoveries(stage, results, settings);
  addDiscovered(slide, accepted);
  const diagnostics = await settleTiles(stage, results, accepted);
  await logStep(stage.store, 'assign-settle', started);
  const hash = createHash('sha256')
    .update(await stage.store.read(resultName(FIT_ROUND, FIT_TASK)))
    .digest('hex');
  return {
    method: 'baysor',
    diagnostics,
    model: { hash, trace: [], pilots: fitWindows(stage).map(({ tile }) => slide.plan.tiles[tile].id) },
    borderUnits: 0,
    borderPhases: 0,
  };
}

/** The task of one tile of the round `assign`. */
export function baysorTask(
  stage: Pick<AssignStage, 'slide' | 'inputs' | 'transcripts'>,
  settings: BaysorSettings,
  model: BaysorModel,
  tile: number,
): RoundTask {
  const { slide, inputs, transcripts } = stage;
  const { id, core } = slide.plan.tiles[tile];
  return {
    id,
    kind: 'assign.baysor',
    weight: transcripts[tile],
    transcripts: transcripts[tile],
    areaUm: core,
    input: async (): Promise<Frame> => {
      const tile = await inputs.storedTile(id, core, slide.plan.haloUm);
      const { meta, tables } = baysorModelParts(model);
      return storedTileFrame(tile, { meta: { ...meta, settings }, tables });
    },
  };
}

class ResultCache {
  readonly #stage: AssignStage;
  readonly #cache = new Map<number, BaysorResult>();

  constructor(stage: AssignStage) {
    this.#stage = stage;
  }

  async get(tile: number): Promise<BaysorResult> {
    const { runner, slide } = this.#stage;
    const hit =
      this.#cache.get(tile) ??
      baysorResultFrom(await runner.result(ASSIGN_ROUND, slide.plan.tiles[tile].id, ASSIGN_RESULT));
    this.#cache.delete(tile);
    this.#cache.set(tile, hit);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHED_RESULTS) break;
      this.#cache.delete(oldest);
    }
    return hit;
  }
}

/** The discovered cells of the slide; memory grows with them, and with the transcripts of those near tile borders. */
async function settledDiscoveries(
  stage: AssignStage,
  results: ResultCache,
  settings: BaysorSettings,
): Promise<Discovery[]> {
  const found: Discovery[] = [];
  for (const tile of stage.busyTiles) {
    stage.runner.checkAborted();
    const { core } = stage.slide.plan.tiles[tile];
    found.push(...discoveriesOf(tile, core, await results.get(tile), BORDER_SCALES * settings.scaleUm));
  }
  return settleDiscoveries(found);
}

async function settleTiles(
  stage: AssignStage,
  results: ResultCache,
  accepted: readonly Discovery[],
): Promise<AssignSummary['diagnostics']> {
  const { slide, states, regions, runner } = stage;
  const first = slide.cells.priorId.length - accepted.length + 1;
  const numbers = new Map<number, Map<number, number>>();
  accepted.forEach(({ tile, index }, k) => {
    const own = numbers.get(tile) ?? new Map<number, number>();
    numbers.set(tile, own.set(index, first + k));
  });
  const named = async (tile: number): Promise<AssignResult> =>
    nameDiscovered(await results.get(tile), numbers.get(tile) ?? new Map());
  const owns = (tile: number) => (cell: number) => slide.ownerOfCell[cell - 1] === tile;
  const done = await states.adopt(0);
  const busy = new Set(stage.busyTiles);
  const diagnostics: AssignSummary['diagnostics'] = [];
  for (const tile of stage.busyTiles) {
    runner.checkAborted();
    const { id, core } = slide.plan.tiles[tile];
    const result = await named(tile);
    diagnostics.push({ tile: id, values: result.meta.diagnostics });
    if (done) continue;
    const rows = await regions.partition(tile);
    const others: FarTile[] = [];
    for (const other of regions.tilesIn(growRect(core, slide.plan.haloUm))) {
      const otherCore = slide.plan.tiles[other].core;
      if (other === tile || !busy.has(other) || !rectsIntersect(growRect(otherCore, slide.plan.haloUm), core))
        continue;
      const { claims } = await named(other);
      others.push({ tile: other, core: otherCore, claims: farClaimsOn(rows, claims, owns(other)) });
    }
    const { voxelUm, layers, layerUm } = result.meta;
    const own = ownClaims(result.claims, owns(tile));
    const verdicts = settleVerdicts(rows.row, [own], others, `tile ${id}`);
    const { runs, cells } = result;
    await states.write(0, tile, { voxelUm, layers, layerUm }, { verdicts, runs, cells });
  }
  if (!done) await states.complete(0, stage.busyTiles);
  return diagnostics;
}

/** The result with the slide's numbers for its discovered cells; those that were not taken are no cells. */
function nameDiscovered(result: BaysorResult, numbers: Map<number, number>): AssignResult {
  const name = (cell: number): number => (cell < DISCOVERED ? cell : (numbers.get(cell - DISCOVERED) ?? 0));
  const { claims, runs, cells } = result;
  const claimed = claims.cell.map(name);
  const run = runs.cell.map(name);
  const cell = cells.cell.map(name);
  const keptRuns = (_: unknown, i: number): boolean => run[i] !== 0;
  return {
    ...result,
    claims: {
      ...claims,
      cell: claimed,
      probability: claims.probability.map((p, i) => (claimed[i] === 0 && claims.cell[i] !== 0 ? 0 : p)),
    },
    runs: {
      cell: run.filter((c) => c !== 0),
      layer: runs.layer.filter(keptRuns),
      y: runs.y.filter(keptRuns),
      x: runs.x.filter(keptRuns),
      length: runs.length.filter(keptRuns),
    },
    cells: {
      cell: cell.filter((c) => c !== 0),
      component: cells.component.filter((_, i) => cell[i] !== 0),
    },
  };
}
