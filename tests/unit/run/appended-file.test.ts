import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { AppendedFile } from '@spatile/coordinator/run/appended-file';
import { describe, expect, test, vi } from 'vitest';
import { testFolder } from '../../pipeline/slide.ts';

const at = testFolder();

/** Whether this process has a file open. */
async function isOpen(path: string): Promise<boolean> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).includes(path);
}

describe('a file that is appended to', () => {
  test('has every text in the order of the calls, whole when the call is over', async () => {
    const file = new AppendedFile(at('log'));
    const lines = Array.from({ length: 500 }, (_, i) => `${i} ${'x'.repeat(i)}\n`);
    await Promise.all(
      lines.map(async (line, i) => {
        await file.append(line);
        expect(readFileSync(at('log'), 'utf8').startsWith(lines.slice(0, i + 1).join(''))).toBe(true);
      }),
    );
    expect(readFileSync(at('log'), 'utf8')).toBe(lines.join(''));
  });

  test('goes on behind what was there', async () => {
    for (const line of ['one\n', 'two\n']) await new AppendedFile(at('again')).append(line);
    expect(readFileSync(at('again'), 'utf8')).toBe('one\ntwo\n');
  });

  test.skipIf(!existsSync('/proc/self/fd'))('is closed when nothing comes for a while', async () => {
    const file = new AppendedFile(at('idle'));
    await file.append('one\n');
    expect(await isOpen(at('idle'))).toBe(true);
    await vi.waitFor(async () => expect(await isOpen(at('idle'))).toBe(false), 10_000);
    rmSync(at('idle'));
    await file.append('two\n');
    expect(readFileSync(at('idle'), 'utf8')).toBe('two\n');
  });

  test.skipIf(!existsSync('/dev/full'))('rejects when there is no room, and each time', async () => {
    const file = new AppendedFile('/dev/full');
    for (let i = 0; i < 2; i++) await expect(file.append('x')).rejects.toMatchObject({ code: 'ENOSPC' });
  });
});
