import type { AssignStage } from '../assign/stage.ts';
import { STRAY_ROUND, STRAYS } from '../assign/states.ts';
import { strayTasks } from '../assign/stray-tasks.ts';
import { collectOutlines, OUTLINE_ROUND, type OutlinedCells } from '../output/cells.ts';
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
    const cells = await states.cells(tile);
    if (cells !== null && cells.cell.length > 0) tiles.push(tile);
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
 * Outlines and measures all settled cells. Strays are taken out meanwhile, where outlines are drawn from voxels and nuclei alone,
 * else before.
 */
export async function runOutline(stage: AssignStage): Promise<OutlinedCells> {
  const { slide, runner, states, busyTiles } = stage;
  const strays = strayTasks(stage);
  const first = isRegular(stage) ? [] : strays;
  const beside = isRegular(stage) ? strays.map((task) => ({ ...task, uncounted: true })) : [];
  if (first.length > 0) {
    await runner.runGraph(STRAY_ROUND, 'taking out strays', first);
    states.adoptResults(STRAYS, busyTiles);
  }
  const { tiles, tasks } = await outlineTasks(stage);
  await runner.runGraph(OUTLINE_ROUND, 'outlining cells', [...tasks, ...beside]);
  if (beside.length > 0) states.adoptResults(STRAYS, busyTiles);
  return collectOutlines(slide, runner, tiles);
}
