// Original file: proto/spatile/v1/runs.proto

import type { RunState as _spatile_v1_RunState, RunState__Output as _spatile_v1_RunState__Output } from '../../spatile/v1/RunState.ts';

export interface RunInfo {
  'id'?: (string);
  'state'?: (_spatile_v1_RunState);
  'bundle'?: (string);
  'output'?: (string);
  'submitted'?: (string);
  'error'?: (string);
  'summary'?: (string);
  'step'?: (string);
  'done'?: (number | string);
  'total'?: (number | string);
  'errorCode'?: (string);
}

export interface RunInfo__Output {
  'id': (string);
  'state': (_spatile_v1_RunState__Output);
  'bundle': (string);
  'output': (string);
  'submitted': (string);
  'error': (string);
  'summary': (string);
  'step': (string);
  'done': (number);
  'total': (number);
  'errorCode': (string);
}
