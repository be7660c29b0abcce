import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { events } from '../pipeline/faults.ts';
import { spatile } from '../pipeline/process.ts';
import { asArguments, run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { digestOfFiles } from '../pipeline/store.ts';
import { hasBroker } from './broker.ts';
import { Cluster, expectDigest } from './cluster.ts';

// Heaps are filled to their limit: on a loaded machine a minute is not enough.
vi.setConfig({ testTimeout: 300_000 });

const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 90, minTileSizeUm: 30, haloUm: 16 },
} as const;
/** So little that its heap is full soon. */
const LITTLE = ['--memory', '512MiB'];
let slide = '';
let digest = '';
let cluster: Cluster | null = null;

/** A control group of the test with a limit of memory, of either version; null where none can be made. */
function controlGroup(bytes: number): { under: string[]; remove: () => void } | null {
  const name = `spatile-test-${process.pid}`;
  const kinds = [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ];
  for (const [root, limit] of kinds) {
    const folder = `${root}/${name}`;
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    const remove = (): void => {
      try {
        rmdirSync(folder);
      } catch {
        // Processes in it may take a moment to go.
      }
    };
    if (existsSync(`${folder}/${limit}`)) {
      writeFileSync(`${folder}/${limit}`, `${bytes}`);
      const enter = `echo $$ > ${folder}/cgroup.procs && exec "$@"`;
      return { under: ['sh', '-c', enter, 'sh'], remove };
    }
    remove();
  }
  return null;
}

const probe = process.platform === 'linux' ? controlGroup(2 ** 28) : null;
probe?.remove();
const note = probe === null ? ' (skipped: no control group with a limit of memory can be made here)' : '';

/** Digest of a run on one machine whose plan is cut at these points from the start. */
async function digestOfSplit(split: [number, number][]): Promise<string> {
  const config: RunConfigInput = { ...settings, plan: { ...settings.plan, split } };
  return (await run(slide, at('split from the start.zarr'), config, { mode: 'overwrite' })).digest;
}

const revision = (output: string): { split: [number, number][] } =>
  JSON.parse(readFileSync(`${runDirectoryFor(output)}/revisions.json`, 'utf8'));

beforeAll(async () => {
  slide = await simulatedSlide(at('slide'));
  ({ digest } = await run(slide, at('one.zarr'), settings));
});
afterEach(async () => {
  await cluster?.end();
  cluster = null;
});

describe('a tile on which a worker runs out of memory', () => {
  test.skipIf(!hasBroker || probe === null)(
    `goes to another when the kernel killed the one${note}`,
    async () => {
      cluster = await Cluster.start(0);
      const group = controlGroup(320 * 2 ** 20)!;
      try {
        const env = { SPATILE_FAILPOINT: 'kernel.memory' };
        // The heap may grow beyond the control group: the kernel's killer comes first.
        const small = cluster.addWorkerWith({ under: group.under, env }, '--memory', '4GiB');
        const output = at('killed.zarr');
        const running = cluster.run(slide, output, settings);
        await vi.waitFor(() => expect(small.stderr()).toContain('"end":"failed"'), 120_000);
        small.child.kill('SIGKILL');
        await small.ended;
        cluster.addWorker();
        await expectDigest(running, output, digest);
        const log = readFileSync(`${runDirectoryFor(output)}/spatile.log`, 'utf8');
        expect(log).toMatch(/the computing process died \(signal SIGKILL, out of memory\)/);
      } finally {
        await cluster.end();
        group.remove();
      }
    },
  );

  test.skipIf(!hasBroker)('goes to workers with more memory at last, where there are any', async () => {
    cluster = await Cluster.start(0);
    const output = at('big.zarr');
    const running = cluster.run(slide, output, settings, '--worker-classes', 'cpu,cpu-big');
    const small = cluster.addFailing('kernel.memory@t0001:*', ...LITTLE);
    const big = cluster.addWorker('--class', 'cpu-big');
    await expectDigest(running, output, digest);
    expect(small.stderr().match(/"tile":"assign\/t0001","end":"failed"/g)).toHaveLength(2);
    expect(big.stderr()).toMatch(/"tile":"assign\/t0001","end":"committed"/);
    expect(await events(output, 'plan-revised')).toEqual([]);
  });

  test.skipIf(!hasBroker)('is cut when larger workers die on it as well, and the run says so', async () => {
    cluster = await Cluster.start(0);
    const output = at('cut.zarr');
    const words = ['--worker-classes', 'cpu,cpu-big', '--progress', 'json'];
    const running = cluster.run(slide, output, settings, ...words);
    const dying = ['cpu', 'cpu-big'].map((kind) =>
      cluster!.addFailing('kernel.memory@t0001:*', '--class', kind, ...LITTLE),
    );
    await vi.waitFor(() => expect(running.stderr()).toContain('revision 1 of the plan'), 120_000);
    // Another tile has that number now.
    for (const { child } of dying) child.kill('SIGKILL');
    cluster.addWorker();
    const { split } = revision(output);
    expect(split).toHaveLength(1);
    await expectDigest(running, output, await digestOfSplit(split));
    expect(await events(output, 'plan-revised')).toMatchObject([
      { revision: 1, round: 'assign', tile: 't0001' },
    ]);
    expect(running.stderr()).toContain('{"kind":"plan-revised","round":"assign","tile":"t0001"}');
  });

  test('is cut on one machine, also when the run is killed in the middle of that; the heap is the limit', async () => {
    const output = at('embedded.zarr');
    const words = ['run', slide, '-o', output, '--workers', '1', '--json', ...asArguments(settings)];
    const limits = ['--set', 'plan.memoryPerWorker=512MiB'];
    const env = { SPATILE_FAILPOINT: 'kernel.memory@t0001:*,coordinator.after-store@revisions.json' };
    expect(await spatile([...words, ...limits], { env })).toMatchObject({ signal: 'SIGKILL' });
    const resumed = await spatile([...words, ...limits, '--resume']);
    expect(resumed).toMatchObject({ exitCode: 0 });
    const { digest, warnings } = JSON.parse(resumed.stdout);
    const { split } = revision(output);
    expect(warnings.join()).toContain(`plan.split=${JSON.stringify(split)}`);
    const config = { ...settings.plan, memoryPerWorker: '512MiB', split };
    const whole = await run(slide, at('from the start.zarr'), { ...settings, plan: config });
    expect(digest).toBe(whole.digest);
  });

  test('is not cut when its workers were killed by somebody else', async () => {
    const output = at('by hand.zarr');
    const words = ['run', slide, '-o', output, '--workers', '1', ...asArguments(settings)];
    const env = { SPATILE_FAILPOINT: 'kernel.die@t0001:*' };
    expect(await spatile(words, { env })).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/assign, tile t0001: 3 workers died on it \(last: signal SIGKILL\)/),
    });
    expect(await spatile([...words, '--resume'])).toMatchObject({ exitCode: 0 });
    expect(digestOfFiles(output)).toBe(digest);
  });

  test('ends the run where the plan may not be revised', async () => {
    const output = at('refused.zarr');
    const words = ['run', slide, '-o', output, '--workers', '1', ...asArguments(settings)];
    const env = { SPATILE_FAILPOINT: 'kernel.memory@t0001:*' };
    const limits = ['--set', 'plan.memorySplits=0', '--set', 'plan.memoryPerWorker=512MiB'];
    expect(await spatile([...words, ...limits], { env })).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(
        /assign, tile t0001: 3 workers died on it \(last: signal SIGABRT, out of memory\)/,
      ),
    });
  });
});
