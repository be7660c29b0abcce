// Original file: proto/spatile/v1/tiles.proto


// Original file: proto/spatile/v1/tiles.proto

export const _spatile_v1_CommitReply_Verdict = {
  VERDICT_UNSPECIFIED: 'VERDICT_UNSPECIFIED',
  COMMITTED: 'COMMITTED',
  ALREADY: 'ALREADY',
  DIFFERENT: 'DIFFERENT',
  CLOSED: 'CLOSED',
} as const;

export type _spatile_v1_CommitReply_Verdict =
  | 'VERDICT_UNSPECIFIED'
  | 0
  | 'COMMITTED'
  | 1
  | 'ALREADY'
  | 2
  | 'DIFFERENT'
  | 3
  | 'CLOSED'
  | 4

export type _spatile_v1_CommitReply_Verdict__Output = typeof _spatile_v1_CommitReply_Verdict[keyof typeof _spatile_v1_CommitReply_Verdict]

export interface CommitReply {
  'verdict'?: (_spatile_v1_CommitReply_Verdict);
}

export interface CommitReply__Output {
  'verdict': (_spatile_v1_CommitReply_Verdict__Output);
}
