// Original file: proto/spatile/v1/tiles.proto

import type { Attempt as _spatile_v1_Attempt, Attempt__Output as _spatile_v1_Attempt__Output } from '../../spatile/v1/Attempt.ts';

export interface FailureReport {
  'attempt'?: (_spatile_v1_Attempt | null);
  'code'?: (string);
  'message'?: (string);
  'retryable'?: (boolean);
  'preempted'?: (boolean);
  'stack'?: (string);
  'fields'?: (string);
}

export interface FailureReport__Output {
  'attempt': (_spatile_v1_Attempt__Output | null);
  'code': (string);
  'message': (string);
  'retryable': (boolean);
  'preempted': (boolean);
  'stack': (string);
  'fields': (string);
}
