import type { CorrectConfig } from '@spatile/formats/config/schema';
import { CELL_CLASSES, SPLIT_STATUS } from '@spatile/formats/tile/correct';
import { type Corrections, categorical, float32, settingsOf } from '../annotations.ts';
import type { NormalisedClasses } from './normalised.ts';
import type { SplitPlan } from './plan.ts';

/** Columns and provenance of SPLIT's result. */
export function splitAnnotations(
  config: CorrectConfig,
  plan: SplitPlan,
  normalised: NormalisedClasses,
): Corrections {
  return {
    obs: [
      categorical('split_status', plan.status, SPLIT_STATUS),
      float32('split_score', plan.score),
      categorical('split_class', plan.cellClass, CELL_CLASSES),
      categorical('split_class_normalised', normalised.cellClass, CELL_CLASSES),
      float32('split_gain_per_gene', normalised.gain),
    ],
    obsm: {},
    uns: { split: { settings: settingsOf(config.split) } },
    layers: {},
    warnings: [],
  };
}
