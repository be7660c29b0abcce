import { readFileSync } from 'node:fs';
import { inspectSlide } from '@spatile/coordinator/run/inspect';
import { expect, test } from 'vitest';
import { config, run, SHORT_PROSEG, testFolder } from './slide.ts';
import { chequer, makeRows, writeOutlines, writeTable } from './unusual-slide.ts';

const at = testFolder();
const MIB = 2 ** 20;

interface Event {
  type: string;
  peakRssBytes?: number;
}

test('a slide whose one tile would exceed the limit runs in several, and no worker reaches the limit', async () => {
  const limit = 157;
  const cells = chequer(0, 0, 24, 24);
  const rows = makeRows({ cells, genes: 200, types: 2, z: 'deep' });
  const file = at('slide');
  const bundle = writeTable(`${file}.csv`, rows);
  const settings = {
    input: { platform: 'table', columns: { z: 'z' } },
    prior: { file: writeOutlines(`${file}.geojson`, cells, ({ nucleusUm }) => nucleusUm) },
    assign: { method: 'proseg', proseg: SHORT_PROSEG },
  } as const;
  const roomy = await inspectSlide({ bundle, config: config(settings), crop: null });
  expect(roomy.plan.tiles).toBe(1);
  expect(roomy.plan.workerMemoryBytes).toBeGreaterThan(limit * MIB);

  await run(bundle, `${file}.zarr`, { ...settings, plan: { memoryPerWorker: `${limit}MiB` } });
  const plan = JSON.parse(readFileSync(`${file}.run/plan.json`, 'utf8')) as {
    tiles: { memoryBytes: number }[];
  };
  const peaks = readFileSync(`${file}.run/events.ndjson`, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as Event).peakRssBytes ?? []);
  expect(plan.tiles.length).toBeGreaterThan(1);
  for (const { memoryBytes } of plan.tiles) expect(memoryBytes).toBeLessThanOrEqual(limit * MIB);
  expect(peaks.length).toBeGreaterThan(plan.tiles.length);
  expect(Math.min(...peaks)).toBeGreaterThan(0);
  expect(Math.max(...peaks)).toBeLessThan(limit * MIB);
});
