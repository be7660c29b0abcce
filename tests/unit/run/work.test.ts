import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logEvent, logResumed, type RunLogEvent, readEvents } from '@spatile/coordinator/run/events';
import { RunStore } from '@spatile/coordinator/run/store';
import { runWork, workOfTasks } from '@spatile/coordinator/run/work';
import { addWork } from '@spatile/formats/tile/work';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const task = (round: string, tile: string, work: Record<string, number>): RunLogEvent => ({
  type: 'task',
  round,
  tile,
  attempt: 1,
  seconds: 1,
  cpuSeconds: 1,
  peakRssBytes: 1,
  transcripts: 1,
  work,
});

describe('work of tasks', () => {
  it('is summed by step, rounds of one kind together, and is the most for pages of memory', () => {
    const events = [
      task('assign-fit-000', 't0', { loadingDraws: 5, wasmPages: 9 }),
      task('assign-fit-001', 't0', { loadingDraws: 7, wasmPages: 4 }),
      task('assign', 't0', { loadingDraws: 1 }),
      task('assign-border-2', 'b0001', { records: 2 }),
    ];
    expect(workOfTasks(events)).toEqual({
      assign: { tasks: 1, loadingDraws: 1 },
      'assign-border': { tasks: 1, records: 2 },
      'assign-fit': { tasks: 2, loadingDraws: 12, wasmPages: 9 },
    });
  });

  it('does not depend on the order in which tasks ended', () => {
    const events = [
      task('assign', 't0', { records: 3 }),
      task('assign', 't1', { records: 4, wasmPages: 2 }),
      task('outline', 't0', { voxelsPainted: 8 }),
    ];
    expect(JSON.stringify(Object.keys(workOfTasks(events.toReversed())))).toBe(
      JSON.stringify(Object.keys(workOfTasks(events))),
    );
    expect(workOfTasks(events.toReversed())).toEqual(workOfTasks(events));
  });

  it('counts a task once that was computed again', () => {
    const twice = [task('assign', 't0', { records: 3 }), task('assign', 't0', { records: 3 })];
    expect(workOfTasks(twice)).toEqual({ assign: { tasks: 1, records: 3 } });
  });

  it('keeps kinds that only one side has', () => {
    expect(addWork({ a: 1 }, { b: 2, wasmPages: 3 })).toEqual({ a: 1, b: 2, wasmPages: 3 });
  });
});

describe('work of a run', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spatile-work-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('counts files and bytes of folders, not of single files', async () => {
    const store = new RunStore(folder);
    await store.put('settled/0/t0.frame', new Uint8Array(10));
    await store.commit('results/assign/t0.frame', new Uint8Array(5));
    await store.read('results/assign/t0.frame');
    await store.read('results/assign/t0.frame');
    await store.putJson('run.json', {});
    expect(runWork(store, [], 77)).toEqual({
      steps: {},
      storage: {
        results: { filesRead: 2, bytesRead: 10, filesWritten: 1, bytesWritten: 5 },
        settled: { filesRead: 0, bytesRead: 0, filesWritten: 1, bytesWritten: 10 },
      },
      outputBytes: 77,
    });
  });

  it('is not lost where a crash cut the log short', async () => {
    const store = new RunStore(folder);
    await logEvent(store, task('assign', 't0', { records: 3 }));
    await appendFile(store.path('events.ndjson'), '{"type":"task","round":"ass');
    await logResumed(store);
    await logEvent(store, task('assign', 't1', { records: 4 }));
    const events = await readEvents(store);
    expect(events.map(({ type }) => type)).toEqual(['task', 'resumed', 'task']);
    expect(workOfTasks(events)).toEqual({ assign: { tasks: 2, records: 7 } });
  });

  it('says nothing of the storage of a resumed run', () => {
    expect(runWork(new RunStore(folder), [{ type: 'resumed' }], 1).storage).toBeNull();
  });
});
