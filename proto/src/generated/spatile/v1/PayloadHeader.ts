// Original file: proto/spatile/v1/tiles.proto

import type { Long } from '@grpc/proto-loader';

export interface PayloadHeader {
  'totalBytes'?: (number | string | Long);
  'sha256'?: (string);
}

export interface PayloadHeader__Output {
  'totalBytes': (number);
  'sha256': (string);
}
