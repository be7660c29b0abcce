import { createHash } from 'node:crypto';
import { type BookRules, TaskBook } from '@spatile/coordinator/cluster/task-book';
import type { PoolEvent } from '@spatile/coordinator/dispatch/task-pool';
import { MAX_ATTEMPTS } from '@spatile/coordinator/run/advance';
import { type Payload, payloadOf, wholeOf } from '@spatile/proto/payload';
import { beforeEach, describe, expect, test } from 'vitest';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const report = (text: string) => ({
  bytes: bytes(text),
  seconds: 1,
  cpuSeconds: 1,
  peakRssBytes: 1,
  work: {},
});
const error = { code: 'INTERNAL', message: 'broken', fields: {}, retryable: true, stack: '' };
const try_ = (id: string, epoch = 1, task = 't1', run = 'r') => ({
  run,
  task,
  epoch,
  attemptId: `attempt-${id}`,
  worker: id,
});

describe('the book of open tasks', () => {
  let events: PoolEvent[];
  let book: TaskBook;
  /** What storing the next result comes to. */
  let stored: unknown;
  beforeEach(() => {
    events = [];
    stored = null;
    book = new TaskBook('r', (event) => {
      events.push(event);
      if (event.type === 'done') event.settled?.(stored);
    });
    expect(book.open(7, 't1', 1, 'assign.expand', async () => payloadOf(bytes('input')))).toBe(1);
  });
  const commit = (attempt: ReturnType<typeof try_>, text: string) =>
    book.commit(attempt, sha256(bytes(text)), report(text));
  const types = (): string[] => events.map(({ type }) => type);

  test('gives a task to whoever begins it, and takes one result', async () => {
    expect(book.begin(try_('a'))).toEqual({ verdict: 'GO', kind: 'assign.expand' });
    expect(Buffer.from(await wholeOf(await book.input(try_('a')))).toString()).toBe('input');
    expect(await commit(try_('a'), 'x')).toBe('COMMITTED');
    expect(events).toMatchObject([{ type: 'done', worker: 7, task: 't1', attempt: 1 }]);
    expect(book.openTasks).toBe(0);
    expect(book.begin(try_('b'))).toMatchObject({ verdict: 'ALREADY' });
  });

  test('knows how long a task waited, and how long its worker has said nothing', () => {
    let now = 1000;
    const waits: unknown[] = [];
    const rules: BookRules = {
      ...{ classes: ['cpu'], moved: () => undefined, verify: () => false, aloneMs: 1 },
      now: () => now,
    };
    const timed = new TaskBook(
      'r',
      () => undefined,
      (task, worker, waitedMs) => waits.push([task, worker, waitedMs]),
      rules,
    );
    timed.open(0, 't1', 1, 'assign.expand', async () => payloadOf(bytes('input')));
    now += 500;
    timed.begin(try_('a'));
    now += 300;
    timed.begin(try_('b'));
    timed.beat(try_('a'), 0.5);
    now += 200;
    expect(waits).toEqual([
      ['t1', 'a', 500],
      ['t1', 'b', null],
    ]);
    expect(timed.active()).toMatchObject([
      { worker: 'a', silentMs: 200 },
      { worker: 'b', silentMs: 200 },
    ]);
    now += 100;
    timed.beat(try_('a'), 0.6);
    expect(timed.active().map(({ silentMs }) => silentMs)).toEqual([0, 300]);
    timed.begin(try_('c'));
    expect(timed.active().map(({ worker }) => worker)).toEqual(['c']);
    timed.beat(try_('a'), 0.7);
    expect(timed.active().map(({ worker }) => worker)).toEqual(['a', 'c']);
  });

  test('takes a late result of the same bytes in silence, and ends the run over other bytes', async () => {
    book.begin(try_('a'));
    book.begin(try_('b'));
    expect(await commit(try_('a'), 'x')).toBe('COMMITTED');
    expect(await commit(try_('b'), 'x')).toBe('ALREADY');
    expect(types()).toEqual(['done']);
    expect(await commit(try_('b'), 'y')).toBe('DIFFERENT');
    expect(events.at(-1)).toMatchObject({ type: 'broken', different: 't1', error: { code: 'INTERNAL' } });
  });

  test('lets one of two results at the same moment win', async () => {
    book.begin(try_('a'));
    book.begin(try_('b'));
    const verdicts = await Promise.all([commit(try_('a'), 'x'), commit(try_('b'), 'x')]);
    expect(verdicts.sort()).toEqual(['ALREADY', 'COMMITTED']);
    expect(types()).toEqual(['done']);
  });

  test('takes the result again when it could not be stored', async () => {
    book.begin(try_('a'));
    stored = new Error('disk full');
    await expect(commit(try_('a'), 'x')).rejects.toThrow('disk full');
    stored = null;
    expect(await commit(try_('a'), 'x')).toBe('COMMITTED');
  });

  test('gives nothing to and takes nothing from those who did not begin the task', async () => {
    await expect(book.input(try_('stranger'))).rejects.toThrow(/not held/);
    expect(book.mayCommit(try_('stranger'))).toBe(false);
    expect(await commit(try_('stranger'), 'x')).toBe('CLOSED');
    expect(book.begin(try_('a', 1, 't1', 'other'))).toMatchObject({ verdict: 'OVER' });
    expect(book.mayCommit(try_('a', 1, 't1', 'other'))).toBe(false);
    expect(events).toEqual([]);
  });

  test('takes a late result only from who had begun the task, in this run', async () => {
    book.begin(try_('a'));
    book.begin(try_('b'));
    expect(await commit(try_('a'), 'x')).toBe('COMMITTED');
    for (const other of [try_('a', 1, 't1', 'former run'), try_('stranger')]) {
      expect(book.mayCommit(other)).toBe(false);
      expect(await commit(other, 'y')).toBe('CLOSED');
    }
    expect(types()).toEqual(['done']);
    expect(book.mayCommit(try_('b'))).toBe(true);
  });

  test('ends the run with the reason when an input cannot be made, but not after its end', async () => {
    book.open(8, 'bad', 1, 'assign.expand', async () => Promise.reject(new Error('results/x: missing')));
    book.begin(try_('a', 1, 'bad'));
    await expect(book.input(try_('a', 1, 'bad'))).rejects.toThrow('results/x: missing');
    expect(events).toMatchObject([
      { type: 'broken', error: { message: expect.stringMatching(/results\/x/) } },
    ]);
    let refuse = (_: Error): void => undefined;
    const late = new Promise<Payload>((_, reject) => {
      refuse = reject;
    });
    book.open(9, 'late', 1, 'assign.expand', () => late);
    book.begin(try_('a', 1, 'late'));
    const asked = book.input(try_('a', 1, 'late'));
    book.end();
    refuse(new Error('interrupted'));
    await expect(asked).rejects.toThrow('interrupted');
    expect(types()).toEqual(['broken']);
  });

  test('does not count workers that are alive', () => {
    for (let i = 0; i < 3 * MAX_ATTEMPTS; i++) {
      expect(book.begin(try_(`w${i}`)).verdict).toBe('GO');
      for (let j = 0; j <= i; j++) expect(book.beat(try_(`w${j}`), 0.1)).toBe('GO_ON');
    }
    expect(types()).not.toContain('failed');
  });

  test('ends the run over a task on which workers vanish, and not before', () => {
    for (let i = 0; i < MAX_ATTEMPTS; i++) expect(book.begin(try_(`w${i}`)).verdict).toBe('GO');
    expect(events).toEqual([]);
    expect(book.begin(try_('last')).verdict).toBe('ALREADY');
    expect(events).toMatchObject([
      { type: 'failed', worker: 7, error: { code: 'WORKER_LOST', retryable: false } },
    ]);
  });

  test('does not count workers that left when asked to, nor those whose queue was lost', () => {
    for (let i = 0; i < 2 * MAX_ATTEMPTS; i++) {
      expect(book.begin(try_(`w${i}`)).verdict).toBe('GO');
      book.fail(try_(`w${i}`), error, true);
    }
    book.begin(try_('working'));
    for (let i = 0; i < 2 * MAX_ATTEMPTS; i++) {
      const [{ epoch }] = book.reopen();
      expect(book.begin(try_(`x${i}`, epoch)).verdict).toBe('GO');
    }
    expect(book.begin(try_('stale')).verdict).toBe('ALREADY');
    expect(book.beat(try_('working'), 0.5)).toBe('GO_ON');
    expect(types()).toEqual(['progress']);
  });

  test('reports a failure once, and hands out anew under a later epoch', () => {
    book.begin(try_('a'));
    book.fail(try_('a'), error, false);
    book.fail(try_('a'), error, false);
    expect(types()).toEqual(['failed']);
    expect(book.open(3, 't1', 2, 'assign.expand', async () => payloadOf(bytes('input')))).toBe(2);
    expect(book.begin(try_('b')).verdict).toBe('ALREADY');
    expect(book.beat(try_('a'), 0.5)).toBe('LOST');
    expect(book.begin(try_('b', 2)).verdict).toBe('GO');
  });

  test('hands nothing out anew while another attempt at the task goes on', () => {
    book.begin(try_('a'));
    book.begin(try_('b'));
    book.beat(try_('b'), 0.5);
    book.fail(try_('a'), error, false);
    expect(types()).toEqual(['progress']);
    expect(book.beat(try_('b'), 0.6)).toBe('GO_ON');
    book.fail(try_('b'), error, false);
    expect(types().at(-1)).toBe('failed');
  });

  describe('where there are workers with more memory', () => {
    const died = { ...error, code: 'WORKER_LOST', fields: { reason: 'signal SIGKILL' } };
    let moved: [string, number][];
    let now: number;
    beforeEach(() => {
      moved = [];
      now = 0;
      const rules = {
        classes: ['cpu', 'cpu-big', 'gpu'] as const,
        moved: (task: string, epoch: number) => moved.push([task, epoch]),
        verify: () => false,
        aloneMs: 1,
        now: () => now,
      };
      book = new TaskBook(
        'r',
        (event) => events.push(event),
        () => undefined,
        rules,
      );
    });
    const open = (task = 't1', kind = 'assign.expand'): number =>
      book.open(7, task, 1, kind, async () => payloadOf(bytes('input')), 5);

    test('gives them the last try at a task on which others died', () => {
      for (let epoch = 1; epoch < MAX_ATTEMPTS; epoch++) {
        expect(open()).toBe(epoch);
        expect(book.workersOf('t1')).toBe('cpu');
        book.begin(try_(`w${epoch}`, epoch));
        book.fail(try_(`w${epoch}`, epoch), died, false);
      }
      open();
      expect(book.workersOf('t1')).toBe('cpu-big');
    });

    test('gives them a task on which others vanished, and fails it when they vanish as well, not for memory without a sign of it', () => {
      open();
      for (let i = 0; i < MAX_ATTEMPTS - 1; i++) expect(book.begin(try_(`w${i}`)).verdict).toBe('GO');
      expect(book.begin(try_('next')).verdict).toBe('ALREADY');
      expect(moved).toEqual([['t1', 2]]);
      expect(book.workersOf('t1')).toBe('cpu-big');
      expect(book.begin(try_('late')).verdict).toBe('ALREADY');
      expect(book.begin(try_('big', 2)).verdict).toBe('GO');
      expect(book.begin(try_('big again', 2)).verdict).toBe('ALREADY');
      expect(events).toMatchObject([{ type: 'failed', error: { fields: { outOfMemory: false } } }]);
    });

    test('fails it for memory when all were near their limit when they were last heard of', () => {
      for (const lowest of [0.79, 0.8]) {
        events = [];
        let epoch = open(`t${lowest}`);
        for (let i = 0; !events.some(({ type }) => type === 'failed'); i++) {
          const next = try_(`w${i}`, epoch, `t${lowest}`);
          if (book.begin(next).verdict === 'GO') book.beat(next, 0.5, i === 0 ? lowest : 1);
          epoch = moved.at(-1)?.[1] ?? epoch;
          expect(i).toBeLessThan(10);
        }
        moved = [];
        expect(events.at(-1)).toMatchObject({ error: { fields: { outOfMemory: lowest === 0.8 } } });
      }
    });

    test('gives images to those with a GPU', () => {
      open('image', 'segment.network');
      expect(book.workersOf('image')).toBe('gpu');
    });

    test('tells which tasks are in work and for how long, until a second worker was asked', () => {
      open();
      expect(book.running('cpu')).toEqual([]);
      book.begin(try_('a'));
      now = 500;
      expect(book.running('cpu')).toEqual([{ task: 't1', kind: 'assign.expand', weight: 5, elapsedMs: 500 }]);
      expect(book.running('gpu')).toEqual([]);
      expect(book.double('t1')).toBe(1);
      expect(book.running('cpu')).toEqual([]);
      expect(book.double('none')).toBeNull();
    });
  });

  describe('of which a share has to be computed by two workers', () => {
    let moved: [string, number][];
    let waits: (number | null)[];
    let now: number;
    beforeEach(() => {
      moved = [];
      waits = [];
      now = 0;
      const listener = (event: PoolEvent): void => {
        events.push(event);
        if (event.type === 'done') event.settled?.(null);
      };
      book = new TaskBook('r', listener, (_task, _worker, waitedMs) => waits.push(waitedMs), {
        classes: ['cpu'],
        moved: (task, epoch) => moved.push([task, epoch]),
        verify: (task) => task === 't1',
        aloneMs: 1000,
        now: () => now,
      });
      for (const task of ['t1', 't2'])
        book.open(7, task, 1, 'assign.expand', async () => payloadOf(bytes('input')));
      for (const id of ['a', 'twice']) book.begin({ ...try_(id), worker: 'a' });
    });

    test('takes a result when another worker gives the same, and not from the first again', async () => {
      expect(await commit(try_('a'), 'x')).toBe('COMMITTED');
      // Its reply was lost; and the same task had come to it twice.
      expect(await commit(try_('a'), 'x')).toBe('COMMITTED');
      expect(await commit({ ...try_('twice'), worker: 'a' }, 'x')).toBe('ALREADY');
      expect(events).toEqual([]);
      expect(moved).toEqual([['t1', 2]]);
      const again = { ...try_('again', 2), worker: 'a' };
      for (let i = 0; i < 30; i++) expect(book.begin(again).verdict).toBe('ELSEWHERE');
      expect(events).toEqual([]);
      expect(book.begin(try_('b', 2)).verdict).toBe('GO');
      expect(await commit(try_('b', 2), 'x')).toBe('COMMITTED');
      expect(events.at(-1)).toMatchObject({ type: 'done', task: 't1' });
      expect(book.verified).toEqual({ agreed: 1, repeated: 0 });
    });

    test('lets a worker repeat its own result where no other was heard of for long, and says so once', async () => {
      book.begin(try_('a', 1, 't2'));
      await commit(try_('a'), 'x');
      const own = { ...try_('own', 2), worker: 'a' };
      now = 900;
      book.begin(try_('b', 1, 't2'));
      now = 1800;
      // Another one is there, if busy.
      expect(book.begin(own).verdict).toBe('ELSEWHERE');
      book.beat(try_('b', 1, 't2'), 0.5);
      now = 2700;
      expect(book.begin(own).verdict).toBe('ELSEWHERE');
      now = 2900;
      expect(book.begin(own).verdict).toBe('GO');
      expect(book.begin({ ...own, attemptId: 'and again' }).verdict).toBe('GO');
      const said = events.filter(({ type }) => type === 'warning');
      expect(said).toMatchObject([{ message: expect.stringMatching(/no other worker .* for 1 s, so a/) }]);
      // The first try is no second one, however often its reply is lost.
      expect(await commit(try_('a'), 'x')).toBe('COMMITTED');
      expect(types()).not.toContain('done');
      expect(await commit({ ...own, attemptId: 'and again' }, 'x')).toBe('COMMITTED');
      expect(types().at(-1)).toBe('done');
      expect(book.verified).toEqual({ agreed: 0, repeated: 1 });
    });

    test('remembers the first when a second fails', async () => {
      await commit(try_('a'), 'x');
      book.begin(try_('b', 2));
      book.fail(try_('b', 2), error, false);
      expect(book.open(7, 't1', 2, 'assign.expand', async () => payloadOf(bytes('input')))).toBe(3);
      expect(book.begin({ ...try_('c', 3), worker: 'a' }).verdict).toBe('ELSEWHERE');
      book.begin(try_('b again', 3));
      expect(await commit(try_('b again', 3), 'x')).toBe('COMMITTED');
      expect(types().at(-1)).toBe('done');
    });

    test('tells for the second worker how long it waited for that one', async () => {
      now = 5000;
      await commit(try_('a'), 'x');
      now += 100;
      book.begin(try_('b', 2));
      expect(waits).toEqual([0, null, 100]);
    });

    test('ends the run over other bytes', async () => {
      await commit(try_('a'), 'x');
      book.begin(try_('b', 2));
      expect(await commit(try_('b', 2), 'y')).toBe('DIFFERENT');
      expect(types()).toEqual(['broken']);
    });

    test('takes the others at once', async () => {
      book.begin(try_('a', 1, 't2'));
      expect(await commit(try_('a', 1, 't2'), 'x')).toBe('COMMITTED');
      expect(types()).toEqual(['done']);
    });
  });

  test('repeats its verdict to the same attempt', () => {
    for (let i = 0; i < 10; i++) expect(book.begin(try_('a')).verdict).toBe('GO');
  });

  test('tells everybody when the run is over', () => {
    book.begin(try_('a'));
    book.begin(try_('left'));
    book.fail(try_('left'), error, true);
    book.end();
    expect(book.untold).toBe(1);
    expect(book.begin(try_('b')).verdict).toBe('OVER');
    expect(book.beat(try_('a'), 0.1)).toBe('CANCELLED');
    expect(book.untold).toBe(0);
  });
});
