import type { RunLogEvent } from '@spatile/coordinator/run/events';
import { table } from './pages.ts';
import { number } from './statistics.ts';

/** A stretch of a run, and what was going on in it. */
export interface Stretch {
  name: string;
  seconds: number;
  /** Seconds in which no task of a worker was running, and the work of all tasks together. */
  withoutTask: number;
  taskSeconds: number;
  longestTask: number;
  /** Processor time of the coordinator; null where the log does not say it. */
  coordinatorCpuSeconds: number | null;
}

type Logged = RunLogEvent & { time: string };
interface Task {
  round: string;
  from: number;
  to: number;
}

/** Steps that end a stretch; the tasks of tiles and of border units share one step, which the last tile cuts in two. */
const STRETCHES: [string, (step: string) => boolean][] = [
  ['start, scan, cells', (step) => step === 'scan'],
  ['partition', (step) => step === 'partition'],
  ['fit', (step) => step.startsWith('assign-fit')],
  ['assign', (step) => step === 'assign'],
  ['outline, strays', (step) => step === 'outline' || step === 'assign-ambient'],
  ['tally', (step) => step === 'tally'],
  ['write', (step) => step === 'write'],
  ['report', (step) => step === 'report'],
];

/** Cuts a finished run into stretches by its log of events (`events.ndjson`). Errors: plain, when it has no scan. */
export function timelineOf(events: readonly Logged[]): Stretch[] {
  const tasks = events.flatMap((event): Task[] => {
    if (event.type !== 'task') return [];
    const to = seconds(event.time);
    return [{ round: event.round, from: to - event.seconds, to }];
  });
  const scan = events.find((event) => event.type === 'step' && event.step === 'scan');
  if (scan?.type !== 'step') throw new Error('no scan in the log of events; expected that of a whole run');
  let from = seconds(scan.time) - scan.seconds;
  let cpu: number | null = 0;
  const out: Stretch[] = [];
  const add = (name: string, to: number, cpuSeconds: number | null): void => {
    const used = cpu !== null && cpuSeconds !== null ? cpuSeconds - cpu : null;
    out.push({ name, ...running(tasks, from, to), coordinatorCpuSeconds: used });
    from = to;
    cpu = cpuSeconds ?? cpu;
  };
  for (const [name, ends] of STRETCHES) {
    const last = events.findLast((event) => event.type === 'step' && ends(event.step));
    if (last?.type !== 'step') continue;
    const tilesEnd = Math.max(...tasks.filter(({ round }) => round === 'assign').map(({ to }) => to));
    if (name === 'assign' && tasks.some(({ round }) => round.startsWith('assign-border')))
      add('tiles', tilesEnd, null);
    add(
      name === 'assign' && from === tilesEnd ? 'border' : name,
      seconds(last.time),
      last.coordinatorCpuSeconds ?? null,
    );
  }
  return out;
}

const seconds = (time: string): number => Date.parse(time) / 1000;

function running(
  tasks: readonly Task[],
  from: number,
  to: number,
): Omit<Stretch, 'name' | 'coordinatorCpuSeconds'> {
  const inside = tasks
    .map((task) => ({ from: Math.max(from, task.from), to: Math.min(to, task.to) }))
    .filter((task) => task.to > task.from)
    .sort((a, b) => a.from - b.from);
  let covered = 0;
  let until = from;
  for (const task of inside) {
    covered += Math.max(0, task.to - Math.max(until, task.from));
    until = Math.max(until, task.to);
  }
  return {
    seconds: to - from,
    withoutTask: to - from - covered,
    taskSeconds: inside.reduce((sum, task) => sum + task.to - task.from, 0),
    longestTask: inside.reduce((most, task) => Math.max(most, task.to - task.from), 0),
  };
}

/** Wall time of a stretch with so many workers, if its tasks were shared evenly and nothing else changed. */
export const idealSeconds = ({ withoutTask, taskSeconds, longestTask }: Stretch, workers: number): number =>
  withoutTask + Math.max(longestTask, taskSeconds / workers);

/** The stretches as a table, with the time that one, two and four workers would take. */
export function timelineTable(stretches: readonly Stretch[]): string {
  const row = (name: string, of: readonly Stretch[]): string[] => {
    const sum = (value: (stretch: Stretch) => number): string =>
      number(
        of.reduce((all, stretch) => all + value(stretch), 0),
        2,
      );
    return [
      name,
      sum((stretch) => stretch.seconds),
      sum((stretch) => stretch.withoutTask),
      sum((stretch) => stretch.taskSeconds),
      sum((stretch) => stretch.longestTask),
      sum((stretch) => stretch.coordinatorCpuSeconds ?? 0),
      ...[1, 2, 4].map((workers) => sum((stretch) => idealSeconds(stretch, workers))),
    ];
  };
  return table(
    [
      'stretch',
      'wall, s',
      'no task runs, s',
      'tasks, s',
      'longest task, s',
      'coordinator, CPU s',
      '1 worker, s',
      '2 workers, s',
      '4 workers, s',
    ],
    [...stretches.map((stretch) => row(stretch.name, [stretch])), row('all', stretches)],
  );
}
