import { spawnSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { pause } from '../pipeline/process.ts';
import { run, simulatedSlide, testFolder } from '../pipeline/slide.ts';
import { Broker, hasBroker } from './broker.ts';
import { Cluster, expectDigest, untilCommitted } from './cluster.ts';

// Links are cut for seconds: on a loaded machine a minute is not enough.
vi.setConfig({ testTimeout: 180_000 });

/** Longer than the acknowledgement wait of these runs (1.5 s), so that tiles go to others. */
const CUT_MS = 4000;

const at = testFolder();
const settings = {
  assign: { method: 'expand' },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
const ip = (...args: string[]): boolean => spawnSync('ip', args).status === 0;
/** Two machines in one: names of network namespaces, and the addresses at the ends of the cable between them. */
const [HERE, THERE] = [`spatile-a${process.pid}`, `spatile-b${process.pid}`];
const [HERE_ADDRESS, THERE_ADDRESS] = ['10.213.77.1', '10.213.77.2'];
/** A link like that of a bad day, bits per second, with a queue of a few packets: what does not fit is lost. */
const SLOW_LINK = ['root', 'tbf', 'rate', '1mbit', 'burst', '3000', 'limit', '6000'];
const tc = (...args: string[]): string => String(spawnSync('tc', args).stdout);
const inside = (space: string): string[] => ['ip', 'netns', 'exec', space];

function remove(): void {
  for (const space of [HERE, THERE]) ip('netns', 'del', space);
}

/** Makes both, and the cable; false where that is not allowed. */
function makeSpaces(): boolean {
  const made =
    [HERE, THERE].every((space) => ip('netns', 'add', space) && ip('-n', space, 'link', 'set', 'lo', 'up')) &&
    ip('-n', HERE, 'link', 'add', 'spatile0', 'type', 'veth', 'peer', 'name', 'spatile1', 'netns', THERE) &&
    ip('-n', HERE, 'addr', 'add', `${HERE_ADDRESS}/24`, 'dev', 'spatile0') &&
    ip('-n', THERE, 'addr', 'add', `${THERE_ADDRESS}/24`, 'dev', 'spatile1') &&
    ip('-n', HERE, 'link', 'set', 'spatile0', 'up') &&
    ip('-n', THERE, 'link', 'set', 'spatile1', 'up');
  if (!made) remove();
  return made;
}

const canPartition = (() => {
  if (!hasBroker || process.getuid?.() !== 0 || process.platform !== 'linux') return false;
  const made = makeSpaces();
  remove();
  return made;
})();
const note = canPartition ? '' : ' (skipped: no network namespaces can be made here, which needs root)';

const hasSlowLink =
  canPartition &&
  (() => {
    makeSpaces();
    const done = spawnSync('tc', ['-n', HERE, 'qdisc', 'add', 'dev', 'spatile0', ...SLOW_LINK]).status === 0;
    remove();
    return done;
  })();

describe.skipIf(!canPartition)(`a network that breaks and heals${note}`, () => {
  let slide = '';
  let digest = '';
  let cluster: Cluster;
  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    ({ digest } = await run(slide, at('one.zarr'), settings));
  });
  afterEach(async () => {
    await cluster?.end();
    remove();
  });

  test('between workers and both broker and coordinator', async () => {
    expect(makeSpaces()).toBe(true);
    const broker = await Broker.start('', '', { under: inside(HERE), host: HERE_ADDRESS });
    cluster = await Cluster.start(0, { broker });
    const output = at('cable.zarr');
    const listen = ['--listen', `${HERE_ADDRESS}:0`];
    const running = cluster.runWith({ under: inside(HERE) }, slide, output, settings, ...listen);
    cluster.addWorkerWith({ under: inside(THERE) });
    cluster.addWorkerWith({ under: inside(THERE) });
    for (const count of [2, 6]) {
      await untilCommitted(running, output, 'assign', count);
      expect(ip('-n', THERE, 'link', 'set', 'spatile1', 'down')).toBe(true);
      await pause(CUT_MS);
      expect(ip('-n', THERE, 'link', 'set', 'spatile1', 'up')).toBe(true);
    }
    await expectDigest(running, output, digest);
  });

  test.skipIf(!hasSlowLink)('that is slow and loses packets', async () => {
    expect(makeSpaces()).toBe(true);
    for (const [space, device] of [
      [HERE, 'spatile0'],
      [THERE, 'spatile1'],
    ])
      tc('-n', space, 'qdisc', 'add', 'dev', device, ...SLOW_LINK);
    const broker = await Broker.start('', '', { under: inside(HERE), host: HERE_ADDRESS });
    cluster = await Cluster.start(0, { broker });
    const output = at('slow.zarr');
    const listen = ['--listen', `${HERE_ADDRESS}:0`];
    const running = cluster.runWith({ under: inside(HERE) }, slide, output, settings, ...listen);
    for (let i = 0; i < 2; i++) cluster.addWorkerWith({ under: inside(THERE) });
    await expectDigest(running, output, digest);
    const [, lost] = /dropped (\d+)/.exec(tc('-s', '-n', HERE, 'qdisc', 'show', 'dev', 'spatile0')) ?? [];
    expect(Number(lost)).toBeGreaterThan(0);
  });

  test('between everybody and everybody', async () => {
    expect(makeSpaces()).toBe(true);
    const broker = await Broker.start('', '', { under: inside(HERE) });
    cluster = await Cluster.start(0, { broker });
    const output = at('all links.zarr');
    const running = cluster.runWith({ under: inside(HERE) }, slide, output, settings);
    for (let i = 0; i < 2; i++) cluster.addWorkerWith({ under: inside(HERE) });
    await untilCommitted(running, output, 'assign', 2);
    expect(ip('-n', HERE, 'link', 'set', 'lo', 'down')).toBe(true);
    await pause(CUT_MS);
    expect(ip('-n', HERE, 'link', 'set', 'lo', 'up')).toBe(true);
    await expectDigest(running, output, digest);
  });
});
