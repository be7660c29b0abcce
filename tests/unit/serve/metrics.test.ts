import { EventEmitter } from 'node:events';
import type { TaskEvent } from '@spatile/coordinator/api';
import { serverMetrics } from '@spatile/coordinator/serve/metrics';
import type { Runs } from '@spatile/coordinator/serve/runs';
import { TaskBoard } from '@spatile/coordinator/serve/task-board';
import { expect, test } from 'vitest';

const about = (task: string) => ({ kind: 'task', step: 'assign', task, round: 'assign-border-2' }) as const;

/** The metrics of a server with one run, which says what it is told to. */
function serverWithRun(now: () => number = () => 0) {
  const board = new TaskBoard(now);
  const runs = Object.assign(new EventEmitter(), {
    states: () => ({ WAITING: 1, RUNNING: 1, FINISHED: 0, FAILED: 0, CANCELLED: 0 }),
    activeBoards: () => [board],
    ended: () => false,
  });
  const registry = serverMetrics(runs as unknown as Runs);
  const tell = (event: TaskEvent): void => {
    board.hear(event);
    runs.emit('task', 'r', event);
  };
  const lines = async (): Promise<string[]> => (await registry.metrics()).split('\n');
  return { runs, tell, lines };
}

test('metrics of a server say how long tiles wait, are stored and settled, who is silent and how long it still takes', async () => {
  let now = 0;
  const { tell, lines } = serverWithRun(() => now);
  const tile = { round: 'assign-border-2', areaUm: null, done: false };
  tell({
    ...{ kind: 'tasks', step: 'assign', first: true },
    tasks: ['a', 'b', 'c'].map((task) => ({ task, tile: task, ...tile })),
  });
  tell({ ...about('a'), state: 'running', worker: 'w', waitedSeconds: 3 });
  now = 4000;
  const took = { seconds: 2, cpuSeconds: 1, peakRssBytes: 100, transcripts: 600, commitSeconds: 0.03 };
  tell({ ...about('a'), state: 'done', worker: 'w', ...took });
  tell({
    ...{ kind: 'queue', waiting: 2, inWork: 1, fetchedBytes: 5, committedBytes: 4, refused: 0 },
    ...{ inFlightBytes: 7, republished: 0 },
    silentSeconds: 17,
  });
  // Nobody waited for a task of a run on one machine.
  tell({ ...about('b'), state: 'running', worker: 'w' });
  tell({ ...about('c'), round: 'assign-settle', state: 'done', worker: 'w', ...took, seconds: 0.2 });
  const text = await lines();
  for (const line of [
    'spatile_tile_queue_seconds_sum{stage="assign-border"} 3',
    'spatile_tile_queue_seconds_count{stage="assign-border"} 1',
    'spatile_commit_seconds_sum{stage="assign-border"} 0.03',
    'spatile_heartbeat_gap_seconds 17',
    'spatile_step_eta_seconds 2',
    'spatile_step_progress_ratio 0.6666666666666666',
    'spatile_settle_seconds_sum{stage="assign"} 0.2',
    'spatile_settle_seconds_count{stage="assign"} 1',
    'spatile_data_inflight_bytes 7',
    'spatile_data_bytes_total{direction="fetch"} 5',
    'spatile_tiles_total{stage="assign-border",outcome="committed"} 1',
    'spatile_queue_waiting 2',
  ])
    expect(text).toContain(line);
});

test('metrics of a server count what should not happen, also when a run begins its sums anew', async () => {
  const { runs, tell, lines } = serverWithRun();
  const queue = {
    ...({ kind: 'queue', waiting: 0, inWork: 0, fetchedBytes: 0, committedBytes: 0, refused: 0 } as const),
    ...{ inFlightBytes: 0, silentSeconds: 0 },
  };
  expect(await lines()).toContain('spatile_nats_connected 1');
  for (const republished of [3, 5, 1]) tell({ ...queue, republished });
  tell({ kind: 'broker', connected: true, reconnects: 2 });
  tell({ kind: 'broker', connected: false, reconnects: 2 });
  tell({ kind: 'different', step: 'assign', task: 'assign-border-2/b0001', round: 'assign-border-2' });
  tell({ kind: 'plan-revised', round: 'outline', tile: 't0001' });
  for (const done of [500, 900, 100])
    runs.emit('progress', 'r', { kind: 'advance', step: 'partition', done, transcripts: done });
  runs.emit('progress', 'r', { kind: 'advance', step: 'scan', done: 7, transcripts: 7 });
  const text = await lines();
  for (const line of [
    'spatile_reconciler_republished_total 6',
    'spatile_nats_connected 0',
    'spatile_nats_reconnects_total 2',
    'spatile_determinism_mismatch_total{stage="assign-border"} 1',
    'spatile_oom_splits_total{stage="outline"} 1',
    'spatile_partition_rows_total 1000',
  ])
    expect(text).toContain(line);
});
