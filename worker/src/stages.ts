import { ASSIGN_TILE } from '@spatile/formats/tile/assign';
import { OUTLINE_TILE } from '@spatile/formats/tile/outline';
import { SETTLE_TILE } from '@spatile/formats/tile/settle';
import { STRAYS_TILE } from '@spatile/formats/tile/strays';
import { assignBaysor } from './assign/baysor/assign.ts';
import { fitBaysor } from './assign/baysor/fit.ts';
import { settleBaysor } from './assign/baysor/settle.ts';
import { assignExpand } from './assign/expand/compute.ts';
import { assignNucleus } from './assign/nucleus/compute.ts';
import { prosegHandlers } from './assign/proseg/handlers.ts';
import { correctHandlers } from './correct/handlers.ts';
import type { Handler } from './handler.ts';
import { outline } from './outline/compute.ts';
import { segmentHandlers } from './segment/handlers.ts';

/** Every kind of task this worker can do, by name. A method adds its entry here and its folder beside the others. */
export const handlers: Readonly<Record<string, Handler>> = {
  'assign.nucleus': assignNucleus,
  'assign.expand': assignExpand,
  'assign.baysor': assignBaysor,
  'assign.baysor.fit': fitBaysor,
  'assign.baysor.settle': settleBaysor,
  ...prosegHandlers,
  outline,
  ...Object.fromEntries(Object.entries(correctHandlers).map(([kind, { handler }]) => [kind, handler])),
  ...Object.fromEntries(Object.entries(segmentHandlers).map(([kind, { handler }]) => [kind, handler])),
};

/** The kind of frame a handler takes: an assign tile for every assign method. */
export function inputKind(kind: string): string {
  if (Object.hasOwn(correctHandlers, kind)) return correctHandlers[kind].input;
  if (Object.hasOwn(segmentHandlers, kind)) return segmentHandlers[kind].input;
  if (kind === 'assign.proseg.settle' || kind === 'assign.baysor.settle') return SETTLE_TILE;
  if (kind === 'assign.proseg.strays') return STRAYS_TILE;
  return kind === 'outline' ? OUTLINE_TILE : ASSIGN_TILE;
}
