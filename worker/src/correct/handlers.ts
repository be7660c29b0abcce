import { ADMIX_CELLS, ADMIX_FIT, ADMIX_PAIRS, ADMIX_SAMPLE } from '@spatile/formats/tile/celladmix';
import { CORRECT_COUNTS, CORRECT_FIT, CORRECT_TYPES } from '@spatile/formats/tile/correct';
import { RESOLVI_ATTRIBUTE, RESOLVI_ENCODE, RESOLVI_TRAIN } from '@spatile/formats/tile/resolvi';
import { SHIFT_CELLS, SHIFT_FIT } from '@spatile/formats/tile/shift';
import type { Handler } from '../handler.ts';
import { scoreBridges } from './celladmix/bridge.ts';
import { fitFactors } from './celladmix/factors.ts';
import { labelCells } from './celladmix/label.ts';
import { sampleVectors } from './celladmix/vectors.ts';
import { fitTypes } from './rctd/fit.ts';
import { typeCells } from './rctd/types.ts';
import { attributeResolvi, encodeResolvi } from './resolvi/apply.ts';
import { trainResolvi } from './resolvi/train.ts';
import { purifyCounts } from './split/counts.ts';
import { likeCells } from './split/like.ts';
import { fitSpace } from './split/space.ts';

/** Tasks of the correct stage with the frame that each takes. */
export const correctHandlers: Readonly<Record<string, { handler: Handler; input: string }>> = {
  'correct.rctd.fit': { handler: fitTypes, input: CORRECT_FIT },
  'correct.rctd': { handler: typeCells, input: CORRECT_TYPES },
  'correct.split': { handler: purifyCounts, input: CORRECT_COUNTS },
  'correct.split.space': { handler: fitSpace, input: SHIFT_FIT },
  'correct.split.like': { handler: likeCells, input: SHIFT_CELLS },
  'correct.celladmix.sample': { handler: sampleVectors, input: ADMIX_SAMPLE },
  'correct.celladmix.factors': { handler: fitFactors, input: ADMIX_FIT },
  'correct.celladmix.label': { handler: labelCells, input: ADMIX_CELLS },
  'correct.celladmix.bridge': { handler: scoreBridges, input: ADMIX_PAIRS },
  'correct.resolvi.train': { handler: trainResolvi, input: RESOLVI_TRAIN },
  'correct.resolvi.encode': { handler: encodeResolvi, input: RESOLVI_ENCODE },
  'correct.resolvi.attribute': { handler: attributeResolvi, input: RESOLVI_ATTRIBUTE },
};
