import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Attempt as _spatile_v1_Attempt, Attempt__Output as _spatile_v1_Attempt__Output } from './spatile/v1/Attempt.ts';
import type { BeginAttemptReply as _spatile_v1_BeginAttemptReply, BeginAttemptReply__Output as _spatile_v1_BeginAttemptReply__Output } from './spatile/v1/BeginAttemptReply.ts';
import type { Chunk as _spatile_v1_Chunk, Chunk__Output as _spatile_v1_Chunk__Output } from './spatile/v1/Chunk.ts';
import type { CommitChunk as _spatile_v1_CommitChunk, CommitChunk__Output as _spatile_v1_CommitChunk__Output } from './spatile/v1/CommitChunk.ts';
import type { CommitHeader as _spatile_v1_CommitHeader, CommitHeader__Output as _spatile_v1_CommitHeader__Output } from './spatile/v1/CommitHeader.ts';
import type { CommitReply as _spatile_v1_CommitReply, CommitReply__Output as _spatile_v1_CommitReply__Output } from './spatile/v1/CommitReply.ts';
import type { FailureReply as _spatile_v1_FailureReply, FailureReply__Output as _spatile_v1_FailureReply__Output } from './spatile/v1/FailureReply.ts';
import type { FailureReport as _spatile_v1_FailureReport, FailureReport__Output as _spatile_v1_FailureReport__Output } from './spatile/v1/FailureReport.ts';
import type { FetchRequest as _spatile_v1_FetchRequest, FetchRequest__Output as _spatile_v1_FetchRequest__Output } from './spatile/v1/FetchRequest.ts';
import type { HeartbeatReply as _spatile_v1_HeartbeatReply, HeartbeatReply__Output as _spatile_v1_HeartbeatReply__Output } from './spatile/v1/HeartbeatReply.ts';
import type { HeartbeatRequest as _spatile_v1_HeartbeatRequest, HeartbeatRequest__Output as _spatile_v1_HeartbeatRequest__Output } from './spatile/v1/HeartbeatRequest.ts';
import type { PayloadHeader as _spatile_v1_PayloadHeader, PayloadHeader__Output as _spatile_v1_PayloadHeader__Output } from './spatile/v1/PayloadHeader.ts';
import type { TileDataClient as _spatile_v1_TileDataClient, TileDataDefinition as _spatile_v1_TileDataDefinition } from './spatile/v1/TileData.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  spatile: {
    v1: {
      Attempt: MessageTypeDefinition<_spatile_v1_Attempt, _spatile_v1_Attempt__Output>
      BeginAttemptReply: MessageTypeDefinition<_spatile_v1_BeginAttemptReply, _spatile_v1_BeginAttemptReply__Output>
      Chunk: MessageTypeDefinition<_spatile_v1_Chunk, _spatile_v1_Chunk__Output>
      CommitChunk: MessageTypeDefinition<_spatile_v1_CommitChunk, _spatile_v1_CommitChunk__Output>
      CommitHeader: MessageTypeDefinition<_spatile_v1_CommitHeader, _spatile_v1_CommitHeader__Output>
      CommitReply: MessageTypeDefinition<_spatile_v1_CommitReply, _spatile_v1_CommitReply__Output>
      FailureReply: MessageTypeDefinition<_spatile_v1_FailureReply, _spatile_v1_FailureReply__Output>
      FailureReport: MessageTypeDefinition<_spatile_v1_FailureReport, _spatile_v1_FailureReport__Output>
      FetchRequest: MessageTypeDefinition<_spatile_v1_FetchRequest, _spatile_v1_FetchRequest__Output>
      HeartbeatReply: MessageTypeDefinition<_spatile_v1_HeartbeatReply, _spatile_v1_HeartbeatReply__Output>
      HeartbeatRequest: MessageTypeDefinition<_spatile_v1_HeartbeatRequest, _spatile_v1_HeartbeatRequest__Output>
      PayloadHeader: MessageTypeDefinition<_spatile_v1_PayloadHeader, _spatile_v1_PayloadHeader__Output>
      TileData: SubtypeConstructor<typeof grpc.Client, _spatile_v1_TileDataClient> & { service: _spatile_v1_TileDataDefinition }
    }
  }
}

