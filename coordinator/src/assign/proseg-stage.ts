import { growRect, rectsIntersect } from '@spatile/formats/space';
import {
  ASSIGN_RESULT,
  type AssignResult,
  assignResultFrom,
  assignTileFrame,
} from '@spatile/formats/tile/assign';
import { decodeFrame, encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { globalsTables } from '@spatile/formats/tile/proseg';
import { cellDiameterUm, displacementCutUm } from '../plan/halo.ts';
import { ceilTo } from '../plan/plan.ts';
import { logStep } from '../run/events.ts';
import type { RoundTask } from '../run/rounds.ts';
import { type BorderUnit, borderUnits } from '../seams/border.ts';
import { settleAmbient } from './ambient-settle.ts';
import { borderState } from './border-input.ts';
import { applyBorderResults } from './border-settle.ts';
import { ASSIGN_ROUND } from './geometric.ts';
import { fitOnPilots, PILOTS_FILE } from './pilots.ts';
import { decodeModel, encodeModel, PROSEG_MODEL, type ProsegModel } from './proseg/model.ts';
import { borderSchedule, prosegSettings, tileSchedule } from './proseg/settings.ts';
import { settleVerdicts } from './settle.ts';
import type { AssignStage, AssignSummary } from './stage.ts';

const MODEL_FILE = 'fits/assign.frame';

/** Cell simulation: fit on pilots, every tile given the frozen model, settle, then the border phases. */
export async function assignProseg(stage: AssignStage): Promise<AssignSummary> {
  const model = await fittedModel(stage);
  const tasks = stage.busyTiles.map((tile) => prosegTask(stage, model, tile));
  await stage.runner.run(ASSIGN_ROUND, 'assigning transcripts (proseg)', tasks);
  const diagnostics = await settleTiles(stage);
  const units = prosegBorderUnits(stage);
  const phases = units.reduce((most, unit) => Math.max(most, unit.phase), 0);
  for (let phase = 1; phase <= phases; phase++)
    await borderPhase(
      stage,
      model,
      phase,
      phases,
      units.filter((unit) => unit.phase === phase),
    );
  await settleAmbient(stage, phases + 1);
  return {
    method: 'proseg',
    diagnostics,
    model: {
      hash: model.hash,
      trace: model.trace,
      pilots: await stage.store.readJson<string[]>(PILOTS_FILE),
    },
    borderUnits: units.length,
    borderPhases: phases,
  };
}

async function fittedModel(stage: AssignStage): Promise<ProsegModel> {
  if (!(await stage.store.has(MODEL_FILE))) {
    const model = await fitOnPilots(stage);
    await stage.store.commit(MODEL_FILE, encodeFrame(encodeModel(model)));
    // The blocks of the pilot chains have done their work: the frozen model is all that later rounds need.
    for (const round of await stage.store.list('results'))
      if (round.startsWith('assign-fit-')) await stage.store.remove(`results/${round}`);
  }
  return storedModel(stage);
}

/** The frozen model of a run directory. */
export async function storedModel(stage: Pick<AssignStage, 'store'>): Promise<ProsegModel> {
  return decodeModel(decodeFrame(await stage.store.read(MODEL_FILE), PROSEG_MODEL, MODEL_FILE));
}

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
    kind: 'assign.proseg',
    weight: transcripts[tile],
    transcripts: transcripts[tile],
    input: async (): Promise<Frame> => {
      const { tile: input } = await inputs.assignTile(id, core, slide.plan.haloUm);
      return assignTileFrame(input, {
        meta: { model: model.frame, settings: prosegSettings(config), schedule: tileSchedule(config) },
        tables: globalsTables(model.globals),
      });
    },
  };
}

async function settleTiles(stage: AssignStage): Promise<AssignSummary['diagnostics']> {
  const { slide, runner, states, regions } = stage;
  const done = await states.adopt(0);
  const read = async (tile: number): Promise<AssignResult> =>
    assignResultFrom(await runner.result(ASSIGN_ROUND, slide.plan.tiles[tile].id, ASSIGN_RESULT));
  const diagnostics: AssignSummary['diagnostics'] = [];
  const busy = new Set(stage.busyTiles);
  stage.progress({
    kind: 'step',
    step: 'assign-settle',
    label: 'settling tiles',
    total: busy.size,
    unit: 'tiles',
  });
  const started = performance.now();
  for (const tile of stage.busyTiles) {
    runner.checkAborted();
    const { id, core } = slide.plan.tiles[tile];
    const result = await read(tile);
    diagnostics.push({ tile: id, values: result.meta.diagnostics });
    if (done) continue;
    const { row, x, y } = await regions.partition(tile);
    const others = [];
    for (const other of regions.tilesIn(growRect(core, slide.plan.haloUm))) {
      if (
        other === tile ||
        !busy.has(other) ||
        !rectsIntersect(growRect(slide.plan.tiles[other].core, slide.plan.haloUm), core)
      )
        continue;
      others.push({ tile: other, core: slide.plan.tiles[other].core, result: await read(other) });
    }
    const { voxelUm, layers, layerUm } = result.meta;
    await states.write(
      0,
      tile,
      { voxelUm, layers, layerUm },
      {
        verdicts: settleVerdicts({ tile, core, result }, others, row, x, y, slide.ownerOfCell),
        runs: result.runs,
        cells: result.cells,
        loadings: result.loadings,
      },
    );
    stage.progress({ kind: 'advance', step: 'assign-settle', done: diagnostics.length, transcripts: 0 });
  }
  if (!done) await states.complete(0, stage.busyTiles);
  stage.progress({ kind: 'step-end', step: 'assign-settle', seconds: (performance.now() - started) / 1000 });
  await logStep(stage.store, 'assign-settle', started);
  return diagnostics;
}

