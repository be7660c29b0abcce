// Original file: proto/spatile/v1/tiles.proto


// Original file: proto/spatile/v1/tiles.proto

export const _spatile_v1_HeartbeatReply_Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  GO_ON: 'GO_ON',
  LOST: 'LOST',
  CANCELLED: 'CANCELLED',
} as const;

export type _spatile_v1_HeartbeatReply_Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 0
  | 'GO_ON'
  | 1
  | 'LOST'
  | 2
  | 'CANCELLED'
  | 3

export type _spatile_v1_HeartbeatReply_Verdict__Output = typeof _spatile_v1_HeartbeatReply_Verdict[keyof typeof _spatile_v1_HeartbeatReply_Verdict]

export interface HeartbeatReply {
  'verdict'?: (_spatile_v1_HeartbeatReply_Verdict);
}

export interface HeartbeatReply__Output {
  'verdict': (_spatile_v1_HeartbeatReply_Verdict__Output);
}
