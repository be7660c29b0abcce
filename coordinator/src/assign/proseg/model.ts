import { createHash } from 'node:crypto';
import { SpatileError } from '@spatile/formats/errors';
import type { Frame } from '@spatile/formats/tile/frame';
import {
  globalsFrom,
  globalsPiece,
  globalsTables,
  type ModelFrame,
  type ProsegGlobals,
} from '@spatile/formats/tile/proseg';

/** Globals after the fit, kinds included. */
export type FrozenGlobals = Required<ProsegGlobals>;

/** What the fit leaves behind: frozen for all tiles of the slide. */
export interface ProsegModel {
  frame: ModelFrame;
  globals: FrozenGlobals;
  /** SHA-256, hex, over the frame and the bytes of the globals: names the model in provenance. */
  hash: string;
  /** Mean log likelihood per pilot transcript after each block. */
  trace: { block: number; phase: string; logLikelihood: number }[];
}

/** Kind of the frame in which the run directory keeps the model. */
export const PROSEG_MODEL = 'assign-model';

const GLOBALS = [
  'theta',
  'r',
  's',
  'pi',
  'mu',
  'sigma2',
  'beta',
  'kinds',
] as const satisfies readonly (keyof ProsegGlobals)[];

/** Content hash of a model: equal for equal numbers, whatever made them. */
export function hashModel(frame: ModelFrame, globals: FrozenGlobals): string {
  const hash = createHash('sha256').update(JSON.stringify(frame));
  for (const name of GLOBALS) {
    const values = globals[name];
    hash
      .update(`${name}:${values.length}:`)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

export function encodeModel(model: ProsegModel): Frame {
  const { frame, hash, trace } = model;
  return { kind: PROSEG_MODEL, meta: { model: frame, hash, trace }, tables: globalsTables(model.globals) };
}

const pieces = new WeakMap<ProsegModel, Uint8Array>();

/** The globals as the piece that all tasks of a slide carry, encoded once. */
export function modelPiece(model: ProsegModel): Uint8Array {
  const piece = pieces.get(model) ?? globalsPiece(model.globals);
  pieces.set(model, piece);
  return piece;
}

/** The model of a stored frame. Errors: `RUN_CORRUPT` when its content does not have the stored hash. */
export function decodeModel(stored: Frame): ProsegModel {
  const {
    model: frame,
    hash,
    trace,
  } = stored.meta as { model: ModelFrame; hash: string; trace: ProsegModel['trace'] };
  const globals = globalsFrom(stored.tables) as FrozenGlobals;
  const missing = GLOBALS.filter((name) => globals[name] === undefined);
  const found = missing.length > 0 ? `without ${missing.join(', ')}` : hashModel(frame, globals);
  if (found !== hash) {
    throw new SpatileError(
      'RUN_CORRUPT',
      `assign model: the content is not what was stored (${found}); expected hash ${hash}; delete the run directory and start again`,
    );
  }
  return { frame, globals, hash, trace };
}
