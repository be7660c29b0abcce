import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStatus } from '@spatile/coordinator/run/status';
import { expect, it } from 'vitest';

it('gives a total where the plan tells it and null where it does not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spatile-status-'));
  try {
    const put = async (name: string, text = '{}'): Promise<void> => {
      const path = join(folder, 's.run', name);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, text);
    };
    await put('run.json');
    const tile = (transcripts: number, cells: number) => ({ transcripts, cells });
    await put('plan.json', JSON.stringify({ tiles: [tile(5, 0), tile(0, 2), tile(0, 0)] }));
    await put('results/assign/t0000.frame');
    await put('results/assign-border-1/b0000.frame');
    await put('results/outline/t0000.frame');
    const { rounds, state } = await readStatus(join(folder, 's.run'));
    expect(state).toBe('running-or-killed');
    expect(Object.fromEntries(rounds.map(({ round, done, total }) => [round, [done, total]]))).toEqual({
      assign: [1, 2],
      'assign-border-1': [1, null],
      outline: [1, null],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
