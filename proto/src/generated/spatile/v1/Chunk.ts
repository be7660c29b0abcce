// Original file: proto/spatile/v1/tiles.proto

import type { PayloadHeader as _spatile_v1_PayloadHeader, PayloadHeader__Output as _spatile_v1_PayloadHeader__Output } from '../../spatile/v1/PayloadHeader.ts';
import type { Long } from '@grpc/proto-loader';

export interface Chunk {
  'header'?: (_spatile_v1_PayloadHeader | null);
  'offset'?: (number | string | Long);
  'data'?: (Buffer | Uint8Array | string);
  'crc32'?: (number);
}

export interface Chunk__Output {
  'header': (_spatile_v1_PayloadHeader__Output | null);
  'offset': (number);
  'data': (Buffer);
  'crc32': (number);
}
