// Original file: proto/spatile/v1/tiles.proto

import type { Attempt as _spatile_v1_Attempt, Attempt__Output as _spatile_v1_Attempt__Output } from '../../spatile/v1/Attempt.ts';

export interface HeartbeatRequest {
  'attempt'?: (_spatile_v1_Attempt | null);
  'fraction'?: (number | string);
  'memory'?: (number | string);
}

export interface HeartbeatRequest__Output {
  'attempt': (_spatile_v1_Attempt__Output | null);
  'fraction': (number);
  'memory': (number);
}
