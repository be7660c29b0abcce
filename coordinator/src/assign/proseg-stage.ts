import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { ASSIGN_ROUND } from './geometric.ts';
import { fitOnPilots, PILOTS_FILE } from './pilots.ts';
import { decodeModel, encodeModel, PROSEG_MODEL, type ProsegModel } from './proseg/model.ts';
import { BorderLookup, borderTask, prosegBorderUnits, prosegTask, settleTasks } from './proseg-tasks.ts';
import { SettleInputs } from './settle-inputs.ts';
import type { AssignStage, AssignSummary } from './stage.ts';
import { BORDERS } from './states.ts';

const MODEL_FILE = 'fits/assign.frame';

/**
 * Cell simulation: fit on pilots, then every tile given the frozen model; a border unit is sampled when the tiles and units that it
 * meets are there, and a tile is settled when all around it are. Strays are still to be taken out (`strayTasks`).
 */
export async function assignProseg(stage: AssignStage): Promise<AssignSummary> {
  const { runner, states, busyTiles } = stage;
  const model = await fittedModel(stage);
  const settling = new SettleInputs(stage);
  const units = prosegBorderUnits(stage);
  const lookup = new BorderLookup(units);
  await runner.runGraph(ASSIGN_ROUND, 'assigning transcripts (proseg)', [
    ...busyTiles.map((tile) => prosegTask(stage, model, tile)),
    ...units.map((unit) => borderTask(stage, model, settling, unit, lookup)),
    ...settleTasks(stage, settling, units),
  ]);
  states.adoptResults(BORDERS, busyTiles);
  return {
    method: 'proseg',
    diagnostics: await settling.diagnostics(busyTiles),
    model: {
      hash: model.hash,
      trace: model.trace,
      pilots: await stage.store.readJson<string[]>(PILOTS_FILE),
    },
    borderUnits: units.length,
    borderPhases: units.reduce((most, unit) => Math.max(most, unit.phase), 0),
  };
}

async function fittedModel(stage: AssignStage): Promise<ProsegModel> {
  if (!(await isModelFitted(stage))) {
    const model = await fitOnPilots(stage);
    await stage.store.commit(MODEL_FILE, encodeFrame(encodeModel(model)));
  }
  // The blocks of the pilot chains have done their work: the frozen model is all that later rounds need.
  stage.runner.leisure.add(() => removeBlocks(stage));
  return storedModel(stage);
}

/** Whether the fit is over. */
export const isModelFitted = ({ store }: Pick<AssignStage, 'store'>): Promise<boolean> =>
  store.has(MODEL_FILE);

async function removeBlocks({ store }: AssignStage): Promise<void> {
  for (const round of await store.list('results'))
    if (round.startsWith('assign-fit-')) await store.remove(`results/${round}`);
}

/** The frozen model of a run directory. */
export async function storedModel(stage: Pick<AssignStage, 'store'>): Promise<ProsegModel> {
  return decodeModel(decodeFrame(await stage.store.read(MODEL_FILE), PROSEG_MODEL, MODEL_FILE));
}
