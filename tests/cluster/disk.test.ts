import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { until } from '../pipeline/process.ts';
import { run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { Broker, hasBroker } from './broker.ts';
import { Cluster, expectDigest } from './cluster.ts';

// Several processes and waits for silence: on a loaded machine a minute is not enough.
vi.setConfig({ testTimeout: 180_000 });

/** Files on a file system in memory take whole pages. */
const PAGE = 4096;
const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
const mounts: string[] = [];

/** A file system in memory of this size; false where mounting is refused. */
function smallDisk(folder: string, bytes: number): boolean {
  mkdirSync(folder, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder]).status !== 0) return false;
  mounts.push(folder);
  return true;
}

const canMount =
  hasBroker &&
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=65536', 'tmpfs', '/mnt']).status === 0;
const note = canMount ? '' : ' (skipped: no file system can be mounted here, which needs root)';

/** What a folder takes on a file system in memory, bytes. */
const pagesOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => Math.ceil(statSync(join(entry.parentPath, entry.name)).size / PAGE) * PAGE)
    .reduce((sum, bytes) => sum + bytes, 0);

describe.skipIf(!canMount)(`a disk that is full${note}`, () => {
  let slide = '';
  let digest = '';
  let cluster: Cluster;
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterEach(async () => {
    await cluster?.end();
    for (const mount of mounts.splice(0)) spawnSync('umount', [mount]);
  });

  test('at the coordinator: one sentence, and the run goes on when there is room', async () => {
    const room = pagesOf(at('one.run')) - pagesOf(at('one.run/results')) / 2;
    expect(smallDisk(at('disk'), Math.ceil(room / PAGE) * PAGE)).toBe(true);
    cluster = await Cluster.start(1);
    const output = at('disk/out.zarr');
    const ended = await cluster.run(slide, output, settings).ended;
    expect(ended).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('no space left on the disk'),
    });
    expect(readdirSync(at('disk'))).toEqual(['out.run']);
    spawnSync('mount', ['-o', 'remount,size=64m', at('disk')]);
    await expectDigest(cluster.run(slide, output, settings, '--resume'), output, digest);
  });

  test('at the broker: the run says so, waits, and goes on when there is room', async () => {
    const store = at('store');
    expect(smallDisk(store, 2 ** 22)).toBe(true);
    cluster = await Cluster.start(0, { broker: await Broker.start('', '', { store }) });
    const output = at('broker.zarr');
    const running = cluster.run(slide, output, settings);
    await until(running, () => running.stderr().includes('cluster: run'));
    const ballast = fill(store);
    await fillStream(cluster.broker.url);
    // Tasks that did not come onto the queue before find no room, or those of the next round.
    cluster.addWorker();
    expect(await until(running, () => running.stderr().includes('cannot be put on the queue yet'))).toBe(
      true,
    );
    for (const file of ballast) rmSync(file);
    await cluster.broker.kill();
    await cluster.broker.up();
    await emptyStream(cluster.broker.url);
    await expectDigest(running, output, digest);
  });
});

/** Fills a disk to the last page; gives the files. */
function fill(folder: string): string[] {
  const files: string[] = [];
  for (const bytes of [2 ** 18, PAGE]) {
    for (let full = false; !full; ) {
      const file = join(folder, `ballast-${files.length}`);
      files.push(file);
      try {
        writeFileSync(file, Buffer.alloc(bytes));
      } catch {
        full = true;
      }
    }
  }
  return files;
}

/** Tasks of nobody; the last page of the store takes some more messages when the disk is full. */
const NOBODYS = 'spatile.task.nobody.cpu';
const MOST_FILLERS = 1000;

async function fillStream(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  const queue = jetstream(connection);
  const filler = Buffer.alloc(256);
  let stored = 0;
  const isStored = (): Promise<boolean> =>
    queue.publish(NOBODYS, filler, { timeout: 2000 }).then(
      () => true,
      () => false,
    );
  while (stored < MOST_FILLERS && (await isStored())) stored++;
  await connection.close();
  expect(stored).toBeLessThan(MOST_FILLERS);
}

async function emptyStream(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  await (await jetstreamManager(connection)).streams.purge('SPATILE_TASKS', { filter: NOBODYS });
  await connection.close();
}
