import { SpatileError } from './errors.ts';

/** Places where a process can be made to die or to misbehave, for tests of faults, and what happens there. */
export const FAILPOINTS = {
  'coordinator.rows': 'dies after a batch of transcripts in a step (label: the step)',
  'coordinator.before-store':
    'dies when a file of the run directory has been written but not its name (label: the name)',
  'coordinator.after-store': 'dies when a file of the run directory has got its name (label: the name)',
  'worker.after-begin': 'dies when it has begun a task (label: the task)',
  'worker.deaf':
    'does nothing at all for a while when it has fetched a task, not even heartbeats (label: the task)',
  'worker.mid-upload': 'dies when a part of a result is on its way (label: the task)',
  'worker.after-commit':
    'dies when a result is stored, before it takes the task off the queue (label: the task)',
  'kernel.die': 'is killed, as by the kernel when memory runs out (label: the task)',
  'kernel.crash': 'crashes, as by a bug (label: the task)',
  'kernel.hang': 'computes no further (label: the task)',
  'kernel.slow': 'waits before it computes, with progress (label: the task)',
  'kernel.memory': 'takes memory until the runtime gives up (label: the task)',
} as const satisfies Record<string, string>;

export type Failpoint = keyof typeof FAILPOINTS;

/** The variable of the environment that arms failpoints: `NAME[@TEXT][:N]`, with commas between several. */
export const FAILPOINT_VARIABLE = 'SPATILE_FAILPOINT';

interface Armed {
  /** The label must hold this. */
  text: string;
  /** Passages until it fires; infinite passages fire each time. */
  left: number;
  always: boolean;
}

let armed: Map<string, Armed[]> | null = null;

/**
 * Whether this passage of a failpoint is the one that was armed by the environment: the N-th whose label holds TEXT (`*`
 * for every one), the first when no N is given. False for ever where nothing is armed.
 * Errors: `USAGE` for a variable that names no failpoint.
 */
export function reached(name: Failpoint, label = ''): boolean {
  armed ??= parse(process.env[FAILPOINT_VARIABLE] ?? '');
  let fires = false;
  for (const point of armed.get(name) ?? []) {
    if (!label.includes(point.text)) continue;
    point.left--;
    if (point.always || point.left === 0) fires = true;
  }
  return fires;
}

/** Ends this process as a power cut would, when the failpoint is reached. */
export function dieAt(name: Failpoint, label = ''): void {
  if (reached(name, label)) process.kill(process.pid, 'SIGKILL');
}

function parse(text: string): Map<string, Armed[]> {
  const points = new Map<string, Armed[]>();
  for (const word of text.split(',').filter((part) => part !== '')) {
    const [, name, label = '', count = '1'] = /^([a-z.-]+)(?:@([^:]*))?(?::(\d+|\*))?$/.exec(word) ?? [];
    if (name === undefined || !Object.hasOwn(FAILPOINTS, name)) {
      throw new SpatileError(
        'USAGE',
        `${FAILPOINT_VARIABLE}: no such failpoint (${word}); expected NAME, NAME@TEXT or NAME@TEXT:N with one of ${Object.keys(FAILPOINTS).join(', ')}; leave the variable out`,
      );
    }
    const point = { text: label, left: Number(count === '*' ? 0 : count), always: count === '*' };
    points.set(name, [...(points.get(name) ?? []), point]);
  }
  return points;
}
