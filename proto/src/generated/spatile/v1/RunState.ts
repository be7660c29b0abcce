// Original file: proto/spatile/v1/runs.proto

export const RunState = {
  RUN_STATE_UNSPECIFIED: 'RUN_STATE_UNSPECIFIED',
  WAITING: 'WAITING',
  RUNNING: 'RUNNING',
  FINISHED: 'FINISHED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;

export type RunState =
  | 'RUN_STATE_UNSPECIFIED'
  | 0
  | 'WAITING'
  | 1
  | 'RUNNING'
  | 2
  | 'FINISHED'
  | 3
  | 'FAILED'
  | 4
  | 'CANCELLED'
  | 5

export type RunState__Output = typeof RunState[keyof typeof RunState]
