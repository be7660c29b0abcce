import type { AssignStage } from '../assign/stage.ts';
import { collectOutlines, OUTLINE_ROUND, type OutlinedCells } from '../output/cells.ts';
import type { RoundTask } from '../run/rounds.ts';
import { outlineInput } from './input.ts';

/** Tiles that own a cell with a voxel: only those have outlines. */
async function tilesWithCells(stage: Pick<AssignStage, 'states' | 'busyTiles'>): Promise<number[]> {
  const out: number[] = [];
  for (const tile of stage.busyTiles) {
    const entry = await stage.states.read(tile);
    if (entry !== null && entry.state.runs.cell.length > 0) out.push(tile);
  }
  return out;
}

/** The task of one tile of the round `outline`. */
export function outlineTask(
  stage: Pick<AssignStage, 'slide' | 'regions' | 'states' | 'transcripts'>,
  tile: number,
): RoundTask {
  return {
    id: stage.slide.plan.tiles[tile].id,
    kind: 'outline',
    weight: stage.transcripts[tile],
    transcripts: stage.transcripts[tile],
    input: () => outlineInput(stage.slide, stage.regions, stage.states, tile),
  };
}

/** Outlines and measures all settled cells. */
export async function runOutline(stage: AssignStage): Promise<OutlinedCells> {
  const tiles = await tilesWithCells(stage);
  await stage.runner.run(
    OUTLINE_ROUND,
    'outlining cells',
    tiles.map((tile) => outlineTask(stage, tile)),
  );
  return collectOutlines(stage.slide, stage.runner, tiles);
}
