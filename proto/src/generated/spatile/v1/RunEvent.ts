// Original file: proto/spatile/v1/runs.proto

import type { RunInfo as _spatile_v1_RunInfo, RunInfo__Output as _spatile_v1_RunInfo__Output } from '../../spatile/v1/RunInfo.ts';

export interface RunEvent {
  'progress'?: (string);
  'run'?: (_spatile_v1_RunInfo | null);
}

export interface RunEvent__Output {
  'progress': (string);
  'run': (_spatile_v1_RunInfo__Output | null);
}
