import type { CorrectConfig } from '@spatile/formats/config/schema';
import { SPLIT_STATUS } from '@spatile/formats/tile/correct';
import { type Corrections, categorical, float32, settingsOf } from '../annotations.ts';
import type { SplitPlan } from './plan.ts';

/** Columns and provenance of SPLIT's result. */
export function splitAnnotations(config: CorrectConfig, plan: SplitPlan): Corrections {
  return {
    obs: [categorical('split_status', plan.status, SPLIT_STATUS), float32('split_score', plan.score)],
    obsm: {},
    uns: { split: { settings: settingsOf(config.split) } },
    layers: {},
    warnings: [],
  };
}
