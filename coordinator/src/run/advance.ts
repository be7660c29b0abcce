import type { ErrorCode } from '@spatile/formats/errors';

/**
 * The transition function of a round: events in, next state and commands out. It knows no process, disk or clock, so fault
 * tests replay lists of events. Delivery is at least once: late and duplicate reports change nothing.
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
  readonly done: ReadonlySet<string>;
  /** Task -> how often it was handed out and did not come back. */
  readonly failures: ReadonlyMap<string, number>;
  /** Workers that died without a task in this round. */
  readonly idleLosses: number;
  readonly total: number;
  readonly over: boolean;
}

export type RoundEvent =
  | {
      type: 'started';
      round: string;
      tasks: { id: string; weight: number }[];
      committed: readonly string[];
      order?: 'heaviest' | 'lightest';
    }
  | { type: 'worker-ready'; worker: number }
  | { type: 'worker-lost'; worker: number; reason: string }
  | { type: 'committed'; worker: number; task: string }
  | { type: 'failed'; worker: number; task: string; code: ErrorCode; message: string; retryable: boolean };

export type RoundCommand =
  | { type: 'send'; worker: number; task: string; attempt: number }
  | { type: 'replace-worker'; worker: number }
  | { type: 'end-round' }
  | { type: 'fail-run'; code: ErrorCode; message: string };

export function idleRound(): RoundState {
  return {
    round: '',
    ready: [],
    running: new Map(),
    idle: [],
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
    case 'committed':
      return handOut(finish(state, event.worker, event.task));
    case 'worker-lost':
      return lose(state, event.worker, event.reason);
    case 'failed':
      return fail(state, event);
  }
}

function start(state: RoundState, event: Extract<RoundEvent, { type: 'started' }>): RoundState {
  const done = new Set(event.committed);
  const sign = event.order === 'lightest' ? -1 : 1;
  const ready = event.tasks
    .filter((task) => !done.has(task.id))
    .sort((a, b) => sign * (b.weight - a.weight) || (a.id < b.id ? -1 : 1))
    .map((task) => task.id);
  const known = new Set(event.tasks.map((task) => task.id));
  return {
    round: event.round,
    ready,
    running: new Map(),
    idle: [...state.idle, ...state.running.keys()],
    done: new Set([...done].filter((id) => known.has(id))),
    failures: new Map(),
    idleLosses: 0,
    total: event.tasks.length,
    over: false,
  };
}

function finish(state: RoundState, worker: number, task: string): RoundState {
  const running = new Map(state.running);
  const held = running.get(worker) === task;
  if (held) running.delete(worker);
  return {
    ...state,
    running,
    idle: held ? [...state.idle, worker] : state.idle,
    done: new Set(state.done).add(task),
    ready: state.ready.filter((id) => id !== task),
  };
}

function handOut(state: RoundState): { state: RoundState; commands: RoundCommand[] } {
  const commands: RoundCommand[] = [];
  const running = new Map(state.running);
  const idle = [...state.idle];
  const ready = [...state.ready];
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
          message: `${state.round}, tile ${task}: ${failures} workers died on it (last: ${reason}); expected at most ${MAX_ATTEMPTS - 1} losses; give workers more memory (or use fewer) and go on with --resume`,
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
          message: `${state.round}, tile ${event.task}: ${event.message}`,
        },
      ],
    };
  }
  return handOut(putBack(freed, event.task, failures));
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
