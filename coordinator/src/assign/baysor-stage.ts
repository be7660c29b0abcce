import { createHash } from 'node:crypto';
import { storedTileFrame } from '@spatile/formats/tile/assign';
import {
  type BaysorModel,
  type BaysorSettings,
  baysorModelParts,
  DISCOVERIES_PIECE,
  discoveriesIn,
  withNames,
} from '@spatile/formats/tile/baysor';
import type { Frame } from '@spatile/formats/tile/frame';
import { addDiscovered } from '../cells/discovered.ts';
import { type RoundTask, resultName } from '../run/rounds.ts';
import { type Discovery, discoveriesOf, settleDiscoveries } from './baysor/discoveries.ts';
import { FIT_ROUND, FIT_TASK, fitTask, fittedModel, fitWindows } from './baysor/fit.ts';
import { baysorSettings } from './baysor/settings.ts';
import { ASSIGN_ROUND } from './geometric.ts';
import { bandUm, SettleInputs } from './settle-inputs.ts';
import type { AssignStage, AssignSummary } from './stage.ts';
import { BORDERS, SETTLE_ROUND } from './states.ts';

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
  const settling = new SettleInputs(stage);
  await runner.run(SETTLE_ROUND, 'settling tiles (baysor)', await baysorSettleTasks(stage, settling));
  stage.states.adoptResults(BORDERS, stage.busyTiles);
  const hash = createHash('sha256')
    .update(await stage.store.read(resultName(FIT_ROUND, FIT_TASK)))
    .digest('hex');
  return {
    method: 'baysor',
    diagnostics: await settling.diagnostics(stage.busyTiles),
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
      const tile = inputs.storedTile(id, core, slide.plan.haloUm);
      const { meta, tables } = baysorModelParts(model);
      return storedTileFrame(tile, { meta: { ...meta, settings, bandUm: bandUm(slide) }, tables });
    },
  };
}

/** Settling of every tile, once all tiles are committed; discoveries are given their names on the slide, which is changed for it. */
export async function baysorSettleTasks(
  stage: Pick<AssignStage, 'slide' | 'store' | 'regions' | 'busyTiles' | 'transcripts'>,
  settling: SettleInputs,
): Promise<RoundTask[]> {
  const { slide, busyTiles, transcripts } = stage;
  const accepted = await settledDiscoveries(stage, settling);
  addDiscovered(slide, accepted);
  const first = slide.cells.priorId.length - accepted.length + 1;
  const named = new Map<number, { tile: number; index: number; cell: number }[]>(
    busyTiles.map((tile) => [tile, []]),
  );
  accepted.forEach(({ tile, index }, k) => {
    named.get(tile)!.push({ tile, index, cell: first + k });
  });
  return busyTiles.map((tile) => ({
    id: slide.plan.tiles[tile].id,
    kind: 'assign.baysor.settle',
    weight: transcripts[tile],
    transcripts: 0,
    input: async (): Promise<Frame> => {
      const around = [tile, ...settling.claimants(tile)].flatMap((other) => named.get(other)!);
      return withNames(await settling.settling(tile, []), {
        tile: Uint32Array.from(around, ({ tile }) => tile),
        index: Uint32Array.from(around, ({ index }) => index),
        cell: Uint32Array.from(around, ({ cell }) => cell),
      });
    },
  }));
}

/** The discovered cells of the slide; memory grows with them, and with the transcripts of those near tile borders. */
async function settledDiscoveries(
  { slide, busyTiles }: Pick<AssignStage, 'slide' | 'busyTiles'>,
  settling: SettleInputs,
): Promise<Discovery[]> {
  const found: Discovery[] = [];
  for (const tile of busyTiles) {
    const { id, core } = slide.plan.tiles[tile];
    const { frame, as } = await settling.results.one(resultName(ASSIGN_ROUND, id), DISCOVERIES_PIECE);
    const { discovered, shared } = discoveriesIn(frame, as);
    found.push(...discoveriesOf(tile, core, discovered, shared));
  }
  return settleDiscoveries(found);
}
