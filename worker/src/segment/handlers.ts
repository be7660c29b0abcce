import { SEGMENT_FIT_TILE, SEGMENT_PAINT_TILE, SEGMENT_TILE } from '@spatile/formats/tile/segment';
import type { Handler } from '../handler.ts';
import { segmentFit } from './fit.ts';
import { segmentPaint } from './paint.ts';
import { segmentTile } from './tile.ts';

/** Tasks of the segment stage, by name, with the kind of frame each takes. */
export const segmentHandlers: Readonly<Record<string, { handler: Handler; input: string }>> = {
  'segment.fit': { handler: segmentFit, input: SEGMENT_FIT_TILE },
  'segment.tile': { handler: segmentTile, input: SEGMENT_TILE },
  'segment.paint': { handler: segmentPaint, input: SEGMENT_PAINT_TILE },
};
