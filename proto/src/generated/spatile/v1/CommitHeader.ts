// Original file: proto/spatile/v1/tiles.proto

import type { Attempt as _spatile_v1_Attempt, Attempt__Output as _spatile_v1_Attempt__Output } from '../../spatile/v1/Attempt.ts';
import type { Long } from '@grpc/proto-loader';

export interface CommitHeader {
  'attempt'?: (_spatile_v1_Attempt | null);
  'seconds'?: (number | string);
  'cpuSeconds'?: (number | string);
  'peakRssBytes'?: (number | string | Long);
  'work'?: ({[key: string]: number | string});
}

export interface CommitHeader__Output {
  'attempt': (_spatile_v1_Attempt__Output | null);
  'seconds': (number);
  'cpuSeconds': (number);
  'peakRssBytes': (number);
  'work': ({[key: string]: number});
}
