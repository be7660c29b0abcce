import { SpatileError } from '@spatile/formats/errors';
import { ASSIGN_RESULT, assignResultFrom, storedTileFrame } from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import type { ExpandSettings, NucleusSettings } from '@spatile/formats/tile/geometric';
import { logStep } from '../run/events.ts';
import type { RoundTask } from '../run/rounds.ts';
import type { SlideContext } from '../run/slide.ts';
import { coreVerdicts } from './settle.ts';
import type { AssignStage, AssignSummary } from './stage.ts';

export const ASSIGN_ROUND = 'assign';

/** The task of one tile of the round `assign` of a geometric method. */
export function geometricTask(
  stage: Pick<AssignStage, 'slide' | 'inputs' | 'transcripts'>,
  tile: number,
): RoundTask {
  const { slide, inputs, transcripts } = stage;
  const { id, core } = slide.plan.tiles[tile];
  const { method } = slide.config.assign;
  const settings = geometricSettings(slide);
  return {
    id,
    kind: `assign.${method}`,
    weight: transcripts[tile],
    transcripts: transcripts[tile],
    areaUm: core,
    input: async (): Promise<Frame> => {
      const tile = inputs.storedTile(id, core, slide.plan.haloUm);
      return storedTileFrame(tile, { meta: { settings } });
    },
  };
}

function geometricSettings(slide: SlideContext): NucleusSettings | ExpandSettings {
  const { nucleus, expand, method } = slide.config.assign;
  const { anyNuclear } = slide.scan;
  if (method === 'expand')
    return { distanceUm: expand.distanceUm, pixelSizeUm: expand.pixelSizeUm, anyNuclear, parts: 'all' };
  const idsKnown = slide.scan.cellIds.length > 0 && slide.cells.fromBundle;
  if (nucleus.by === 'flag' && !idsKnown) {
    throw new SpatileError(
      'CONFIG_INVALID',
      'assign.nucleus.by: flag needs the cell ids of the transcript table and cells of the bundle itself (this slide has no ids or takes its cells from a file); expected outline; use --set assign.nucleus.by=outline',
    );
  }
  const by = nucleus.by === 'auto' ? (idsKnown && anyNuclear ? 'flag' : 'outline') : nucleus.by;
  return { by, pixelSizeUm: nucleus.pixelSizeUm, anyNuclear, parts: 'all' };
}

/** Nucleus or expansion: one round, exact per core, nothing to settle on borders. */
export async function assignGeometric(stage: AssignStage): Promise<AssignSummary> {
  const { slide, runner, states, regions } = stage;
  const { method } = slide.config.assign;
  await runner.run(
    ASSIGN_ROUND,
    `assigning transcripts (${method})`,
    stage.busyTiles.map((tile) => geometricTask(stage, tile)),
  );
  const summary: AssignSummary = { method, diagnostics: [], model: null, borderUnits: 0, borderPhases: 0 };
  const started = performance.now();
  const done = await states.adopt(0);
  for (const tile of stage.busyTiles) {
    const { id } = slide.plan.tiles[tile];
    const result = assignResultFrom(await runner.result(ASSIGN_ROUND, id, ASSIGN_RESULT));
    summary.diagnostics.push({ tile: id, values: result.meta.diagnostics });
    if (done) continue;
    const { row } = await regions.partition(tile);
    const { voxelUm, layers, layerUm } = result.meta;
    await states.write(
      0,
      tile,
      { voxelUm, layers, layerUm },
      {
        verdicts: coreVerdicts(id, result.claims, row),
        runs: result.runs,
        cells: result.cells,
      },
    );
  }
  if (!done) await states.complete(0, stage.busyTiles);
  await logStep(stage.store, 'assign-settle', started);
  return summary;
}
