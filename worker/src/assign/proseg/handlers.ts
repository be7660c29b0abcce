import type { Handler } from '../../handler.ts';
import { assign } from './assign.ts';
import { border } from './border.ts';
import { fit } from './fit.ts';
import { prepare } from './prepare.ts';
import { settle } from './settle/settle.ts';
import { strays } from './strays/strays.ts';

/**
 * The `proseg` method: cell simulation by MCMC (Jones et al., Nat Methods 22:1331, 2025), our own implementation of the model of
 * version 3.1. Kinds, inputs and outputs: `formats/src/tile/proseg.ts`.
 */
export const prosegHandlers: Readonly<Record<string, Handler>> = {
  'assign.proseg.prepare': prepare,
  'assign.proseg.fit': fit,
  'assign.proseg': assign,
  'assign.proseg.border': border,
  'assign.proseg.settle': settle,
  'assign.proseg.strays': strays,
};
