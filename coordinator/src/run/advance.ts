import type { ErrorCode } from '@spatile/formats/errors';

/**
 * The transition function of a round: events in, next state and commands out. It knows no process, disk or clock, so fault
 * tests replay lists of events. Delivery is at least once: late and duplicate reports change nothing.
 *
 * Tasks of a round may need others of the same round; they are handed out as soon as those are committed. Some are the
 * coordinator's own (it settles what workers said): those take no worker.
 */

/** A task that killed this many workers, or failed this often though retryable, fails the run. */
export const MAX_ATTEMPTS = 3;
/** Workers that may die in one round while they hold no task: more means that workers cannot start at all. */
export const MAX_IDLE_LOSSES = 8;

export interface RoundState {
  readonly round: string;
  /** Tasks not handed out, next first. */
  readonly ready: readonly string[];
  /** Worker -> task it holds. */
  readonly running: ReadonlyMap<number, string>;
  readonly idle: readonly number[];
  /** Task -> how many of the tasks it needs are not done; tasks that need nothing more are not listed. */
  readonly blocked: ReadonlyMap<string, number>;
  /** Task -> the tasks that need it. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
  /** Task -> its place in the order of handing out. */
  readonly place: ReadonlyMap<string, number>;
  /** Tasks that the coordinator does itself. */
  readonly own: ReadonlySet<string>;
  readonly done: ReadonlySet<string>;
  /** Task -> how often it was handed out and did not come back. */
  readonly failures: ReadonlyMap<string, number>;
  /** Workers that died without a task in this round. */
  readonly idleLosses: number;
  readonly total: number;
  readonly over: boolean;
}

export interface StartedTask {
  id: string;
  weight: number;
  /** Tasks of a lower rank come first, whatever they weigh. 0 when absent. */
  rank?: number;
  /** Tasks of this round that must be committed before. */
  needs?: readonly string[];
  /** Done by the coordinator. */
  own?: boolean;
}

export type RoundEvent =
  | {
      type: 'started';
      round: string;
      tasks: readonly StartedTask[];
      committed: readonly string[];
      order?: 'heaviest' | 'lightest';
    }
  | { type: 'worker-ready'; worker: number }
  | { type: 'worker-lost'; worker: number; reason: string }
  /** A result has come in; it is being committed, and its worker is free. */
  | { type: 'returned'; worker: number; task: string }
  | { type: 'committed'; worker: number; task: string }
  | { type: 'failed'; worker: number; task: string; code: ErrorCode; message: string; retryable: boolean };

export type RoundCommand =
  | { type: 'send'; worker: number; task: string; attempt: number }
  | { type: 'settle'; task: string }
  | { type: 'replace-worker'; worker: number }
  | { type: 'end-round' }
  | { type: 'fail-run'; code: ErrorCode; message: string };

export function idleRound(): RoundState {
  return {
    round: '',
    ready: [],
    running: new Map(),
    idle: [],
    blocked: new Map(),
    dependants: new Map(),
    place: new Map(),
    own: new Set(),
    done: new Set(),
    failures: new Map(),
    idleLosses: 0,
    total: 0,
    over: true,
  };
}

export function advance(
  state: RoundState,
  event: RoundEvent,
): { state: RoundState; commands: RoundCommand[] } {
  switch (event.type) {
    case 'started':
      return handOut(start(state, event));
    case 'worker-ready':
      return handOut(
        state.idle.includes(event.worker) || state.running.has(event.worker)
          ? state
          : { ...state, idle: [...state.idle, event.worker] },
      );
    case 'returned':
      return handOut(free(state, event.worker, event.task));
    case 'committed':
      return handOut(finish(free(state, event.worker, event.task), event.task));
    case 'worker-lost':
      return lose(state, event.worker, event.reason);
    case 'failed':
      return fail(state, event);
  }
}

