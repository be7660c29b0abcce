import type { LastSettling } from '../assign/run-stage.ts';
import type { AssignStage } from '../assign/stage.ts';
import { collectOutlines, OUTLINE_ROUND, type OutlinedCells } from '../output/cells.ts';
import { logStep } from '../run/events.ts';
import type { RoundTask } from '../run/rounds.ts';
import { outlineInput } from './input.ts';
import { ReachSurvey } from './reach.ts';

type Survey = Pick<AssignStage, 'slide' | 'states' | 'busyTiles'>;

/** Tiles that own a cell with a voxel: only those have outlines. And how far cells reach, where outlines are drawn by it. */
async function survey({
  slide,
  states,
  busyTiles,
}: Survey): Promise<{ tiles: number[]; reachUm: number | null }> {
  const { assign, output } = slide.config;
  const regular = assign.method === 'proseg' && output.outlines === 'consensus';
  const reach = new ReachSurvey(slide);
  const tiles: number[] = [];
  for (const tile of busyTiles) {
    const entry = await states.read(tile);
    if (entry === null || entry.state.runs.cell.length === 0) continue;
    tiles.push(tile);
    if (regular) reach.add(entry.state, entry.grid.voxelUm);
  }
  return { tiles, reachUm: regular ? reach.median() : null };
}

/** The task of one tile of the round `outline`. `reachUm` is asked for when the input is made; by default of all tiles. */
export function outlineTask(
  stage: Pick<AssignStage, 'slide' | 'regions' | 'states' | 'transcripts' | 'busyTiles'>,
  tile: number,
  reachUm: () => Promise<number | null> = async () => (await survey(stage)).reachUm,
): RoundTask {
  return {
    id: stage.slide.plan.tiles[tile].id,
    kind: 'outline',
    weight: stage.transcripts[tile],
    transcripts: stage.transcripts[tile],
    areaUm: stage.slide.plan.tiles[tile].core,
    input: async () => outlineInput(stage.slide, stage.regions, stage.states, tile, await reachUm()),
  };
}

/**
 * Outlines and measures all settled cells. What is left to settle is done meanwhile, where outlines are drawn from voxels and
 * nuclei alone, else before.
 */
export async function runOutline(stage: AssignStage, last: LastSettling | null): Promise<OutlinedCells> {
  const { tiles, reachUm } = await survey(stage);
  const tasks = tiles.map((tile) => outlineTask(stage, tile, async () => reachUm));
  if (last !== null && reachUm !== null) {
    await stage.runner.runBeside(OUTLINE_ROUND, 'outlining cells', tasks, last);
  } else {
    const started = performance.now();
    await last?.work();
    if (last !== null) await logStep(stage.store, last.step, started);
    await stage.runner.run(OUTLINE_ROUND, 'outlining cells', tasks);
  }
  return collectOutlines(stage.slide, stage.runner, tiles);
}
