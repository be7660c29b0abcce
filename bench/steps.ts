import type { RunLogEvent } from '@spatile/coordinator/run/events';

/** What the time of a run goes to, in the order of a run. */
export const STEPS = [
  'scan',
  'partition',
  'fit',
  'assign',
  'border',
  'settle',
  'outline',
  'tally',
  'write',
  'report',
] as const;

/** Seconds by step; `other` holds steps that this bench does not know by name. */
export type StepSeconds = Record<(typeof STEPS)[number] | 'other', number>;

type Step = Extract<RunLogEvent, { type: 'step' }>;
type Task = Extract<RunLogEvent, { type: 'task' }>;

/** Sums the steps of `events.ndjson` by what they are for. */
export function stepSeconds(events: readonly RunLogEvent[]): StepSeconds {
  const sums = Object.fromEntries([...STEPS, 'other'].map((step) => [step, 0])) as StepSeconds;
  for (const event of events) if (event.type === 'step') sums[kindOf(event)] += event.seconds;
  return sums;
}

function kindOf({ step }: Step): keyof StepSeconds {
  if (step.endsWith('-settle') || step === 'assign-ambient') return 'settle';
  if (step.startsWith('assign-fit')) return 'fit';
  if (step.startsWith('assign-border')) return 'border';
  if (step.startsWith('outline')) return 'outline';
  for (const known of ['scan', 'partition', 'assign', 'tally', 'write', 'report'] as const)
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
