import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SpatileError } from '@spatile/formats/errors';
import { type Death, deathOf, memoryKills } from '@spatile/formats/tile/death';
import { type FromWorker, PayloadAssembler, sendMessage } from '@spatile/formats/tile/protocol';
import { workerEnvironment, workerFlags } from '@spatile/formats/tile/worker-flags';
import { makeRoomForBuffers } from '@spatile/proto/heap-room';
import { type Payload, wholeOf } from '@spatile/proto/payload';
import type { PoolEvent, TaskPool } from './task-pool.ts';

/** Time a worker gets to leave after `stop` before it is ended, milliseconds. */
const STOP_GRACE_MS = 2000;

/** Worker processes of an embedded run: starts them, passes payloads, reports what they say and when they die. */
export class WorkerPool implements TaskPool {
  private readonly children = new Map<number, ChildProcess>();
  /** Processes killed for lack of memory when a worker was started or got its last task. */
  private readonly killsBefore = new Map<number, number | null>();
  private next = 0;
  private closing = false;
  private readonly memoryBytes: number;
  private readonly listener: (event: PoolEvent) => void;
  private readonly onStderr: (text: string) => void;

  /**
   * @param memoryBytes limit of one worker.
   * @param onStderr takes what workers write to their standard error (such as V8's last words), piece by piece.
   */
  constructor(memoryBytes: number, listener: (event: PoolEvent) => void, onStderr: (text: string) => void) {
    this.memoryBytes = memoryBytes;
    this.listener = listener;
    this.onStderr = onStderr;
  }

  start(): void {
    makeRoomForBuffers();
    const worker = this.next++;
    const child = fork(workerMain(), [], {
      serialization: 'advanced',
      execArgv: workerFlags(this.memoryBytes),
      env: workerEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.children.set(worker, child);
    this.killsBefore.set(worker, memoryKills());
    child.stderr?.setEncoding('utf8').on('data', this.onStderr);
    const assembler = new PayloadAssembler();
    child.on('message', (raw) => {
      const message = assembler.accept(raw as FromWorker);
      if (message === null) return;
      if (message.type === 'ready') this.listener({ type: 'ready', worker });
      else this.listener({ ...message, worker });
    });
    child.on('error', ({ message }) => this.lost(worker, { reason: message, outOfMemory: false }));
    // Unlike `exit`, `close` comes after the last word on standard error.
    child.on('close', (code, signal) =>
      this.lost(worker, deathOf(code, signal, this.killsBefore.get(worker) ?? null)),
    );
  }

  /** Process ids of the living workers (tests kill by id). */
  pids(): number[] {
    return [...this.children.values()].map((child) => child.pid!).filter((pid) => pid !== undefined);
  }

  /** Hands a task to a worker. A worker that dies on the way is reported as lost, not here. */
  async send(
    worker: number,
    task: string,
    attempt: number,
    kind: string,
    input: () => Promise<Payload>,
  ): Promise<void> {
    makeRoomForBuffers();
    const bytes = await wholeOf(await input());
    const child = this.children.get(worker);
    if (child === undefined) return;
    this.killsBefore.set(worker, memoryKills());
    await sendMessage(child, { type: 'task', task, attempt, kind, bytes }).catch(() => undefined);
  }

  /** Ends all workers: asks first, kills those that stay. */
  async close(force = false): Promise<void> {
    this.closing = true;
    await Promise.all(
      [...this.children.values()].map(
        (child) =>
          new Promise<void>((resolve) => {
            const timer = setTimeout(() => child.kill('SIGKILL'), force ? 0 : STOP_GRACE_MS);
            child.once('close', () => {
              clearTimeout(timer);
              resolve();
            });
            sendMessage(child, { type: 'stop' }).catch(() => child.kill('SIGKILL'));
          }),
      ),
    );
    this.children.clear();
  }

  private lost(worker: number, death: Death): void {
    this.killsBefore.delete(worker);
    if (!this.children.delete(worker) || this.closing) return;
    this.listener({ type: 'lost', worker, ...death });
  }
}

/** The built worker: beside the built coordinator, or in `dist` when the coordinator runs from its sources (tests). */
function workerMain(): string {
  for (const relative of ['../worker/main.js', '../../../dist/worker/main.js']) {
    const path = fileURLToPath(new URL(relative, import.meta.url));
    if (existsSync(path)) return path;
  }
  throw new SpatileError('INTERNAL', 'dist/worker/main.js is missing; run npm run build');
}
