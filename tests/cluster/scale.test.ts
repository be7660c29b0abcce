import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCrowd } from '../../bench/cluster/scale/crowd.ts';
import { idealSeconds } from '../../bench/cluster/scale/ideal.ts';
import { prepareScale } from '../../bench/cluster/scale/simulate.ts';
import { Broker, hasBroker } from './broker.ts';

test('the ideal is what a perfect coordinator would reach', () => {
  const task = (key: string, seconds: number, ...needs: string[]) => ({ key, seconds, needs });
  const tiles = [task('a', 4), task('b', 3), task('c', 2), task('d', 1)];
  expect(idealSeconds(tiles, 1)).toBe(10);
  expect(idealSeconds(tiles, 2)).toBe(5);
  expect(idealSeconds(tiles, 100)).toBe(4);
  // A border between the first two waits for both and for what is settled between them.
  const borders = [...tiles, task('ab', 2, 'settled'), task('settled', 0, 'a', 'b')];
  expect(idealSeconds(borders, 2)).toBe(7);
  expect(idealSeconds(borders, 100)).toBe(6);
});

test.skipIf(!hasBroker)(
  'two runs share forty workers that only sleep, and every task is committed',
  async () => {
    const broker = await Broker.start();
    const folder = await mkdtemp(join(tmpdir(), 'spatile-scale-'));
    const end = startCrowd(broker.url, 40, 0);
    try {
      const runs = await Promise.all(
        ['one', 'two'].map((name) =>
          prepareScale({
            ...{ name, folder: join(folder, name), nats: broker.url, workers: 40 },
            ...{ transcripts: 30_000, density: 1, tileSizeUm: 60, timeScale: 20, byteScale: 100 },
          }),
        ),
      );
      const outcomes = await Promise.all(runs.map(({ start }) => start()));
      for (const [k, { plan }] of runs.entries()) {
        expect(plan.tiles).toBeGreaterThanOrEqual(9);
        expect(plan.tasks).toBeGreaterThan(2 * plan.tiles);
        expect(outcomes[k].committed).toBe(plan.tasks);
      }
      expect(await end()).toBe(0);
    } finally {
      await end();
      await broker.remove();
      await rm(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
