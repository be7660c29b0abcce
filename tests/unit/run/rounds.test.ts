import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskEvent } from '@spatile/coordinator/api';
import type { PoolEvent } from '@spatile/coordinator/dispatch/task-pool';
import { MAX_IDLE_LOSSES } from '@spatile/coordinator/run/advance';
import { readEvents } from '@spatile/coordinator/run/events';
import { RoundRunner, type RoundTask } from '@spatile/coordinator/run/rounds';
import { RunStore } from '@spatile/coordinator/run/store';
import { TaskWatch } from '@spatile/coordinator/run/task-watch';
import { encodeFrame, type Frame } from '@spatile/formats/tile/frame';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** What the runner asked of the pool, and the way to answer. */
const wire = vi.hoisted(() => ({
  sent: [] as { worker: number; task: string; attempt: number }[],
  tell: (_: unknown): void => undefined,
}));

vi.mock('@spatile/coordinator/dispatch/pool', () => ({
  WorkerPool: class {
    private started = 0;
    constructor(_memory: number, listener: (event: unknown) => void) {
      wire.tell = listener;
    }
    start(): void {
      const worker = this.started++;
      queueMicrotask(() => wire.tell({ type: 'ready', worker }));
    }
    async send(worker: number, task: string, attempt: number): Promise<void> {
      wire.sent.push({ worker, task, attempt });
    }
    async close(): Promise<void> {}
  },
}));

const frame = (what: string): Frame => ({ kind: 'test', meta: { what }, tables: {} });
const task = (id: string): RoundTask => ({
  id,
  kind: 'test',
  weight: 1,
  transcripts: 1,
  input: async () => frame('input'),
});
const done = (worker: number, wireTask: string, what: string): PoolEvent => ({
  type: 'done',
  worker,
  task: wireTask,
  attempt: 1,
  bytes: encodeFrame(frame(what)),
  seconds: 1,
  cpuSeconds: 1,
  peakRssBytes: 1,
  work: {},
});
const until = (condition: () => boolean): Promise<void> => vi.waitFor(() => expect(condition()).toBe(true));

