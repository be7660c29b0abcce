// Original file: proto/spatile/v1/tiles.proto

import type { CommitHeader as _spatile_v1_CommitHeader, CommitHeader__Output as _spatile_v1_CommitHeader__Output } from '../../spatile/v1/CommitHeader.ts';
import type { Chunk as _spatile_v1_Chunk, Chunk__Output as _spatile_v1_Chunk__Output } from '../../spatile/v1/Chunk.ts';

export interface CommitChunk {
  'header'?: (_spatile_v1_CommitHeader | null);
  'chunk'?: (_spatile_v1_Chunk | null);
}

export interface CommitChunk__Output {
  'header': (_spatile_v1_CommitHeader__Output | null);
  'chunk': (_spatile_v1_Chunk__Output | null);
}
