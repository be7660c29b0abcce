import type { RunLogEvent } from '@spatile/coordinator/run/events';

/** Where the time of a run goes; all in seconds. */
export interface StepSeconds {
  scan: number;
  partition: number;
  fit: number;
  assign: number;
  border: number;
  settle: number;
  outline: number;
  tally: number;
  write: number;
  /** Steps this bench does not know by name. */
  other: number;
}

type Step = Extract<RunLogEvent, { type: 'step' }>;
type Task = Extract<RunLogEvent, { type: 'task' }>;

/** Sums the steps of `events.ndjson` by what they are for. */
export function stepSeconds(events: readonly RunLogEvent[]): StepSeconds {
  const sums = {
    scan: 0,
    partition: 0,
    fit: 0,
    assign: 0,
    border: 0,
    settle: 0,
    outline: 0,
    tally: 0,
    write: 0,
    other: 0,
  };
  for (const event of events) if (event.type === 'step') sums[kindOf(event)] += event.seconds;
  return sums;
}

function kindOf({ step }: Step): keyof StepSeconds {
  if (step.endsWith('-settle') || step === 'assign-ambient') return 'settle';
  if (step.startsWith('assign-fit')) return 'fit';
  if (step.startsWith('assign-border')) return 'border';
  if (step.startsWith('outline')) return 'outline';
  for (const known of ['scan', 'partition', 'assign', 'tally', 'write'] as const)
    if (step === known) return known;
  return 'other';
}

/** What the tasks of the round `assign` worked on: kept transcripts of their cores, and processor seconds. */
export function assignWork(events: readonly RunLogEvent[]): { transcripts: number; cpuSeconds: number } {
  const tasks = events.filter((event): event is Task => event.type === 'task' && event.round === 'assign');
  return {
    transcripts: tasks.reduce((sum, task) => sum + task.transcripts, 0),
    cpuSeconds: tasks.reduce((sum, task) => sum + task.cpuSeconds, 0),
  };
}
