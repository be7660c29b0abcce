import { checked } from '@spatile/proto/messages';
import { checkRunId, consumerName, consumerParts } from '@spatile/proto/names';
import { decodeTask, encodeTask, isGenuine } from '@spatile/proto/task';
import { describe, expect, test } from 'vitest';

const task = { run: 'slide-1a2b3c4d', task: 'assign/t0001', epoch: 3, server: '127.0.0.1:7751' };
const attempt = { run: task.run, task: task.task, epoch: 1, attemptId: '0123456789', worker: 'w' };

describe('messages', () => {
  test('of the queue come back as they were', () => {
    expect(decodeTask(encodeTask(task, null))).toEqual(task);
    expect(decodeTask(encodeTask(task, 'a shared secret'))).toMatchObject(task);
  });

  test('of the queue carry a seal that only the secret makes, of every part', () => {
    const sealed = decodeTask(encodeTask(task, 'a shared secret'));
    expect(isGenuine(sealed, 'a shared secret')).toBe(true);
    expect(isGenuine(sealed, 'another secret')).toBe(false);
    expect(isGenuine(task, 'a shared secret')).toBe(false);
    for (const part of [{ server: '127.0.0.1:1' }, { run: 'other' }, { task: 'assign/t0002' }, { epoch: 4 }])
      expect(isGenuine({ ...sealed, ...part }, 'a shared secret')).toBe(false);
  });

  test.each([
    '',
    'null',
    '[]',
    '{"run":"a"}',
    JSON.stringify({ ...task, more: 1 }),
    JSON.stringify({ ...task, epoch: 0 }),
    JSON.stringify({ ...task, mac: 'short' }),
  ])('that are no task are refused: %s', (text) => {
    expect(() => decodeTask(text)).toThrow(/not a task/);
  });

  test.each([
    { ...attempt, attemptId: '' },
    { ...attempt, epoch: -1 },
    { ...attempt, run: 'x'.repeat(41) },
    { ...attempt, task: 5 },
    { ...attempt, worker: 'w\u001b[31m' },
    { ...attempt, task: 'assign/t1\r' },
    null,
  ])('of an attempt that is none are refused', (message) => {
    expect(() => checked('attempt', message)).toThrow(/attempt message: .* not valid/);
  });

  test('of a failure cannot control the terminal on which they are shown', () => {
    const said = { code: 'INTERNAL', retryable: true, preempted: false, stack: '', fields: '{}' };
    const message = 'a\u001b]0;title\u0007b\u009b1m\nsecond\tline';
    expect(checked('failure', { attempt, ...said, message }).message).toBe(
      'a\ufffd]0;title\ufffdb\ufffd1m\nsecond\tline',
    );
  });

  test.each([Number.NaN, -0.1, 1.1])('of a progress of %d are refused', (fraction) => {
    expect(() => checked('heartbeat', { attempt, fraction })).toThrow(/fraction/);
  });

  test.each(['', 'a.b', 'a*', 'A', 'a b', 'x'.repeat(41)])(
    'the run %j is refused: it would be another subject',
    (run) => {
      expect(() => checkRunId(run)).toThrow(/not the name of a run/);
    },
  );

  test('consumers tell their run and class', () => {
    expect(consumerParts(consumerName('a-1', 'cpu-big'))).toEqual({ run: 'a-1', workers: 'cpu-big' });
    expect(consumerParts('somebody_else')).toBeNull();
  });

  test.each([
    ['set', ['a=b\0c'], /zero character/],
    ['bundle', 'a\0b', /control character/],
    ['output', 'a\u001b[2J', /control character/],
    ['set', Array.from({ length: 300 }, () => 'x'.repeat(10_000)), /longer than 256 KiB/],
  ])('that submit what no run can be started with are refused: %s', (field, value, why) => {
    const submit = { bundle: 'a', output: 'b', config: '', set: ['c=d'], resume: false, overwrite: false };
    expect(checked('submit', submit)).toEqual(submit);
    expect(() => checked('submit', { ...submit, [field]: value })).toThrow(why);
  });
});
