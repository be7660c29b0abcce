import type { TaskEvent } from '@spatile/coordinator/api';
import { TaskBoard } from '@spatile/coordinator/serve/task-board';
import { beforeEach, describe, expect, test } from 'vitest';

const tasks = (step: string, names: string[], first = true): TaskEvent => ({
  ...{ kind: 'tasks', step, first },
  tasks: names.map((task) => ({ task, round: step, tile: task, areaUm: [0, 0, 1, 1], done: false })),
});
const about = (task: string) => ({ kind: 'task', step: 'assign', task, round: 'assign' }) as const;
const begun = (task: string, worker: string): TaskEvent => ({ ...about(task), state: 'running', worker });
const done = (task: string, worker: string, transcripts = 600): TaskEvent => ({
  ...{ ...about(task), state: 'done', worker },
  ...{ seconds: 2, cpuSeconds: 1, peakRssBytes: 100, transcripts, commitSeconds: 0.01 },
});

describe('the board of a run', () => {
  let now = 0;
  let board: TaskBoard;
  beforeEach(() => {
    now = Date.UTC(2026, 0, 1);
    board = new TaskBoard(() => now);
    board.hear(tasks('assign', ['a', 'b', 'c']));
  });
  const states = (): unknown[] => board.news(-1).tasks.map(({ tile, state, tries }) => [tile, state, tries]);

  test('shows what becomes of every tile', () => {
    board.hear(begun('a', 'w1'));
    board.hear(begun('b', 'w2'));
    board.hear(done('a', 'w1'));
    expect(states()).toEqual([
      ['a', 'done', 1],
      ['b', 'running', 1],
      ['c', 'waiting', 0],
    ]);
    expect(board.counts()).toEqual({ waiting: 1, running: 1, retried: 0, done: 1, failed: 0 });
    expect(board.news(-1).workers).toMatchObject([
      { name: 'w2', task: 'b', done: 0 },
      { name: 'w1', task: '', done: 1, seconds: 2, peakRssBytes: 100 },
    ]);
  });

  test('shows a tile that is tried again, whoever was at fault, and says why', () => {
    board.hear(begun('a', 'w1'));
    board.hear(begun('a', 'w2'));
    expect(states()[0]).toEqual(['a', 'retried', 2]);
    board.hear({ ...about('a'), state: 'retried', worker: 'slot 7', error: 'it broke' });
    const { errors, workers } = board.news(-1);
    expect(errors).toMatchObject([{ tile: 'a', worker: 'w2', error: 'it broke' }]);
    expect(workers.map(({ name }) => name)).toEqual(['w1', 'w2']);
    board.hear({ ...about('a'), state: 'failed', worker: 'slot 7', error: 'for good' });
    expect(states()[0]).toEqual(['a', 'failed', 2]);
  });

  test('says how long the step still takes, as fast as its last tiles', () => {
    expect(board.etaSeconds).toBeNull();
    board.hear(begun('a', 'w1'));
    now += 10_000;
    board.hear(done('a', 'w1'));
    expect(board.etaSeconds).toBe(20);
    now += 10_000;
    expect(board.etaSeconds).toBe(40);
    board.hear(tasks('outline', ['a', 'b']));
    expect(board.etaSeconds).toBeNull();
  });

  test('knows the longest silence of a worker', () => {
    const queue = {
      kind: 'queue',
      waiting: 2,
      inWork: 1,
      fetchedBytes: 0,
      committedBytes: 0,
      refused: 0,
      inFlightBytes: 0,
      republished: 0,
    } as const;
    board.hear({ ...queue, silentSeconds: 12 });
    expect(board.news(-1).queue).toEqual({ waiting: 2, inWork: 1, silentSeconds: 12, inFlightBytes: 0 });
  });

  test('shows the next tile of a worker whose last result is being stored', () => {
    board.hear(begun('a', 'w1'));
    board.hear(begun('b', 'w1'));
    board.hear(done('a', 'w1'));
    expect(board.news(-1).workers).toMatchObject([{ name: 'w1', task: 'b', done: 1 }]);
  });

  test('tells what has changed since a revision, and only that', () => {
    const { revision } = board.news(-1);
    expect(board.news(revision).tasks).toEqual([]);
    board.hear(begun('b', 'w1'));
    expect(board.news(revision).tasks).toMatchObject([{ tile: 'b', state: 'running' }]);
  });

  test('takes what was there already for done, and knows steps in pieces', () => {
    board.hear(tasks('outline', ['a']));
    board.hear(tasks('outline', ['b'], false));
    expect(board.news(-1).steps).toEqual(['assign', 'outline']);
    expect(board.counts().waiting).toBe(2);
    board.hear(tasks('assign', ['z']));
    expect(board.news(-1).tasks.filter(({ step }) => step === 'assign')).toMatchObject([{ tile: 'z' }]);
  });

  test('tells the throughput of the last minute', () => {
    board.hear(done('a', 'w1', 6000));
    expect(board.news(-1)).toMatchObject({ transcriptsPerSecond: 100, tasksPerMinute: 1 });
    now += 61_000;
    expect(board.news(-1)).toMatchObject({ transcriptsPerSecond: 0, tasksPerMinute: 0 });
    expect(board.workers).toBe(0);
  });

  test('does not grow without end', () => {
    for (let step = 0; step < 100; step++) board.hear(tasks(`fit-${step}`, ['a']));
    expect(board.news(-1).steps.length).toBe(40);
    for (let piece = 0; piece < 600; piece++)
      board.hear(
        tasks(
          'large',
          Array.from({ length: 200 }, (_, i) => `${piece}-${i}`),
          piece === 0,
        ),
      );
    expect(board.news(-1).steps).toEqual(['large']);
    for (let i = 0; i < 200; i++) {
      board.hear({
        kind: 'task',
        step: 'large',
        task: '0-0',
        round: 'large',
        state: 'retried',
        worker: `w${i}`,
        error: 'x',
      });
    }
    expect(board.news(-1).errors.length).toBe(50);
  });
});
