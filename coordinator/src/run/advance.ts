import type { ErrorCode } from '@spatile/formats/errors';

/**
 * The transition function of a round: events in, next state and commands out. It knows no process, disk or clock, so fault
 * tests replay lists of events. Delivery is at least once: late and duplicate reports change nothing.
 *
 * Tasks of a round may need others of the same round; they are handed out as soon as those are committed.
 *
 * An event costs what it changes, however many tasks and workers there are: the state that goes in is used up, and only the one
 * that comes back may be looked at.
 */

/** A task that killed this many workers, or failed this often though retryable, fails the run. */
export const MAX_ATTEMPTS = 3;
/** Tasks of a round that may fail for good while the others are finished; at so many the round ends at once. */
export const MOST_POISONED = 3;
/** Workers that may die in one round while they hold no task: more means that workers cannot start at all. */
export const MAX_IDLE_LOSSES = 8;

export interface RoundState {
  readonly round: string;
  /** Tasks that are not handed out and may be, next first; those that are done nevertheless are passed over. */
  readonly ready: string[];
  /** Worker -> task it holds. */
  readonly running: Map<number, string>;
  /** Workers without a task, in the order in which they became free. */
  readonly idle: number[];
  /** Task -> how many of the tasks it needs are not done; tasks that need nothing more are not listed. */
  readonly blocked: Map<string, number>;
  /** Task -> the tasks that need it. */
  readonly dependants: ReadonlyMap<string, readonly string[]>;
  /** Task -> its place in the order of handing out. */
  readonly place: ReadonlyMap<string, number>;
  readonly done: Set<string>;
  /** Task -> how often it was handed out and did not come back. */
  readonly failures: Map<string, number>;
  /** Tasks that failed for good, with what the run fails with once the others are done. */
  readonly poisoned: Map<string, Poison>;
  /** Workers that died without a task in this round. */
  readonly idleLosses: number;
  readonly total: number;
  readonly over: boolean;
  /** Nothing more will come of the round. */
  readonly failed: boolean;
}

/** Why a task failed for good. */
export interface Poison {
  readonly code: ErrorCode;
  readonly message: string;
  /** How often it was handed out. */
  readonly attempts: number;
}

