import { SpatileError } from '@spatile/formats/errors';
import { ASSIGN_TILE, type AssignTile } from '@spatile/formats/tile/assign';
import { type Frame, openPiece } from '@spatile/formats/tile/frame';
import {
  globalsOfTask,
  type ModelFrame,
  type ProsegGlobals,
  type ProsegSettings,
  WINDOW_PIECE,
} from '@spatile/formats/tile/proseg';
import { tileOf } from '../tile.ts';

/** A task of this method, unpacked. `globals` is absent while preparing. */
export interface ProsegTask {
  tile: AssignTile;
  model: ModelFrame;
  settings: ProsegSettings;
  globals: ProsegGlobals | null;
}

/** Largest number of cells of a tile: labels are 16 bits wide. */
const MAX_CELLS = 65534;

/** Unpacks and checks a task frame. Errors: `RUN_CORRUPT` when parts are missing or sizes do not fit, `MEMORY_LIMIT` for too many cells. */
export function prosegTask(frame: Frame, withGlobals: boolean): ProsegTask {
  const tile = tileOf(windowOf(frame));
  const model = frame.meta.model as ModelFrame | undefined;
  const settings = frame.meta.settings as ProsegSettings | undefined;
  if (model === undefined || settings === undefined)
    throw corrupt(tile, 'meta.model or meta.settings is missing');
  if (tile.cells.cell.length > MAX_CELLS) {
    throw new SpatileError(
      'MEMORY_LIMIT',
      `tile ${tile.meta.tile}: ${tile.cells.cell.length} cells touch it; expected at most ${MAX_CELLS}; lower plan.tileSizeUm`,
    );
  }
  if (model.genes > model.privateGenes && model.factors < 1)
    throw corrupt(tile, 'the model has genes without factors');
  const globals = withGlobals ? globalsOfTask(frame) : null;
  if (globals !== null) checkGlobals(tile, model, globals);
  return { tile, model, settings, globals };
}

/** The assign-tile frame of a task: a piece of it, or itself. */
const windowOf = (task: Frame): Frame =>
  task.pieces?.[WINDOW_PIECE] === undefined ? task : openPiece(task, WINDOW_PIECE, ASSIGN_TILE);

function checkGlobals(tile: AssignTile, model: ModelFrame, globals: ProsegGlobals): void {
  const { genes, privateGenes, factors, components, layers, densityBins } = model;
  const latent = components * (privateGenes + factors);
  const wanted: Partial<Record<keyof ProsegGlobals, number>> = {
    theta: (genes - privateGenes) * factors,
    r: latent,
    s: latent,
    pi: components,
    mu: components,
    sigma2: components,
    beta: genes * layers * densityBins,
    ...(globals.kinds && { kinds: genes * components }),
  };
  for (const [name, length] of Object.entries(wanted)) {
    const found = globals[name as keyof ProsegGlobals]?.length ?? 0;
    if (found !== length) throw corrupt(tile, `globals.${name} has ${found} values instead of ${length}`);
  }
}

function corrupt(tile: AssignTile, what: string): SpatileError {
  return new SpatileError(
    'RUN_CORRUPT',
    `tile ${tile.meta.tile}: the task does not fit the model (${what}); expected a complete assign-tile frame; delete the run directory and start again`,
  );
}
