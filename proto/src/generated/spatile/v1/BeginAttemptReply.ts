// Original file: proto/spatile/v1/tiles.proto


// Original file: proto/spatile/v1/tiles.proto

export const _spatile_v1_BeginAttemptReply_Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  GO: 'GO',
  ALREADY: 'ALREADY',
  OVER: 'OVER',
  ELSEWHERE: 'ELSEWHERE',
} as const;

export type _spatile_v1_BeginAttemptReply_Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 0
  | 'GO'
  | 1
  | 'ALREADY'
  | 2
  | 'OVER'
  | 3
  | 'ELSEWHERE'
  | 4

export type _spatile_v1_BeginAttemptReply_Verdict__Output = typeof _spatile_v1_BeginAttemptReply_Verdict[keyof typeof _spatile_v1_BeginAttemptReply_Verdict]

export interface BeginAttemptReply {
  'verdict'?: (_spatile_v1_BeginAttemptReply_Verdict);
  'kind'?: (string);
}

export interface BeginAttemptReply__Output {
  'verdict': (_spatile_v1_BeginAttemptReply_Verdict__Output);
  'kind': (string);
}