export interface StartedTask {
  id: string;
  weight: number;
  /** Tasks of a lower rank come first, whatever they weigh. 0 when absent. */
  rank?: number;
  /** Tasks of this round that must be committed before. */
  needs?: readonly string[];
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
  | { type: 'replace-worker'; worker: number }
  | { type: 'end-round' }
  | { type: 'fail-run'; code: ErrorCode; message: string; task?: string };

export function idleRound(): RoundState {
  return {
    round: '',
    ready: [],
    running: new Map(),
    idle: [],
    blocked: new Map(),
    dependants: new Map(),
    place: new Map(),
    done: new Set(),
    failures: new Map(),
    poisoned: new Map(),
    idleLosses: 0,
    total: 0,
    over: true,
    failed: false,
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
      if (!state.idle.includes(event.worker) && !state.running.has(event.worker))
        state.idle.push(event.worker);
      return handOut(state);
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
    for (const need of open) {
      const known = dependants.get(need);
      if (known === undefined) dependants.set(need, [id]);
      else known.push(id);
    }
  }
  return {
    round: event.round,
    ready: tasks.map(({ id }) => id).filter((id) => !committed.has(id) && !blocked.has(id)),
    running: new Map(),
    idle: [...state.idle, ...state.running.keys()],
    blocked,
    dependants,
    place: new Map(tasks.map(({ id }, i) => [id, i])),
    done: new Set(tasks.map(({ id }) => id).filter((id) => committed.has(id))),
    failures: new Map(),
    poisoned: new Map(),
    idleLosses: 0,
    total: tasks.length,
    over: false,
    failed: false,
  };
}

/** The worker holds the task no longer. */
function free(state: RoundState, worker: number, task: string): RoundState {
  if (state.running.get(worker) !== task) return state;
  state.running.delete(worker);
  state.idle.push(worker);
  return state;
}

function finish(state: RoundState, task: string): RoundState {
  const { blocked, done } = state;
  if (done.has(task)) return state;
  done.add(task);
  for (const id of state.dependants.get(task) ?? []) {
    const left = (blocked.get(id) ?? 0) - 1;
    if (left > 0) blocked.set(id, left);
    else if (blocked.delete(id)) unblock(state, id);
  }
  return state;
}

/** Puts a task where its place is among those that are ready. */
function unblock({ place, ready }: RoundState, task: string): void {
  const at = place.get(task)!;
  let [low, high] = [0, ready.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (place.get(ready[middle])! <= at) low = middle + 1;
    else high = middle;
  }
  ready.splice(low, 0, task);
}

function handOut(state: RoundState): { state: RoundState; commands: RoundCommand[] } {
  const { done, failures, idle, ready, running } = state;
  const commands: RoundCommand[] = [];
  while (idle.length > 0 && ready.length > 0) {
    const task = ready.shift()!;
    // It came back after it had been given up.
    if (done.has(task)) continue;
    const worker = idle.shift()!;
    running.set(worker, task);
    commands.push({ type: 'send', worker, task, attempt: (failures.get(task) ?? 0) + 1 });
  }
  const over = state.over || done.size === state.total;
  if (over && !state.over) commands.push({ type: 'end-round' });
  // What is left needs a task that failed for good.
  const stuck = !over && state.poisoned.size > 0 && running.size === 0 && ready.length === 0;
  if (stuck && !state.failed) commands.push(giveUp(state));
  return { state: { ...state, over, failed: state.failed || stuck }, commands };
}

/** A task failed for good: the others are finished first, so that a resumed run has little left, unless too many fail. */
function poison(
  state: RoundState,
  task: string,
  why: Poison,
  first: RoundCommand[],
): { state: RoundState; commands: RoundCommand[] } {
  state.poisoned.set(task, why);
  if (state.poisoned.size >= MOST_POISONED && !state.failed)
    return { state: { ...state, failed: true }, commands: [giveUp(state)] };
  const { state: after, commands } = handOut(state);
  return { state: after, commands: after.failed ? commands : [...first, ...commands] };
}

/** Ends the run with the first task that failed for good, and names the others. */
function giveUp({ poisoned }: RoundState): RoundCommand {
  const [[task, { code, message }], ...others] = poisoned;
  const more = others.length === 0 ? '' : `; so failed ${others.map(([key]) => key).join(', ')}`;
  return { type: 'fail-run', code, message: `${message}${more}`, task };
}

function lose(
  state: RoundState,
  worker: number,
  reason: string,
): { state: RoundState; commands: RoundCommand[] } {
  const task = state.running.get(worker);
  state.running.delete(worker);
  const without: RoundState = { ...state, idle: state.idle.filter((id) => id !== worker) };
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
    const message = `${named(state, task)}: ${failures} workers died on it (last: ${reason}); expected at most ${MAX_ATTEMPTS - 1} losses; give workers more memory (or use fewer) and go on with --resume`;
    return poison(without, task, { code: 'WORKER_LOST', message, attempts: failures }, [replace]);
  }
  return withCommands(handOut(putBack(without, task, failures)), [replace]);
}

function fail(
  state: RoundState,
  event: Extract<RoundEvent, { type: 'failed' }>,
): { state: RoundState; commands: RoundCommand[] } {
  if (state.running.get(event.worker) !== event.task) return { state, commands: [] };
  const failures = (state.failures.get(event.task) ?? 0) + 1;
  const freed = free(state, event.worker, event.task);
  if (!event.retryable || failures >= MAX_ATTEMPTS) {
    const message = `${named(state, event.task)}: ${event.message}`;
    return poison(freed, event.task, { code: event.code, message, attempts: failures }, []);
  }
  return handOut(putBack(freed, event.task, failures));
}

/** A task for people; tasks of several rounds at once are called by their own round. */
function named({ round }: RoundState, task: string): string {
  const slash = task.indexOf('/');
  return slash < 0 ? `${round}, tile ${task}` : `${task.slice(0, slash)}, tile ${task.slice(slash + 1)}`;
}

function putBack(state: RoundState, task: string, failures: number): RoundState {
  state.ready.unshift(task);
  state.failures.set(task, failures);
  return state;
}

function withCommands(
  next: { state: RoundState; commands: RoundCommand[] },
  first: RoundCommand[],
): { state: RoundState; commands: RoundCommand[] } {
  return { state: next.state, commands: [...first, ...next.commands] };
}
