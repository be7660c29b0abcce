// Original file: proto/spatile/v1/tiles.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Attempt as _spatile_v1_Attempt, Attempt__Output as _spatile_v1_Attempt__Output } from '../../spatile/v1/Attempt.ts';
import type { BeginAttemptReply as _spatile_v1_BeginAttemptReply, BeginAttemptReply__Output as _spatile_v1_BeginAttemptReply__Output } from '../../spatile/v1/BeginAttemptReply.ts';
import type { Chunk as _spatile_v1_Chunk, Chunk__Output as _spatile_v1_Chunk__Output } from '../../spatile/v1/Chunk.ts';
import type { CommitChunk as _spatile_v1_CommitChunk, CommitChunk__Output as _spatile_v1_CommitChunk__Output } from '../../spatile/v1/CommitChunk.ts';
import type { CommitReply as _spatile_v1_CommitReply, CommitReply__Output as _spatile_v1_CommitReply__Output } from '../../spatile/v1/CommitReply.ts';
import type { FailureReply as _spatile_v1_FailureReply, FailureReply__Output as _spatile_v1_FailureReply__Output } from '../../spatile/v1/FailureReply.ts';
import type { FailureReport as _spatile_v1_FailureReport, FailureReport__Output as _spatile_v1_FailureReport__Output } from '../../spatile/v1/FailureReport.ts';
import type { FetchRequest as _spatile_v1_FetchRequest, FetchRequest__Output as _spatile_v1_FetchRequest__Output } from '../../spatile/v1/FetchRequest.ts';
import type { HeartbeatReply as _spatile_v1_HeartbeatReply, HeartbeatReply__Output as _spatile_v1_HeartbeatReply__Output } from '../../spatile/v1/HeartbeatReply.ts';
import type { HeartbeatRequest as _spatile_v1_HeartbeatRequest, HeartbeatRequest__Output as _spatile_v1_HeartbeatRequest__Output } from '../../spatile/v1/HeartbeatRequest.ts';

export interface TileDataClient extends grpc.Client {
  BeginAttempt(argument: _spatile_v1_Attempt, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  BeginAttempt(argument: _spatile_v1_Attempt, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  BeginAttempt(argument: _spatile_v1_Attempt, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  BeginAttempt(argument: _spatile_v1_Attempt, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  beginAttempt(argument: _spatile_v1_Attempt, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  beginAttempt(argument: _spatile_v1_Attempt, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  beginAttempt(argument: _spatile_v1_Attempt, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  beginAttempt(argument: _spatile_v1_Attempt, callback: grpc.requestCallback<_spatile_v1_BeginAttemptReply__Output>): grpc.ClientUnaryCall;
  
  Commit(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  Commit(metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  Commit(options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  Commit(callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  commit(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  commit(metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  commit(options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  commit(callback: grpc.requestCallback<_spatile_v1_CommitReply__Output>): grpc.ClientWritableStream<_spatile_v1_CommitChunk>;
  
  Fetch(argument: _spatile_v1_FetchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_Chunk__Output>;
  Fetch(argument: _spatile_v1_FetchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_Chunk__Output>;
  fetch(argument: _spatile_v1_FetchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_Chunk__Output>;
  fetch(argument: _spatile_v1_FetchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_Chunk__Output>;
  
  Heartbeat(argument: _spatile_v1_HeartbeatRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  Heartbeat(argument: _spatile_v1_HeartbeatRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  Heartbeat(argument: _spatile_v1_HeartbeatRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  Heartbeat(argument: _spatile_v1_HeartbeatRequest, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _spatile_v1_HeartbeatRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _spatile_v1_HeartbeatRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _spatile_v1_HeartbeatRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  heartbeat(argument: _spatile_v1_HeartbeatRequest, callback: grpc.requestCallback<_spatile_v1_HeartbeatReply__Output>): grpc.ClientUnaryCall;
  
  ReportFailure(argument: _spatile_v1_FailureReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  ReportFailure(argument: _spatile_v1_FailureReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  ReportFailure(argument: _spatile_v1_FailureReport, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  ReportFailure(argument: _spatile_v1_FailureReport, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  reportFailure(argument: _spatile_v1_FailureReport, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  reportFailure(argument: _spatile_v1_FailureReport, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  reportFailure(argument: _spatile_v1_FailureReport, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  reportFailure(argument: _spatile_v1_FailureReport, callback: grpc.requestCallback<_spatile_v1_FailureReply__Output>): grpc.ClientUnaryCall;
  
}

export interface TileDataHandlers extends grpc.UntypedServiceImplementation {
  BeginAttempt: grpc.handleUnaryCall<_spatile_v1_Attempt__Output, _spatile_v1_BeginAttemptReply>;
  
  Commit: grpc.handleClientStreamingCall<_spatile_v1_CommitChunk__Output, _spatile_v1_CommitReply>;
  
  Fetch: grpc.handleServerStreamingCall<_spatile_v1_FetchRequest__Output, _spatile_v1_Chunk>;
  
  Heartbeat: grpc.handleUnaryCall<_spatile_v1_HeartbeatRequest__Output, _spatile_v1_HeartbeatReply>;
  
  ReportFailure: grpc.handleUnaryCall<_spatile_v1_FailureReport__Output, _spatile_v1_FailureReply>;
  
}

export interface TileDataDefinition extends grpc.ServiceDefinition {
  BeginAttempt: MethodDefinition<_spatile_v1_Attempt, _spatile_v1_BeginAttemptReply, _spatile_v1_Attempt__Output, _spatile_v1_BeginAttemptReply__Output>
  Commit: MethodDefinition<_spatile_v1_CommitChunk, _spatile_v1_CommitReply, _spatile_v1_CommitChunk__Output, _spatile_v1_CommitReply__Output>
  Fetch: MethodDefinition<_spatile_v1_FetchRequest, _spatile_v1_Chunk, _spatile_v1_FetchRequest__Output, _spatile_v1_Chunk__Output>
  Heartbeat: MethodDefinition<_spatile_v1_HeartbeatRequest, _spatile_v1_HeartbeatReply, _spatile_v1_HeartbeatRequest__Output, _spatile_v1_HeartbeatReply__Output>
  ReportFailure: MethodDefinition<_spatile_v1_FailureReport, _spatile_v1_FailureReply, _spatile_v1_FailureReport__Output, _spatile_v1_FailureReply__Output>
}
