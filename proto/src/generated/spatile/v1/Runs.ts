// Original file: proto/spatile/v1/runs.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListRequest as _spatile_v1_ListRequest, ListRequest__Output as _spatile_v1_ListRequest__Output } from '../../spatile/v1/ListRequest.ts';
import type { RunEvent as _spatile_v1_RunEvent, RunEvent__Output as _spatile_v1_RunEvent__Output } from '../../spatile/v1/RunEvent.ts';
import type { RunInfo as _spatile_v1_RunInfo, RunInfo__Output as _spatile_v1_RunInfo__Output } from '../../spatile/v1/RunInfo.ts';
import type { RunList as _spatile_v1_RunList, RunList__Output as _spatile_v1_RunList__Output } from '../../spatile/v1/RunList.ts';
import type { RunName as _spatile_v1_RunName, RunName__Output as _spatile_v1_RunName__Output } from '../../spatile/v1/RunName.ts';
import type { SubmitRequest as _spatile_v1_SubmitRequest, SubmitRequest__Output as _spatile_v1_SubmitRequest__Output } from '../../spatile/v1/SubmitRequest.ts';

export interface RunsClient extends grpc.Client {
  Cancel(argument: _spatile_v1_RunName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Cancel(argument: _spatile_v1_RunName, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Cancel(argument: _spatile_v1_RunName, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Cancel(argument: _spatile_v1_RunName, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  cancel(argument: _spatile_v1_RunName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  cancel(argument: _spatile_v1_RunName, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  cancel(argument: _spatile_v1_RunName, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  cancel(argument: _spatile_v1_RunName, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  
  Get(argument: _spatile_v1_RunName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _spatile_v1_RunName, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _spatile_v1_RunName, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Get(argument: _spatile_v1_RunName, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _spatile_v1_RunName, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _spatile_v1_RunName, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _spatile_v1_RunName, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  get(argument: _spatile_v1_RunName, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  
  List(argument: _spatile_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  List(argument: _spatile_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  List(argument: _spatile_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  List(argument: _spatile_v1_ListRequest, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  list(argument: _spatile_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  list(argument: _spatile_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  list(argument: _spatile_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  list(argument: _spatile_v1_ListRequest, callback: grpc.requestCallback<_spatile_v1_RunList__Output>): grpc.ClientUnaryCall;
  
  Submit(argument: _spatile_v1_SubmitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Submit(argument: _spatile_v1_SubmitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Submit(argument: _spatile_v1_SubmitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  Submit(argument: _spatile_v1_SubmitRequest, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  submit(argument: _spatile_v1_SubmitRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  submit(argument: _spatile_v1_SubmitRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  submit(argument: _spatile_v1_SubmitRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  submit(argument: _spatile_v1_SubmitRequest, callback: grpc.requestCallback<_spatile_v1_RunInfo__Output>): grpc.ClientUnaryCall;
  
  Watch(argument: _spatile_v1_RunName, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_RunEvent__Output>;
  Watch(argument: _spatile_v1_RunName, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_RunEvent__Output>;
  watch(argument: _spatile_v1_RunName, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_RunEvent__Output>;
  watch(argument: _spatile_v1_RunName, options?: grpc.CallOptions): grpc.ClientReadableStream<_spatile_v1_RunEvent__Output>;
  
}

export interface RunsHandlers extends grpc.UntypedServiceImplementation {
  Cancel: grpc.handleUnaryCall<_spatile_v1_RunName__Output, _spatile_v1_RunInfo>;
  
  Get: grpc.handleUnaryCall<_spatile_v1_RunName__Output, _spatile_v1_RunInfo>;
  
  List: grpc.handleUnaryCall<_spatile_v1_ListRequest__Output, _spatile_v1_RunList>;
  
  Submit: grpc.handleUnaryCall<_spatile_v1_SubmitRequest__Output, _spatile_v1_RunInfo>;
  
  Watch: grpc.handleServerStreamingCall<_spatile_v1_RunName__Output, _spatile_v1_RunEvent>;
  
}

export interface RunsDefinition extends grpc.ServiceDefinition {
  Cancel: MethodDefinition<_spatile_v1_RunName, _spatile_v1_RunInfo, _spatile_v1_RunName__Output, _spatile_v1_RunInfo__Output>
  Get: MethodDefinition<_spatile_v1_RunName, _spatile_v1_RunInfo, _spatile_v1_RunName__Output, _spatile_v1_RunInfo__Output>
  List: MethodDefinition<_spatile_v1_ListRequest, _spatile_v1_RunList, _spatile_v1_ListRequest__Output, _spatile_v1_RunList__Output>
  Submit: MethodDefinition<_spatile_v1_SubmitRequest, _spatile_v1_RunInfo, _spatile_v1_SubmitRequest__Output, _spatile_v1_RunInfo__Output>
  Watch: MethodDefinition<_spatile_v1_RunName, _spatile_v1_RunEvent, _spatile_v1_RunName__Output, _spatile_v1_RunEvent__Output>
}
