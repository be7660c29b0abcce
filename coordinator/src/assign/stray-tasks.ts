import { growRect, type RectUm } from '@spatile/formats/space';
import type { Frame, StoredPiece } from '@spatile/formats/tile/frame';
import { SETTLED_TILE, VERDICTS_PIECE } from '@spatile/formats/tile/settled';
import { type StrayCells, straysTileFrame } from '@spatile/formats/tile/strays';
import { CellIndex } from '../cells/region.ts';
import { StoredPieces } from '../run/pieces.ts';
import type { RoundTask } from '../run/round-task.ts';
import type { AssignStage } from './stage.ts';
import { BORDERS, STRAY_ROUND, stateName } from './states.ts';
import { NO_COMPONENT, type SlideCounts, slideCounts } from './stray-counts.ts';

type Stage = Pick<AssignStage, 'slide' | 'store' | 'busyTiles' | 'transcripts'>;

/** Beside other tasks these go last: they are short, and fill what is left. */
const STRAY_RANK = 1;

/**
 * Transcripts that probably strayed into their cell become background (see `proseg/ambient.ts`), and so do those that are less sure
 * of it than `assign.proseg.minProbability`: the last tasks of the assign stage, given all settled tiles. None for other methods, and
 * where all is kept. What they need of the whole slide is added up when the first is asked for.
 */
export function strayTasks(stage: Stage): RoundTask[] {
  const { slide, busyTiles, transcripts } = stage;
  const { method, proseg } = slide.config.assign;
  if (method !== 'proseg' || (proseg.ambient.ratio === 0 && proseg.minProbability === 0)) return [];
  const inputs = new StrayInputs(stage);
  return busyTiles.map((tile) => ({
    id: slide.plan.tiles[tile].id,
    round: STRAY_ROUND,
    kind: 'assign.proseg.strays',
    rank: STRAY_RANK,
    weight: transcripts[tile],
    transcripts: 0,
    input: () => inputs.of(tile),
  }));
}

/** Forwards settled verdicts as they are stored, with the cells around. */
class StrayInputs {
  readonly #stage: Stage;
  readonly #pieces: StoredPieces;
  readonly #index: CellIndex;
  #counts: Promise<SlideCounts> | null = null;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#pieces = new StoredPieces(stage.store, SETTLED_TILE);
    this.#index = new CellIndex(stage.slide.cells);
  }

  async of(tile: number): Promise<Frame> {
    const { slide } = this.#stage;
    const { components, ambient, minProbability } = slide.config.assign.proseg;
    this.#counts ??= slideCounts(this.#stage);
    const counts = await this.#counts;
    const { id } = slide.plan.tiles[tile];
    const stored: Record<string, StoredPiece> = {};
    const [verdicts] = await this.#pieces.add(stored, stateName(BORDERS, id), [VERDICTS_PIECE]);
    const task = {
      tile: id,
      verdicts,
      components,
      genes: slide.features.modelGenes,
      limit: counts.limit,
      minProbability,
      radiusUm: ambient.radiusUm,
    };
    const cells = this.#cellsIn(growRect(counts.seeds.get(tile)!, ambient.radiusUm), counts);
    return straysTileFrame(task, cells, counts.profiles, stored);
  }

  /** The cells with a voxel whose seeds lie in a rectangle (edges included). */
  #cellsIn(rect: RectUm, { component, transcripts }: SlideCounts): StrayCells {
    const { seedX, seedY } = this.#stage.slide.cells;
    const cell = this.#index.seeded(rect).filter((number) => component[number - 1] !== NO_COMPONENT);
    return {
      cell,
      x: Float64Array.from(cell, (number) => seedX[number - 1]),
      y: Float64Array.from(cell, (number) => seedY[number - 1]),
      component: Uint16Array.from(cell, (number) => component[number - 1]),
      transcripts: Uint32Array.from(cell, (number) => transcripts[number - 1]),
    };
  }
}
