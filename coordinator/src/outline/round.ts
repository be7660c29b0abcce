import type { LastSettling } from '../assign/run-stage.ts';
import type { AssignStage } from '../assign/stage.ts';
import { collectOutlines, OUTLINE_ROUND, type OutlinedCells } from '../output/cells.ts';
import { logStep } from '../run/events.ts';
import type { RoundTask } from '../run/rounds.ts';
import { outlineInput } from './input.ts';
import { StoredOutlines } from './stored-input.ts';

type Stage = Pick<AssignStage, 'slide' | 'store' | 'regions' | 'states' | 'transcripts' | 'busyTiles'>;

/** Whether outlines are drawn from voxels and nuclei, by how far cells reach. */
const isRegular = ({ slide: { config } }: Stage): boolean =>
  config.assign.method === 'proseg' && config.output.outlines === 'consensus';

/** Tiles that own a cell with a voxel: only those have outlines. */
async function tilesWithVoxels({ states, busyTiles }: Stage): Promise<number[]> {
  const tiles: number[] = [];
  for (const tile of busyTiles) {
    const entry = await states.read(tile);
    if (entry !== null && entry.state.cells.cell.length > 0) tiles.push(tile);
  }
  return tiles;
}

/** The tasks of the round `outline`, given the settled tiles. */
export async function outlineTasks(stage: Stage): Promise<{ tiles: number[]; tasks: RoundTask[] }> {
  const stored = isRegular(stage) ? new StoredOutlines(stage) : null;
  const tiles = stored === null ? await tilesWithVoxels(stage) : await stored.survey();
  const { slide, regions, states, transcripts } = stage;
  const tasks = tiles.map(
    (tile): RoundTask => ({
      id: slide.plan.tiles[tile].id,
      kind: 'outline',
      weight: transcripts[tile],
      transcripts: transcripts[tile],
      areaUm: slide.plan.tiles[tile].core,
      input: async () => (stored === null ? outlineInput(slide, regions, states, tile) : stored.input(tile)),
    }),
  );
  return { tiles, tasks };
}

/**
 * Outlines and measures all settled cells. What is left to settle is done meanwhile, where outlines are drawn from voxels and
 * nuclei alone, else before.
 */
export async function runOutline(stage: AssignStage, last: LastSettling | null): Promise<OutlinedCells> {
  if (last !== null && isRegular(stage)) {
    const { tiles, tasks } = await outlineTasks(stage);
    await stage.runner.runBeside(OUTLINE_ROUND, 'outlining cells', tasks, last);
    return collectOutlines(stage.slide, stage.runner, tiles);
  }
  const started = performance.now();
  await last?.work();
  if (last !== null) await logStep(stage.store, last.step, started);
  const { tiles, tasks } = await outlineTasks(stage);
  await stage.runner.run(OUTLINE_ROUND, 'outlining cells', tasks);
  return collectOutlines(stage.slide, stage.runner, tiles);
}
