import {
  advance,
  idleRound,
  MAX_ATTEMPTS,
  MAX_IDLE_LOSSES,
  MOST_POISONED,
  type RoundCommand,
  type RoundEvent,
  type RoundState,
} from '@spatile/coordinator/run/advance';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

function replay(
  events: RoundEvent[],
  from: RoundState = idleRound(),
): { state: RoundState; commands: RoundCommand[] } {
  let state = from;
  const commands: RoundCommand[] = [];
  for (const event of events) {
    const next = advance(state, event);
    state = next.state;
    commands.push(...next.commands);
  }
  return { state, commands };
}

const tasks = (...ids: string[]) => ids.map((id, i) => ({ id, weight: ids.length - i }));
const started = (ids: string[], committed: string[] = []): RoundEvent => ({
  type: 'started',
  round: 'assign',
  tasks: tasks(...ids),
  committed,
});

describe('a round', () => {
  it('hands the heaviest task out first, one to each worker', () => {
    const { commands } = replay([
      {
        type: 'started',
        round: 'assign',
        tasks: [
          { id: 'light', weight: 1 },
          { id: 'heavy', weight: 9 },
        ],
        committed: [],
      },
      { type: 'worker-ready', worker: 0 },
      { type: 'worker-ready', worker: 1 },
    ]);
    expect(commands).toEqual([
      { type: 'send', worker: 0, task: 'heavy', attempt: 1 },
      { type: 'send', worker: 1, task: 'light', attempt: 1 },
    ]);
  });

  it('ends at once when everything was committed before', () => {
    expect(replay([started(['a', 'b'], ['a', 'b', 'unknown'])]).commands).toEqual([{ type: 'end-round' }]);
  });

  it('gives the task of a lost worker to the next one and replaces the worker', () => {
    const { commands } = replay([
      started(['a']),
      { type: 'worker-ready', worker: 0 },
      { type: 'worker-lost', worker: 0, reason: 'SIGKILL' },
      { type: 'worker-ready', worker: 1 },
    ]);
    expect(commands.slice(1)).toEqual([
      { type: 'replace-worker', worker: 0 },
      { type: 'send', worker: 1, task: 'a', attempt: 2 },
    ]);
  });

  it('fails the run when a task has killed too many workers', () => {
    const events: RoundEvent[] = [started(['a'])];
    for (let i = 0; i < MAX_ATTEMPTS; i++)
      events.push({ type: 'worker-ready', worker: i }, { type: 'worker-lost', worker: i, reason: 'SIGKILL' });
    expect(replay(events).commands.at(-1)).toMatchObject({ type: 'fail-run', code: 'WORKER_LOST' });
  });

  it('finishes the others before it fails the run over one task', () => {
    const broken = (worker: number, task: string): RoundEvent => ({
      type: 'failed',
      worker,
      task,
      code: 'INTERNAL',
      message: 'broken',
      retryable: false,
    });
    const begun: RoundEvent[] = [
      started(['a', 'b', 'c']),
      { type: 'worker-ready', worker: 0 },
      { type: 'worker-ready', worker: 1 },
      broken(0, 'a'),
    ];
    const first = replay(begun);
    expect(first.commands.at(-1)).toEqual({ type: 'send', worker: 0, task: 'c', attempt: 1 });
    const second = replay(
      [
        { type: 'committed', worker: 0, task: 'c' },
        { type: 'committed', worker: 1, task: 'b' },
      ],
      first.state,
    );
    expect(second.commands).toMatchObject([
      { type: 'fail-run', message: 'assign, tile a: broken', task: 'a' },
    ]);
    expect([...second.state.done]).toEqual(['c', 'b']);
    const two = replay([...begun, broken(0, 'c'), { type: 'committed', worker: 1, task: 'b' }]);
    expect(two.commands.filter(({ type }) => type === 'fail-run')).toMatchObject([
      { type: 'fail-run', message: 'assign, tile a: broken; so failed c' },
    ]);
  });

  it('ends at once when several tasks fail for good', () => {
    const events: RoundEvent[] = [started(['a', 'b', 'c', 'd', 'e'])];
    for (let i = 0; i < MOST_POISONED; i++) events.push({ type: 'worker-ready', worker: i });
    for (let i = 0; i < MOST_POISONED; i++) {
      events.push({
        type: 'failed',
        worker: i,
        task: 'abc'[i],
        code: 'INTERNAL',
        message: 'broken',
        retryable: false,
      });
    }
    const { commands } = replay(events);
    expect(commands.filter(({ type }) => type === 'fail-run')).toMatchObject([{ task: 'a' }]);
    expect(commands.at(-1)).toMatchObject({ type: 'fail-run' });
  });

  it('stops replacing workers that never take a task', () => {
    const events: RoundEvent[] = [started(['a'])];
    for (let i = 0; i <= MAX_IDLE_LOSSES; i++)
      events.push({ type: 'worker-lost', worker: i, reason: 'exit code 1' });
    expect(replay(events).commands.at(-1)).toMatchObject({ type: 'fail-run', code: 'WORKER_LOST' });
  });

  it('fails at once on an error that trying again cannot mend', () => {
    const { commands } = replay([
      started(['a']),
      { type: 'worker-ready', worker: 0 },
      { type: 'failed', worker: 0, task: 'a', code: 'INTERNAL', message: 'broken', retryable: false },
    ]);
    expect(commands.at(-1)).toEqual({
      type: 'fail-run',
      code: 'INTERNAL',
      message: 'assign, tile a: broken',
      task: 'a',
    });
  });

  it('hands a task out once all that it needs are committed, those of a low rank first', () => {
    const begun: RoundEvent = {
      type: 'started',
      round: 'all',
      tasks: [
        { id: 'outline/a', weight: 9, rank: 1, needs: ['settle/a'] },
        { id: 'assign/a', weight: 1 },
        { id: 'assign/b', weight: 2 },
        { id: 'settle/a', weight: 0, needs: ['assign/a', 'assign/b'] },
      ],
      committed: [],
    };
    const first = replay([begun, { type: 'worker-ready', worker: 0 }]);
    expect(first.commands).toEqual([{ type: 'send', worker: 0, task: 'assign/b', attempt: 1 }]);
    const second = replay(
      [
        { type: 'returned', worker: 0, task: 'assign/b' },
        { type: 'committed', worker: 0, task: 'assign/b' },
        { type: 'returned', worker: 0, task: 'assign/a' },
      ],
      first.state,
    );
    // A worker whose result is still being committed is free already.
    expect(second.commands).toEqual([{ type: 'send', worker: 0, task: 'assign/a', attempt: 1 }]);
    expect(second.state.idle).toEqual([0]);
    const third = replay(
      [
        { type: 'committed', worker: 0, task: 'assign/a' },
        { type: 'committed', worker: 0, task: 'settle/a' },
      ],
      second.state,
    );
    expect(third.commands).toEqual([
      { type: 'send', worker: 0, task: 'settle/a', attempt: 1 },
      { type: 'send', worker: 0, task: 'outline/a', attempt: 1 },
    ]);
    expect(
      replay(
        [
          {
            type: 'failed',
            worker: 0,
            task: 'outline/a',
            code: 'INTERNAL',
            message: 'broken',
            retryable: false,
          },
        ],
        third.state,
      ).commands,
    ).toMatchObject([{ type: 'fail-run', message: 'outline, tile a: broken' }]);
  });

  it('goes on where an earlier attempt stopped, whatever needs what', () => {
    const tasks = [
      { id: 'a', weight: 1 },
      { id: 's', weight: 0, needs: ['a'] },
      { id: 'b', weight: 1, needs: ['s'] },
    ];
    const resumed = (committed: string[]): RoundCommand[] =>
      replay([
        { type: 'started', round: 'all', tasks, committed },
        { type: 'worker-ready', worker: 0 },
      ]).commands;
    expect(resumed(['a'])).toEqual([{ type: 'send', worker: 0, task: 's', attempt: 1 }]);
    expect(resumed(['a', 's'])).toEqual([{ type: 'send', worker: 0, task: 'b', attempt: 1 }]);
    expect(resumed(['a', 's', 'b'])).toEqual([{ type: 'end-round' }]);
  });

  it('ignores late and duplicate reports', () => {
    const { state, commands } = replay([
      started(['a', 'b']),
      { type: 'worker-ready', worker: 0 },
      { type: 'committed', worker: 0, task: 'a' },
      { type: 'committed', worker: 0, task: 'a' },
      { type: 'committed', worker: 7, task: 'a' },
      { type: 'failed', worker: 7, task: 'a', code: 'INTERNAL', message: 'late', retryable: false },
    ]);
    expect(commands.filter(({ type }) => type === 'fail-run')).toEqual([]);
    expect([...state.done]).toEqual(['a']);
    expect(state.running.get(0)).toBe('b');
  });

  it('finishes every task once, whatever is lost and repeated on the way', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(99), { maxLength: 200 }),
        (n, workers, choices) => {
          let state = idleRound();
          const living = new Set<number>();
          let nextWorker = 0;
          let ended = 0;
          const losses = new Map<string, number>();
          const feed = (event: RoundEvent): void => {
            const next = advance(state, event);
            state = next.state;
            for (const command of next.commands) {
              if (command.type === 'end-round') ended++;
              if (command.type === 'replace-worker') birth();
              expect(command.type).not.toBe('fail-run');
            }
          };
          const birth = (): void => {
            living.add(nextWorker);
            feed({ type: 'worker-ready', worker: nextWorker++ });
          };
          feed(started(Array.from({ length: n }, (_, i) => `t${i}`)));
          for (let i = 0; i < workers; i++) birth();
          let idle = 0;
          for (const choice of choices) {
            const running = [...state.running];
            if (running.length === 0) break;
            const [worker, task] = running[choice % running.length];
            const mayLose = (losses.get(task) ?? 0) < MAX_ATTEMPTS - 1;
            if (choice % 5 === 0 && mayLose) {
              losses.set(task, (losses.get(task) ?? 0) + 1);
              living.delete(worker);
              feed({ type: 'worker-lost', worker, reason: 'test' });
            } else if (choice % 7 === 0 && idle < MAX_IDLE_LOSSES && state.idle.length > 0) {
              idle++;
              feed({ type: 'worker-lost', worker: state.idle[0], reason: 'idle' });
            } else {
              feed({ type: 'committed', worker, task });
              if (choice % 3 === 0) feed({ type: 'committed', worker, task });
            }
            expect(new Set(state.running.values()).size).toBe(state.running.size);
          }
          for (let guard = 0; state.running.size > 0 && guard < 1000; guard++) {
            const [worker, task] = [...state.running][0];
            feed({ type: 'committed', worker, task });
          }
          expect(state.done.size).toBe(n);
          expect(ended).toBe(1);
        },
      ),
    );
  });
});
