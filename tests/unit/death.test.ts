import { spawn } from 'node:child_process';
import { deathOf, memoryKills } from '@spatile/formats/tile/death';
import { describe, expect, test } from 'vitest';

describe('the end of a process', () => {
  const before = memoryKills();

  test('is for lack of memory when its runtime gives up', () => {
    for (const [code, signal] of [
      [null, 'SIGABRT'],
      [134, null],
    ] as const)
      expect(deathOf(code, signal, before).outOfMemory).toBe(true);
    expect(deathOf(null, 'SIGSEGV', null)).toEqual({ reason: 'signal SIGSEGV', outOfMemory: false });
    expect(deathOf(1, null, null)).toEqual({ reason: 'exit code 1', outOfMemory: false });
  });

  test('by SIGKILL is for lack of memory when the kernel has counted one, or when nobody counts', () => {
    const killed = { reason: 'signal SIGKILL, out of memory', outOfMemory: true };
    expect(deathOf(null, 'SIGKILL', -1)).toEqual(killed);
    expect(deathOf(null, 'SIGKILL', null)).toEqual(killed);
    expect(deathOf(137, null, null).outOfMemory).toBe(true);
  });

  test.skipIf(process.platform !== 'linux')('by SIGKILL of somebody else is not', async () => {
    const child = spawn('sleep', ['60']);
    const ended = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(deathOf(code, signal, before)));
    });
    child.kill('SIGKILL');
    expect(before).toBeGreaterThanOrEqual(0);
    expect(await ended).toEqual({ reason: 'signal SIGKILL', outOfMemory: false });
  });
});
