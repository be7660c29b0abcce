// Original file: proto/spatile/v1/runs.proto

import type { RunInfo as _spatile_v1_RunInfo, RunInfo__Output as _spatile_v1_RunInfo__Output } from '../../spatile/v1/RunInfo.ts';

export interface RunList {
  'runs'?: (_spatile_v1_RunInfo)[];
}

export interface RunList__Output {
  'runs': (_spatile_v1_RunInfo__Output)[];
}
