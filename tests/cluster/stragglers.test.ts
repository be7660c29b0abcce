import { readFileSync } from 'node:fs';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { committed } from '../pipeline/faults.ts';
import { until } from '../pipeline/process.ts';
import { run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { hasBroker } from './broker.ts';
import { Cluster, expectDigest } from './cluster.ts';

vi.setConfig({ testTimeout: 180_000 });

const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;

describe.skipIf(!hasBroker)('a tile that takes far longer than others', () => {
  let slide = '';
  let digest = '';
  let cluster: Cluster;
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterEach(() => cluster?.end());

  test('is tried by an idle worker as well, and the first result counts', async () => {
    cluster = await Cluster.start(0);
    const output = at('slow.zarr');
    const running = cluster.run(slide, output, settings, '--straggler', '0.5');
    const slow = cluster.addFailing('kernel.slow@t0002');
    await until(slow, () => /"end":"committed"/.test(slow.stderr()));
    const quick = cluster.addWorker();
    await expectDigest(running, output, digest);
    expect(committed(runDirectoryFor(output), 'assign')).toBeGreaterThan(3);
    const log = readFileSync(`${runDirectoryFor(output)}/spatile.log`, 'utf8');
    expect(log).toContain('"task":"assign/t0002","msg":"takes long; another worker tries it as well"');
    expect(quick.stderr()).toMatch(/"tile":"assign\/t0002","end":"committed"/);
  });
});
