import type { CorrectConfig } from '@spatile/formats/config/schema';
import { CELL_CLASSES, SPLIT_STATUS } from '@spatile/formats/tile/correct';
import { type Corrections, categorical, flag, float32, settingsOf } from '../annotations.ts';
import type { NormalisedClasses } from './normalised.ts';
import type { SplitPlan } from './plan.ts';
import type { ShiftedTypes } from './shift.ts';

/** Columns and provenance of SPLIT's result. @param shifted types after SPLIT-shift, with their names; null without it. */
export function splitAnnotations(
  config: CorrectConfig,
  plan: SplitPlan,
  normalised: NormalisedClasses,
  shifted: (ShiftedTypes & { names: readonly string[] }) | null,
): Corrections {
  return {
    obs: [
      categorical('split_status', plan.status, SPLIT_STATUS),
      float32('split_score', plan.score),
      categorical('split_class', plan.cellClass, CELL_CLASSES),
      categorical('split_class_normalised', normalised.cellClass, CELL_CLASSES),
      float32('split_gain_per_gene', normalised.gain),
      ...(shifted === null
        ? []
        : [
            flag('split_swapped', shifted.swapped),
            categorical('split_first', shifted.first, shifted.names),
            categorical('split_second', shifted.second, shifted.names),
          ]),
    ],
    obsm: {},
    uns: { split: { settings: settingsOf(config.split) } },
    layers: {},
    warnings: [],
  };
}
