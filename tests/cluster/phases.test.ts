import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run, SHORT_PROSEG, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { freePort, hasBroker } from './broker.ts';
import { Cluster, expectDigest } from './cluster.ts';

// A coordinator is started for every phase: on a loaded machine a minute is not enough.
vi.setConfig({ testTimeout: 400_000 });

/** In the order in which a run comes by them; the coordinator is killed at each, and started again. */
const PHASES = [
  ['while it reads the transcripts', 'coordinator.rows@scan'],
  ['before it has a plan', 'coordinator.before-store@plan.json'],
  ['while it partitions', 'coordinator.rows@partition'],
  ['between two partitions', 'coordinator.after-store@partition/t0001'],
  ['in the fit, before a result has its name', 'coordinator.before-store@results/assign-fit'],
  ['when the model is fitted', 'coordinator.after-store@fits/assign.frame'],
  ['in the tiles, after a commit', 'coordinator.after-store@results/assign/:3'],
  ['in the tiles, before one', 'coordinator.before-store@results/assign/:2'],
  ['in the borders', 'coordinator.after-store@results/assign-border-1/'],
  ['when a tile is settled', 'coordinator.after-store@results/assign-settle/:2'],
  ['before another is', 'coordinator.before-store@results/assign-settle/'],
  ['when strays are taken out of a tile', 'coordinator.after-store@results/assign-ambient/:2'],
  ['before they are taken out of another', 'coordinator.before-store@results/assign-ambient/'],
  ['while it writes', 'coordinator.rows@write'],
  ['before the report', 'coordinator.before-store@report.json'],
  ['when the summary is there', 'coordinator.after-store@summary.json'],
] as const;

const at = testFolder();
const settings = {
  assign: { method: 'proseg', proseg: SHORT_PROSEG },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
let cluster: Cluster | null = null;

describe.skipIf(!hasBroker)('a coordinator that is killed in every phase', () => {
  let slide = '';
  let digest = '';
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterAll(() => cluster?.end());

  test('is resumed to the bytes of one machine', async () => {
    cluster = await Cluster.start(1);
    // Always the same address and some patience: workers wait for it instead of leaving the run out.
    const more = ['--listen', `127.0.0.1:${await freePort()}`, '--ack-wait', '10'];
    const output = at('killed.zarr');
    for (const [when, failpoint] of PHASES) {
      const env = { SPATILE_FAILPOINT: failpoint };
      const killed = cluster.runWith({ env }, slide, output, settings, ...more, '--resume');
      const { exitCode, signal, stderr } = await killed.ended;
      expect({ when, exitCode, signal, stderr }).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    }
    await expectDigest(cluster.run(slide, output, settings, ...more, '--resume'), output, digest);
    const left = readdirSync(at('killed.run'), { recursive: true }).filter((name) =>
      /\.tmp-/.test(`${name}`),
    );
    expect(left).toEqual([]);
  });
});
