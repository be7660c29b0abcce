// Original file: proto/spatile/v1/tiles.proto

import type { Attempt as _spatile_v1_Attempt, Attempt__Output as _spatile_v1_Attempt__Output } from '../../spatile/v1/Attempt.ts';
import type { Long } from '@grpc/proto-loader';

export interface FetchRequest {
  'attempt'?: (_spatile_v1_Attempt | null);
  'offset'?: (number | string | Long);
}

export interface FetchRequest__Output {
  'attempt': (_spatile_v1_Attempt__Output | null);
  'offset': (number);
}
