import { type RectUm, rectContains } from '@spatile/formats/space';
import { ASSIGN_TILE, CONTROL_GENE, storedTileFrame } from '@spatile/formats/tile/assign';
import type { Frame } from '@spatile/formats/tile/frame';
import { CellIndex } from '../cells/region.ts';
import { logSeconds } from '../run/events.ts';
import type { RoundTask } from '../run/rounds.ts';
import { DensityTable } from '../scan/grid.ts';
import { ProfileProjection } from './gene-profile.ts';
import { type FitTask, fitProseg } from './proseg/fit.ts';
import type { ProsegModel } from './proseg/model.ts';
import { buildModelFrame } from './proseg/model-frame.ts';
import { choosePilots } from './proseg/pilots.ts';
import type { AssignStage } from './stage.ts';

/** The ids of the tiles whose windows are the pilots, for the report. */
export const PILOTS_FILE = 'fits/pilots.json';

/** A part of a tile that serves as a pilot: small enough that many fit the time a few whole tiles would take. */
export interface PilotWindow {
  tile: number;
  core: RectUm;
  transcripts: number;
}

/**
 * Cuts a tile's core down to a window of about `target` transcripts around the middle of the tile, on the lattice.
 */
export function pilotWindow(
  core: RectUm,
  latticeUm: number,
  target: number,
  count: (rect: RectUm) => number,
): RectUm {
  let window = core;
  while (count(window) > target) {
    const width = window.x1 - window.x0;
    const height = window.y1 - window.y0;
    if (Math.max(width, height) <= 4 * latticeUm) break;
    window =
      width >= height
        ? {
            ...window,
            x0: window.x0 + latticeUm,
            x1: width > 5 * latticeUm ? window.x1 - latticeUm : window.x1,
          }
        : {
            ...window,
            y0: window.y0 + latticeUm,
            y1: height > 5 * latticeUm ? window.y1 - latticeUm : window.y1,
          };
  }
  return window;
}

/** Fits the global variables of the model on pilot windows, block by block, and freezes them. */
export async function fitOnPilots(stage: AssignStage): Promise<ProsegModel> {
  const { slide, runner } = stage;
  const started = performance.now();
  const config = slide.config.assign.proseg;
  const density = new DensityTable(slide.scan.binUm, slide.scan.bins);
  const profiles = new ProfileProjection(slide.features.modelGenes, slide.config.seed);
  const cells = new CellIndex(slide.cells);
  const candidates = [];
  for (const tile of stage.busyTiles) {
    const { id, core: whole, transcripts: tileTranscripts } = slide.plan.tiles[tile];
    if (tileTranscripts === 0) continue;
    runner.checkAborted();
    const core = pilotWindow(whole, slide.plan.latticeUm, config.fit.pilotTranscripts, (rect) =>
      density.count(rect),
    );
    candidates.push({
      tile,
      id,
      core,
      transcripts: density.count(core),
      tileTranscripts,
      cells: cells.seedsIn(core),
      projection: profiles.project(await geneCounts(stage, tile, core)),
    });
  }
  const chosen = new Set(choosePilots(candidates, config, slide.config.seed));
  const pilots = candidates.filter((candidate) => chosen.has(candidate.id));
  await stage.store.putJson(
    PILOTS_FILE,
    pilots.map(({ id }) => id),
  );
  const frame = buildModelFrame(
    { genes: slide.features.modelGenes, hasZ: slide.scan.hasZ, zSample: slide.scan.zSample },
    config,
  );
  const fit = fitProseg({
    pilots: pilots.map(({ id }) => id),
    frame,
    config,
    seed: slide.config.seed,
    geneTotals: modelGeneTotals(stage),
    pilotTotals: await pilotGeneTotals(stage, pilots),
    cellStart: (kinds) => stage.threads.run('kinds', kinds),
  });
  const byId = new Map(pilots.map((pilot) => [pilot.id, pilot]));
  let inRounds = 0;
  let step = await fit.next();
  while (!step.done) {
    const { round, tasks, meanwhile } = step.value;
    if (meanwhile !== undefined) runner.leisure.add(async () => meanwhile());
    const roundTasks: RoundTask[] = tasks.map((task) => {
      const pilot = byId.get(task.tile)!;
      return {
        id: task.tile,
        kind: task.kind,
        weight: pilot.transcripts,
        transcripts: pilot.transcripts,
        areaUm: pilot.core,
        input: () => inputOf(stage, pilot, task),
      };
    });
    const begun = performance.now();
    await runner.run(round, `fitting the model on ${pilots.length} pilot windows`, roundTasks);
    inRounds += performance.now() - begun;
    const results = new Map<string, Frame>();
    for (const task of tasks) results.set(task.tile, await runner.result(round, task.tile, null));
    step = await fit.next(results);
  }
  // Each round has logged its own time; what the coordinator took before, between and after them is a step as well.
  await logSeconds(stage.store, 'assign-fit', (performance.now() - started - inRounds) / 1000);
  return step.value;
}

/** The frame of a task: preparing gets the window as it is stored, and makes what the blocks carry. */
async function inputOf(
  { slide, inputs }: AssignStage,
  { id, core }: { id: string; core: RectUm },
  { kind, meta, tables, pieces }: FitTask,
): Promise<Frame> {
  if (kind === 'assign.proseg.fit') return { kind: ASSIGN_TILE, meta, tables, pieces };
  return storedTileFrame(inputs.storedTile(id, core, slide.plan.haloUm), { meta, tables, pieces });
}

/** Slide totals per model gene. */
function modelGeneTotals(stage: AssignStage): Float64Array {
  const { modelGene, counts, genes, modelGenes } = stage.slide.features;
  const totals = new Float64Array(modelGenes);
  for (let feature = 0; feature < genes; feature++)
    if (counts[feature] > 0) totals[modelGene[feature]] = counts[feature];
  return totals;
}

/** Totals per model gene of the transcripts observed in the pilots' windows. */
async function pilotGeneTotals(stage: AssignStage, pilots: PilotWindow[]): Promise<Float64Array> {
  const totals = new Float64Array(stage.slide.features.modelGenes);
  for (const { tile, core } of pilots) {
    (await geneCounts(stage, tile, core)).forEach((count, gene) => {
      totals[gene] += count;
    });
  }
  return totals;
}

/** Transcripts per model gene observed in a window of one tile. */
async function geneCounts(stage: AssignStage, tile: number, core: RectUm): Promise<Float64Array> {
  const { modelGene, modelGenes } = stage.slide.features;
  const counts = new Float64Array(modelGenes);
  const { x, y, feature } = await stage.regions.partition(tile);
  for (let i = 0; i < feature.length; i++) {
    const gene = modelGene[feature[i]];
    if (gene !== CONTROL_GENE && rectContains(core, x[i], y[i])) counts[gene]++;
  }
  return counts;
}
