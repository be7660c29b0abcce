import { execFileSync } from 'node:child_process';
import { workerEnvironment, workerFlags } from '@spatile/formats/tile/worker-flags';
import { afterEach, expect, test, vi } from 'vitest';
import { freeBuffers } from '../../../worker/src/serve/garbage.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('buffers are given up when there are many of them, and only then', () => {
  const collect = vi.fn();
  vi.stubGlobal('gc', collect);
  const usage = vi.spyOn(process, 'memoryUsage');
  const held = (arrayBuffers: number) =>
    usage.mockReturnValue({ rss: 0, heapTotal: 0, heapUsed: 0, external: 0, arrayBuffers });
  held(32 * 2 ** 20);
  freeBuffers();
  expect(collect).not.toHaveBeenCalled();
  held(33 * 2 ** 20);
  freeBuffers();
  expect(collect).toHaveBeenCalledOnce();
});

test('a process with the flags of a worker has the collector, and gives up what nobody holds', () => {
  const look = `
    let held = Array.from({ length: 8 }, () => new Uint8Array(2 ** 22));
    const before = process.memoryUsage().arrayBuffers;
    held = null;
    gc();
    console.log(before - process.memoryUsage().arrayBuffers);`;
  const freed = execFileSync(process.execPath, [...workerFlags(2 ** 30), '-e', look], {
    env: workerEnvironment(),
  });
  expect(Number(freed.toString())).toBeGreaterThan(2 ** 24);
});

test('workers have one arena, unless the user says otherwise', () => {
  vi.stubEnv('MALLOC_ARENA_MAX', undefined);
  expect(workerEnvironment()).toMatchObject({ ...process.env, MALLOC_ARENA_MAX: '1' });
  vi.stubEnv('MALLOC_ARENA_MAX', '4');
  expect(workerEnvironment().MALLOC_ARENA_MAX).toBe('4');
});
