import { SpatileError } from '@spatile/formats/errors';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import {
  type Channel,
  type FromWorker,
  PayloadAssembler,
  PROGRESS_INTERVAL_MS,
  sendMessage,
  type TaskMessage,
  type ToWorker,
} from '@spatile/formats/tile/protocol';
import { addWork, type Work } from '@spatile/formats/tile/work';
import type { Handler } from '../handler.ts';
import { failAt } from './failpoints.ts';
import { wireError } from './failure.ts';
import { freeBuffers } from './garbage.ts';
import { peakResidentBytes } from './peak-memory.ts';

/** The parts of `process` the loop uses; a test hands in its own. */
export interface WorkerProcess extends Channel {
  readonly pid: number;
  readonly ppid: number;
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  exit(code: number): never;
  cpuUsage(previous?: NodeJS.CpuUsage): NodeJS.CpuUsage;
}

/**
 * Answers tasks one at a time in the order they come, until `stop` or until the parent is gone. The only code that knows
 * about messages: a handler sees a frame and gives a frame.
 */
export function serve(
  host: WorkerProcess,
  handlers: Readonly<Record<string, Handler>>,
  inputKind: (kind: string) => string,
): void {
  const assembler = new PayloadAssembler();
  const parent = host.ppid;
  let queue = Promise.resolve();
  const send = (message: FromWorker): Promise<void> => sendMessage(host, message);

  const answer = async (task: TaskMessage): Promise<void> => {
    const orphaned = (): boolean => host.ppid !== parent;
    const progress = throttled((fraction) => {
      // A handler that never yields cannot see the channel close.
      if (orphaned()) host.exit(0);
      send({ type: 'progress', task: task.task, attempt: task.attempt, fraction }).catch(() => host.exit(0));
    });
    let reply: FromWorker;
    try {
      reply = await run(host, handlers, inputKind, task, progress);
    } catch (error) {
      reply = { type: 'failed', task: task.task, attempt: task.attempt, error: wireError(error) };
    }
    await send(reply).catch(() => host.exit(0));
    freeBuffers();
  };

  host.on('disconnect', () => host.exit(0));
  host.on('message', (raw) => {
    const message = assembler.accept(raw);
    if (message?.type === 'task') queue = queue.then(() => answer(message));
    else if (message?.type === 'stop') queue = queue.then(() => host.exit(0));
  });
  send({ type: 'ready', pid: host.pid }).catch(() => host.exit(0));
}

async function run(
  host: WorkerProcess,
  handlers: Readonly<Record<string, Handler>>,
  inputKind: (kind: string) => string,
  task: TaskMessage,
  progress: (fraction: number) => void,
): Promise<FromWorker> {
  const started = performance.now();
  const cpuBefore = host.cpuUsage();
  if (!Object.hasOwn(handlers, task.kind)) {
    throw new SpatileError(
      'INTERNAL',
      `task ${task.task}: no handler is called ${task.kind}; expected one of ${Object.keys(handlers).join(', ')}; use workers and coordinator of one version`,
    );
  }
  await failAt(task.task, progress);
  const input = decodeFrame(task.bytes, inputKind(task.kind), task.task);
  let counted: Work = {};
  const count = (work: Work): void => {
    counted = addWork(counted, work);
  };
  const bytes = encodeFrame(await handlers[task.kind](input, { progress, count }));
  const cpu = host.cpuUsage(cpuBefore);
  return {
    type: 'done',
    task: task.task,
    attempt: task.attempt,
    bytes,
    seconds: (performance.now() - started) / 1e3,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    peakRssBytes: peakResidentBytes(),
    work: { ...counted, inputBytes: task.bytes.length, resultBytes: bytes.length },
  };
}

function throttled(report: (fraction: number) => void): (fraction: number) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (fraction) => {
    const now = performance.now();
    if (now - last < PROGRESS_INTERVAL_MS) return;
    last = now;
    report(Math.min(1, Math.max(0, fraction)));
  };
}
