import { CORRECT_COUNTS, CORRECT_FIT, CORRECT_TYPES } from '@spatile/formats/tile/correct';
import type { Handler } from '../handler.ts';
import { fitTypes } from './rctd/fit.ts';
import { typeCells } from './rctd/types.ts';
import { purifyCounts } from './split/counts.ts';

/** Tasks of the correct stage with the frame that each takes. */
export const correctHandlers: Readonly<Record<string, { handler: Handler; input: string }>> = {
  'correct.rctd.fit': { handler: fitTypes, input: CORRECT_FIT },
  'correct.rctd': { handler: typeCells, input: CORRECT_TYPES },
  'correct.split': { handler: purifyCounts, input: CORRECT_COUNTS },
};
