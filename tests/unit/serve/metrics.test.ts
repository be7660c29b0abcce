import { EventEmitter } from 'node:events';
import type { TaskEvent } from '@spatile/coordinator/api';
import { serverMetrics } from '@spatile/coordinator/serve/metrics';
import type { Runs } from '@spatile/coordinator/serve/runs';
import { TaskBoard } from '@spatile/coordinator/serve/task-board';
import { expect, test } from 'vitest';

const about = (task: string) => ({ kind: 'task', step: 'assign', task, round: 'assign-border-2' }) as const;

test('metrics of a server say how long tiles wait, are stored and settled, who is silent and how long it still takes', async () => {
  let now = 0;
  const board = new TaskBoard(() => now);
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
    silentSeconds: 17,
  });
  // Nobody waited for a task of a run on one machine.
  tell({ ...about('b'), state: 'running', worker: 'w' });
  const text = await registry.metrics();
  for (const line of [
    'spatile_tile_queue_seconds_sum{stage="assign-border"} 3',
    'spatile_tile_queue_seconds_count{stage="assign-border"} 1',
    'spatile_commit_seconds_sum{stage="assign-border"} 0.03',
    'spatile_heartbeat_gap_seconds 17',
    'spatile_step_eta_seconds 8',
    'spatile_data_bytes_total{direction="fetch"} 5',
    'spatile_tiles_total{stage="assign-border",outcome="committed"} 1',
    'spatile_queue_waiting 2',
  ])
    expect(text.split('\n')).toContain(line);
});
