import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ListRequest as _spatile_v1_ListRequest, ListRequest__Output as _spatile_v1_ListRequest__Output } from './spatile/v1/ListRequest.ts';
import type { RunEvent as _spatile_v1_RunEvent, RunEvent__Output as _spatile_v1_RunEvent__Output } from './spatile/v1/RunEvent.ts';
import type { RunInfo as _spatile_v1_RunInfo, RunInfo__Output as _spatile_v1_RunInfo__Output } from './spatile/v1/RunInfo.ts';
import type { RunList as _spatile_v1_RunList, RunList__Output as _spatile_v1_RunList__Output } from './spatile/v1/RunList.ts';
import type { RunName as _spatile_v1_RunName, RunName__Output as _spatile_v1_RunName__Output } from './spatile/v1/RunName.ts';
import type { RunsClient as _spatile_v1_RunsClient, RunsDefinition as _spatile_v1_RunsDefinition } from './spatile/v1/Runs.ts';
import type { SubmitRequest as _spatile_v1_SubmitRequest, SubmitRequest__Output as _spatile_v1_SubmitRequest__Output } from './spatile/v1/SubmitRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  spatile: {
    v1: {
      ListRequest: MessageTypeDefinition<_spatile_v1_ListRequest, _spatile_v1_ListRequest__Output>
      RunEvent: MessageTypeDefinition<_spatile_v1_RunEvent, _spatile_v1_RunEvent__Output>
      RunInfo: MessageTypeDefinition<_spatile_v1_RunInfo, _spatile_v1_RunInfo__Output>
      RunList: MessageTypeDefinition<_spatile_v1_RunList, _spatile_v1_RunList__Output>
      RunName: MessageTypeDefinition<_spatile_v1_RunName, _spatile_v1_RunName__Output>
      RunState: EnumTypeDefinition
      Runs: SubtypeConstructor<typeof grpc.Client, _spatile_v1_RunsClient> & { service: _spatile_v1_RunsDefinition }
      SubmitRequest: MessageTypeDefinition<_spatile_v1_SubmitRequest, _spatile_v1_SubmitRequest__Output>
    }
  }
}