/** All border units of a run's plan, with their phases. */
export function prosegBorderUnits(stage: Pick<AssignStage, 'slide' | 'busyTiles'>): BorderUnit[] {
  const { slide, busyTiles } = stage;
  const config = slide.config.assign.proseg;
  if (config.schedule.borderIterations === 0) return [];
  const diameter = cellDiameterUm(slide.cells);
  const cut = displacementCutUm(config);
  const { latticeUm, tiles, extent } = slide.plan;
  const busy = new Set(busyTiles);
  const width = ceilTo(diameter + cut, latticeUm);
  return borderUnits(tiles, width, width, extent, (tile) => busy.has(tile));
}

/** The task of one border unit, given the settled state before its phase. */
export function borderTask(
  stage: Pick<AssignStage, 'slide' | 'inputs' | 'regions' | 'states'>,
  model: ProsegModel,
  unit: BorderUnit,
): RoundTask & { active: () => Promise<Set<number>> } {
  const { slide, inputs, regions, states } = stage;
  const config = slide.config.assign.proseg;
  const context = unit.strip.x0 - unit.region.x0;
  const area = (unit.strip.x1 - unit.strip.x0) * (unit.strip.y1 - unit.strip.y0);
  return {
    id: unit.id,
    kind: 'assign.proseg.border',
    weight: area,
    transcripts: 0,
    input: async (): Promise<Frame> => {
      const { tile, rows } = await inputs.assignTile(unit.id, unit.strip, context);
      const { tables } = await borderState(slide, regions, states, unit, rows);
      return assignTileFrame(tile, {
        meta: { model: model.frame, settings: prosegSettings(config), schedule: borderSchedule(config) },
        tables: { ...globalsTables(model.globals), ...tables },
      });
    },
    active: async () =>
      (
        await borderState(slide, regions, states, unit, {
          tile: new Uint32Array(0),
          at: new Uint32Array(0),
          partitions: new Map(),
        })
      ).active,
  };
}

async function borderPhase(
  stage: AssignStage,
  model: ProsegModel,
  phase: number,
  phases: number,
  units: BorderUnit[],
): Promise<void> {
  const { slide, runner, states, regions } = stage;
  const round = `assign-border-${phase}`;
  const tasks = units.map((unit) => ({ unit, task: borderTask(stage, model, unit) }));
  await runner.run(
    round,
    `re-sampling tile borders (${phase} of ${phases})`,
    tasks.map(({ task }) => task),
  );
  if (await states.adopt(phase)) return;
  const started = performance.now();
  // Which units touch which tile; their results are read tile by tile, so that one tile's units are in memory at a time.
  const perTile = new Map<number, { unit: string; active: Set<number> }[]>();
  for (const { unit, task } of tasks) {
    const entry = { unit: unit.id, active: await task.active() };
    const owners = new Set(regions.tilesIn(unit.strip));
    for (const cell of entry.active) owners.add(slide.ownerOfCell[cell - 1]);
    for (const tile of owners) perTile.set(tile, [...(perTile.get(tile) ?? []), entry]);
  }
  const touched: number[] = [];
  for (const tile of [...perTile.keys()].sort((a, b) => a - b)) {
    runner.checkAborted();
    const before = await states.read(tile);
    if (before === null) continue;
    const { row } = await regions.partition(tile);
    const results: { result: AssignResult; active: Set<number> }[] = [];
    for (const { unit, active } of perTile.get(tile)!)
      results.push({ result: assignResultFrom(await runner.result(round, unit, ASSIGN_RESULT)), active });
    const after = applyBorderResults(
      before.state,
      row,
      results,
      (cell) => slide.ownerOfCell[cell - 1] === tile,
    );
    await states.write(phase, tile, before.grid, after);
    touched.push(tile);
  }
  await states.complete(phase, touched);
  await logStep(stage.store, `assign-border-${phase}-settle`, started);
}