describe('rounds', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spatile-rounds-'));
    wire.sent.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes no error code from a worker that it does not know', async () => {
    const rounds = runner();
    const running = expect(rounds.run('a', 'a', [task('t0')])).rejects.toMatchObject({ code: 'INTERNAL' });
    await until(() => wire.sent.length === 1);
    const error = { code: 'toString', message: 'broken', fields: {}, retryable: false, stack: '' };
    wire.tell({ type: 'failed', worker: wire.sent[0].worker, task: 'a/t0', attempt: 1, error });
    await running;
    await rounds.close();
  });

  const runner = (signal = new AbortController().signal, watch?: TaskWatch): RoundRunner =>
    new RoundRunner({
      watch,
      store: new RunStore(folder),
      log: { warn: () => undefined } as never,
      workers: 2,
      memoryBytes: 2 ** 30,
      order: 'heaviest',
      progress: () => undefined,
      signal,
    });

  it('tell what becomes of single tasks', async () => {
    const told: TaskEvent[] = [];
    const rounds = runner(undefined, new TaskWatch((event) => told.push(event)));
    await new RunStore(folder).put('results/a/t1.frame', encodeFrame(frame('earlier')));
    const areaUm = { x0: 0, y0: 1, x1: 2, y1: 3 };
    const running = rounds.run('a', 'a', [{ ...task('t0'), areaUm }, task('t1')]);
    await until(() => wire.sent.length === 1);
    wire.tell({ type: 'lost', worker: wire.sent[0].worker, reason: 'signal SIGKILL' });
    await until(() => wire.sent.length === 2);
    wire.tell(done(wire.sent[1].worker, 'a/t0', 'x'));
    await running;
    const [first, second] = wire.sent.map(({ worker }) => `worker ${worker + 1}`);
    const about = { kind: 'task', step: 'a', task: 't0', round: 'a' };
    expect(told).toEqual([
      {
        ...{ kind: 'tasks', step: 'a', first: true },
        tasks: [
          { task: 't0', round: 'a', tile: 't0', areaUm: [0, 1, 2, 3], done: false },
          { task: 't1', round: 'a', tile: 't1', areaUm: null, done: true },
        ],
      },
      { ...about, state: 'running', worker: first },
      { ...about, state: 'retried', worker: first, error: 'the worker died (signal SIGKILL)' },
      { ...about, state: 'running', worker: second },
      {
        ...{ ...about, state: 'done', worker: second },
        ...{ seconds: 1, cpuSeconds: 1, peakRssBytes: 1, transcripts: 1, commitSeconds: expect.any(Number) },
      },
    ]);
    await rounds.close();
  });

  it('tell of many tasks in pieces', () => {
    const told: TaskEvent[] = [];
    const tasks = new Map(Array.from({ length: 450 }, (_, i) => [`t${i}`, task(`t${i}`)]));
    new TaskWatch((event) => told.push(event)).round('a', tasks, new Set());
    const pieces = told.map((event) =>
      event.kind === 'tasks' ? { first: event.first, count: event.tasks.length } : event,
    );
    expect(pieces).toEqual([
      { first: true, count: 200 },
      { first: false, count: 200 },
      { first: false, count: 50 },
    ]);
  });

  it('tell of which task two workers gave different results, as of other tasks', () => {
    const told: TaskEvent[] = [];
    const watch = new TaskWatch((event) => told.push(event));
    for (const wire of ['assign-fit-012/p0003', 'assign/assign-border-2/b0001']) watch.different(wire);
    expect(told).toEqual([
      { kind: 'different', step: 'assign-fit-012', task: 'p0003', round: 'assign-fit-012' },
      { kind: 'different', step: 'assign', task: 'assign-border-2/b0001', round: 'assign-border-2' },
    ]);
  });

  it('never take a late result of an earlier round for one of their own', async () => {
    const rounds = runner();
    const first = rounds.run('assign-fit-001', 'fit', [task('t0')]);
    await until(() => wire.sent.length === 1);
    // Worker 0 answers, then dies before its answer is committed; the tile goes to worker 1 as well.
    wire.tell(done(0, wire.sent[0].task, 'block 1'));
    wire.tell({ type: 'lost', worker: 0, reason: 'signal SIGKILL' });
    await first;
    const second = rounds.run('assign-fit-002', 'fit', [task('t0')]);
    await until(() => wire.sent.some(({ task: name }) => name.includes('assign-fit-002')));
    wire.tell(done(1, wire.sent[0].task, 'block 1'));
    const current = wire.sent.find(({ task: name }) => name.includes('assign-fit-002'))!;
    wire.tell(done(current.worker, current.task, 'block 2'));
    await second;
    expect((await rounds.result('assign-fit-001', 't0', 'test')).meta.what).toBe('block 1');
    expect((await rounds.result('assign-fit-002', 't0', 'test')).meta.what).toBe('block 2');
  });

  it('fail when the workers that were started ahead of them all died', async () => {
    const rounds = runner();
    rounds.warmUp();
    for (let worker = 0; worker <= MAX_IDLE_LOSSES; worker++)
      wire.tell({ type: 'lost', worker, reason: 'exit code 1' });
    await expect(rounds.run('assign', 'assign', [task('t0')])).rejects.toMatchObject({ code: 'WORKER_LOST' });
    await rounds.close();
  });

  it('run together: a task starts when what it needs is committed, and time is logged by round', async () => {
    const rounds = runner();
    const all = rounds.runGraph('assign', 'everything', [
      { ...task('t0'), round: 'assign' },
      { ...task('b0'), round: 'border', needs: ['assign/t0'] },
    ]);
    await until(() => wire.sent.length === 1);
    expect(wire.sent[0].task).toBe('assign/assign/t0');
    wire.tell(done(wire.sent[0].worker, wire.sent[0].task, 'tile'));
    await until(() => wire.sent.length === 2);
    expect(await readdir(join(folder, 'results/assign'))).toEqual(['t0.frame']);
    wire.tell(done(wire.sent[1].worker, wire.sent[1].task, 'unit'));
    await all;
    expect((await rounds.result('border', 'b0', 'test')).meta.what).toBe('unit');
    const steps = (await readEvents(new RunStore(folder))).flatMap((event) =>
      event.type === 'step' ? [event.step] : [],
    );
    expect(steps).toEqual(['assign', 'border']);
  });

  it('leave what can wait until workers have their tasks, and do not mind when it fails', async () => {
    const rounds = runner();
    const sentBefore: number[] = [];
    rounds.leisure.add(() => Promise.reject(new Error('nobody hears it')));
    rounds.leisure.add(async () => {
      sentBefore.push(wire.sent.length);
    });
    const running = rounds.run('assign', 'assign', [task('t0'), task('t1')]);
    await until(() => wire.sent.length === 2 && sentBefore.length === 1);
    expect(sentBefore[0]).toBeGreaterThan(0);
    for (const { worker, task: name } of wire.sent) wire.tell(done(worker, name, 'tile'));
    await running;
    expect(sentBefore).toHaveLength(1);
  });

  it('of several rounds add up to the time that went by, in the log', async () => {
    const rounds = runner();
    const started = performance.now();
    const all = rounds.runGraph('outline', 'outlining', [
      task('t0'),
      { ...task('t0'), round: 'strays', rank: 1, uncounted: true },
    ]);
    await until(() => wire.sent.length === 2);
    for (const { worker, task: name } of wire.sent) wire.tell(done(worker, name, 'tile'));
    await all;
    const passed = (performance.now() - started) / 1000;
    const steps = (await readEvents(new RunStore(folder))).flatMap((event) =>
      event.type === 'step' ? [event] : [],
    );
    expect(steps.map(({ step }) => step)).toEqual(['outline', 'strays']);
    const logged = steps.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(logged).toBeGreaterThan(0);
    expect(logged).toBeLessThanOrEqual(passed);
    expect(readdirSync(join(folder, 'results/strays'))).toEqual(['t0.frame']);
  });

  it('end with INTERRUPTED when the run was aborted before they began', async () => {
    const controller = new AbortController();
    const rounds = runner(controller.signal);
    const round = rounds.run('assign', 'assign', [task('t0')]);
    controller.abort();
    await expect(round).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(await readdir(join(folder, 'results/assign')).catch(() => [])).toEqual([]);
  });
});