function start(state: RoundState, event: Extract<RoundEvent, { type: 'started' }>): RoundState {
  const committed = new Set(event.committed);
  const sign = event.order === 'lightest' ? -1 : 1;
  const tasks = [...event.tasks].sort(
    (a, b) =>
      (a.rank ?? 0) - (b.rank ?? 0) ||
      sign * (b.weight - a.weight) ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
  const blocked = new Map<string, number>();
  const dependants = new Map<string, string[]>();
  for (const { id, needs = [] } of tasks) {
    const open = needs.filter((need) => !committed.has(need));
    if (open.length > 0 && !committed.has(id)) blocked.set(id, open.length);
    for (const need of open) dependants.set(need, [...(dependants.get(need) ?? []), id]);
  }
  return {
    round: event.round,
    ready: tasks.filter(({ id }) => !committed.has(id) && !blocked.has(id)).map(({ id }) => id),
    running: new Map(),
    idle: [...state.idle, ...state.running.keys()],
    blocked,
    dependants,
    place: new Map(tasks.map(({ id }, i) => [id, i])),
    own: new Set(tasks.filter(({ own }) => own === true).map(({ id }) => id)),
    done: new Set(tasks.map(({ id }) => id).filter((id) => committed.has(id))),
    failures: new Map(),
    idleLosses: 0,
    total: tasks.length,
    over: false,
  };
}

/** The worker holds the task no longer. */
function free(state: RoundState, worker: number, task: string): RoundState {
  if (state.running.get(worker) !== task) return state;
  const running = new Map(state.running);
  running.delete(worker);
  return { ...state, running, idle: [...state.idle, worker] };
}

function finish(state: RoundState, task: string): RoundState {
  if (state.done.has(task)) return state;
  const blocked = new Map(state.blocked);
  const unblocked: string[] = [];
  for (const id of state.dependants.get(task) ?? []) {
    const left = (blocked.get(id) ?? 0) - 1;
    if (left > 0) blocked.set(id, left);
    else if (blocked.delete(id)) unblocked.push(id);
  }
  const ready = state.ready.filter((id) => id !== task);
  if (unblocked.length > 0) {
    ready.push(...unblocked);
    ready.sort((a, b) => state.place.get(a)! - state.place.get(b)!);
  }
  return { ...state, blocked, ready, done: new Set(state.done).add(task) };
}

function handOut(state: RoundState): { state: RoundState; commands: RoundCommand[] } {
  const commands: RoundCommand[] = [];
  const running = new Map(state.running);
  const idle = [...state.idle];
  for (const task of state.ready) if (state.own.has(task)) commands.push({ type: 'settle', task });
  const ready = state.ready.filter((task) => !state.own.has(task));
  while (idle.length > 0 && ready.length > 0) {
    const worker = idle.shift()!;
    const task = ready.shift()!;
    running.set(worker, task);
    commands.push({ type: 'send', worker, task, attempt: (state.failures.get(task) ?? 0) + 1 });
  }
  const over = state.over || state.done.size === state.total;
  if (over && !state.over) commands.push({ type: 'end-round' });
  return { state: { ...state, running, idle, ready, over }, commands };
}

function lose(
  state: RoundState,
  worker: number,
  reason: string,
): { state: RoundState; commands: RoundCommand[] } {
  const task = state.running.get(worker);
  const running = new Map(state.running);
  running.delete(worker);
  const without: RoundState = { ...state, running, idle: state.idle.filter((id) => id !== worker) };
  const replace: RoundCommand = { type: 'replace-worker', worker };
  if (task === undefined || state.done.has(task)) {
    const idleLosses = state.idleLosses + 1;
    if (idleLosses > MAX_IDLE_LOSSES) {
      return {
        state: without,
        commands: [
          {
            type: 'fail-run',
            code: 'WORKER_LOST',
            message: `${state.round}: ${idleLosses} workers died before they took a task (last: ${reason}); expected workers to start; see spatile.log in the run directory and go on with --resume`,
          },
        ],
      };
    }
    return withCommands(handOut({ ...without, idleLosses }), [replace]);
  }
  const failures = (state.failures.get(task) ?? 0) + 1;
  if (failures >= MAX_ATTEMPTS) {
    return {
      state: without,
      commands: [
        {
          type: 'fail-run',
          code: 'WORKER_LOST',
          message: `${named(state, task)}: ${failures} workers died on it (last: ${reason}); expected at most ${MAX_ATTEMPTS - 1} losses; give workers more memory (or use fewer) and go on with --resume`,
        },
      ],
    };
  }
  return withCommands(handOut(putBack(without, task, failures)), [replace]);
}

function fail(
  state: RoundState,
  event: Extract<RoundEvent, { type: 'failed' }>,
): { state: RoundState; commands: RoundCommand[] } {
  if (state.running.get(event.worker) !== event.task) return { state, commands: [] };
  const failures = (state.failures.get(event.task) ?? 0) + 1;
  const running = new Map(state.running);
  running.delete(event.worker);
  const freed: RoundState = { ...state, running, idle: [...state.idle, event.worker] };
  if (!event.retryable || failures >= MAX_ATTEMPTS) {
    return {
      state: freed,
      commands: [
        {
          type: 'fail-run',
          code: event.code,
          message: `${named(state, event.task)}: ${event.message}`,
        },
      ],
    };
  }
  return handOut(putBack(freed, event.task, failures));
}

/** A task for people; tasks of several rounds at once are called by their own round. */
function named({ round }: RoundState, task: string): string {
  const slash = task.indexOf('/');
  return slash < 0 ? `${round}, tile ${task}` : `${task.slice(0, slash)}, tile ${task.slice(slash + 1)}`;
}

function putBack(state: RoundState, task: string, failures: number): RoundState {
  return { ...state, ready: [task, ...state.ready], failures: new Map(state.failures).set(task, failures) };
}

function withCommands(
  next: { state: RoundState; commands: RoundCommand[] },
  first: RoundCommand[],
): { state: RoundState; commands: RoundCommand[] } {
  return { state: next.state, commands: [...first, ...next.commands] };
}
