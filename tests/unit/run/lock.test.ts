import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lock } from '@spatile/coordinator/run/lock';
import { isThere, markOf } from '@spatile/coordinator/run/process-mark';
import { clearLocked, runLock, TakeOver, takeRunLock } from '@spatile/coordinator/run/run-lock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spatile-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const path = (): string => join(folder, 'a', 'run.lock');

describe('a lock', () => {
  test('has one owner until it is given back, and leaves nothing', () => {
    const [first, second] = [new Lock(path()), new Lock(path())];
    expect(first.take()).toBeNull();
    expect(second.take()).toMatchObject({ pid: process.pid });
    second.release();
    expect(first.holder()).toMatchObject({ pid: process.pid });
    first.release();
    expect(readdirSync(join(folder, 'a'))).toEqual([]);
    expect(second.take()).toBeNull();
  });

  test.each([
    [
      'of a process that is gone',
      () => ({ pid: spawnSync(process.execPath, ['-e', '']).pid, started: null }),
    ],
    ['that names nobody', () => ({})],
  ])('%s counts for nothing', (_, holder) => {
    const lock = new Lock(path());
    lock.take();
    writeFileSync(path(), JSON.stringify(holder()));
    expect(lock.holder()).toBeNull();
    const next = new Lock(path());
    expect(next.take()).toBeNull();
    // The one it was taken from does not remove what is no longer its own.
    lock.release();
    expect(next.holder()).toMatchObject({ pid: process.pid });
  });

  test.skipIf(!existsSync('/proc/self/stat'))(
    'of a number that another process has now counts for nothing',
    () => {
      expect(isThere(markOf(process.pid))).toBe(true);
      expect(isThere({ pid: process.pid, started: '1' })).toBe(false);
    },
  );

  test('of a run keeps a second process out, also one that would overwrite', async () => {
    const output = join(folder, 'slide.zarr');
    const other = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    try {
      await once(other, 'spawn');
      takeRunLock(runLock(output));
      writeFileSync(join(folder, 'slide.run', 'run.json'), '{}');
      writeFileSync(join(folder, 'slide.run', 'run.lock'), JSON.stringify(markOf(other.pid!)));
      const refused = { code: 'OUTPUT_EXISTS', message: expect.stringContaining(`process ${other.pid}`) };
      expect(() => takeRunLock(runLock(output))).toThrow(expect.objectContaining(refused));
      await expect(clearLocked(output, runLock(output))).rejects.toMatchObject(refused);
      expect(existsSync(join(folder, 'slide.run', 'run.json'))).toBe(true);
    } finally {
      other.kill('SIGKILL');
      await once(other, 'close');
    }
    await clearLocked(output, runLock(output));
    expect(existsSync(join(folder, 'slide.run'))).toBe(false);
  });

  test('that somebody else has taken over ends the run that had it, and stays with whom it is', async () => {
    const lock = new Lock(path());
    const asked = new AbortController();
    const takeOver = new TakeOver(lock, asked.signal);
    const error = new Error('whatever came of it');
    try {
      lock.take();
      expect(takeOver.explain(error)).toBe(error);
      const theirs = JSON.stringify({ pid: 1, started: null, token: 'of another machine' });
      writeFileSync(path(), theirs);
      await vi.waitFor(() => expect(takeOver.signal.aborted).toBe(true), 10_000);
      expect(takeOver.explain(error)).toMatchObject({
        code: 'OUTPUT_EXISTS',
        message: expect.stringContaining('a: another process has taken over this run'),
      });
      lock.release();
      expect(readFileSync(path(), 'utf8')).toBe(theirs);
    } finally {
      takeOver.end();
    }
  });

  test('is not lost while it goes with its folder, nor while its disk does not answer', async () => {
    const lock = new Lock(path());
    lock.take();
    await lock.releaseWith(async () => {
      rmSync(join(folder, 'a'), { recursive: true });
      expect(lock.isLost).toBe(false);
    });
    lock.take();
    rmSync(join(folder, 'a'), { recursive: true });
    expect(lock.isLost).toBe(true);
    writeFileSync(join(folder, 'a'), 'in the way');
    expect(lock.isLost).toBe(false);
  });

  test('that nobody took over ends the run only when that is asked for', () => {
    const asked = new AbortController();
    const takeOver = new TakeOver(new Lock(path()), asked.signal);
    expect(takeOver.signal.aborted).toBe(false);
    asked.abort();
    expect(takeOver.signal.aborted).toBe(true);
    takeOver.end();
  });
});
