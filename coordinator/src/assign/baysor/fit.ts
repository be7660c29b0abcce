import type { RectUm } from '@spatile/formats/space';
import { ASSIGN_TILE, storedTileFrame } from '@spatile/formats/tile/assign';
import {
  BAYSOR_FIT,
  type BaysorModel,
  type BaysorSettings,
  baysorModelFrom,
} from '@spatile/formats/tile/baysor';
import { type Columns, decodeFrame, type Frame, type StoredPiece } from '@spatile/formats/tile/frame';
import { prefixed } from '@spatile/formats/tile/proseg';
import { type RoundTask, resultName } from '../../run/rounds.ts';
import { DensityTable } from '../../scan/grid.ts';
import { pilotWindow } from '../pilots.ts';
import type { AssignStage } from '../stage.ts';

/** One task: the windows are pooled, so that the slide has one mixture of noise and one set of clusters. */
export const FIT_ROUND = 'assign-fit-0';
export const FIT_TASK = 'pilots';

export interface FitWindow {
  tile: number;
  core: RectUm;
  transcripts: number;
}

/**
 * The pilot windows: tiles at equal steps of the slide's transcripts in order of tiles, so that dense and sparse parts count by
 * what they hold, each cut down to its share of the budget about its middle.
 */
export function fitWindows(stage: Pick<AssignStage, 'slide' | 'transcripts' | 'busyTiles'>): FitWindow[] {
  const { slide, transcripts, busyTiles } = stage;
  const { windows, transcripts: budget } = slide.config.assign.baysor.fit;
  const total = busyTiles.reduce((sum, tile) => sum + transcripts[tile], 0);
  const count = Math.min(windows, busyTiles.length);
  const chosen = new Set<number>();
  let passed = 0;
  for (const tile of busyTiles) {
    const before = passed;
    passed += transcripts[tile];
    // The k-th mark lies in the middle of the k-th part of the transcripts.
    const first = Math.ceil((before / total) * count - 0.5);
    if (transcripts[tile] > 0 && (first + 0.5) * total < passed * count) chosen.add(tile);
  }
  const density = new DensityTable(slide.scan.binUm, slide.scan.bins);
  return [...chosen].map((tile) => {
    const core = pilotWindow(
      slide.plan.tiles[tile].core,
      slide.plan.latticeUm,
      budget / chosen.size,
      (rect) => density.count(rect),
    );
    return { tile, core, transcripts: density.count(core) };
  });
}

/** The task that learns the frozen model. */
export function fitTask(
  stage: Pick<AssignStage, 'slide' | 'inputs' | 'transcripts' | 'busyTiles'>,
  settings: BaysorSettings,
): RoundTask {
  const windows = fitWindows(stage);
  const transcripts = windows.reduce((sum, window) => sum + window.transcripts, 0);
  return {
    id: FIT_TASK,
    kind: 'assign.baysor.fit',
    weight: transcripts,
    transcripts,
    input: async (): Promise<Frame> => {
      const metas: unknown[] = [];
      let tables: Record<string, Columns> = {};
      let pieces: Record<string, Uint8Array> = {};
      let stored: Record<string, StoredPiece> = {};
      for (const [w, { tile, core }] of windows.entries()) {
        const window = stage.inputs.storedTile(stage.slide.plan.tiles[tile].id, core, 0);
        const own = storedTileFrame(window);
        metas.push(own.meta.tile);
        tables = { ...tables, ...prefixed(`w${w}`, own.tables) };
        pieces = { ...pieces, ...prefixed(`w${w}`, own.pieces!) };
        stored = { ...stored, ...prefixed(`w${w}`, own.stored!) };
      }
      return { kind: ASSIGN_TILE, meta: { settings, windows: metas }, tables, pieces, stored, bare: true };
    },
  };
}

/** The frozen model of a run whose fit is done. */
export async function fittedModel({ store }: Pick<AssignStage, 'store'>): Promise<BaysorModel> {
  const name = resultName(FIT_ROUND, FIT_TASK);
  return baysorModelFrom(decodeFrame(await store.read(name), BAYSOR_FIT, name));
}
