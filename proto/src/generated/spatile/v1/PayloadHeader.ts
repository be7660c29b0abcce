// Original file: proto/spatile/v1/tiles.proto

import type { Long } from '@grpc/proto-loader';

export interface PayloadHeader {
  'totalBytes'?: (number | string | Long);
}

export interface PayloadHeader__Output {
  'totalBytes': (number);
}
