import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pause } from '../pipeline/process.ts';
import { testFolder } from '../pipeline/slide.ts';
import { CHART } from './helm.ts';

const at = testFolder();
const hasRclone = spawnSync('rclone', ['version']).status === 0;
if (!hasRclone) console.warn('tests of the copy in a bucket are skipped: no rclone (apt-get install rclone)');

const [RESTORE, MIRROR] = ['restore.sh', 'mirror.sh'].map((name) => join(CHART, 'files', name));
const env = () => ({
  ...process.env,
  REMOTE: at('bucket'),
  INTERVAL: '3600',
  RCLONE_CONFIG: at('rclone.conf'),
});
const volumes = (name: string) => [at(`${name}/state`), at(`${name}/data`)];

function newVolumes(name: string): void {
  for (const folder of volumes(name)) mkdirSync(folder, { recursive: true });
}
const restore = (name: string) =>
  spawnSync('sh', [RESTORE, ...volumes(name)], { env: env(), encoding: 'utf8' });

/** Starts the copies, waits for the first, changes something, asks them to leave. */
async function mirrored(name: string, first: string, change: () => void): Promise<void> {
  const child = spawn('sh', [MIRROR, ...volumes(name)], { env: env(), stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('close', resolve));
  while (!existsSync(at(`bucket/${first}`))) {
    expect(child.exitCode).toBeNull();
    await pause(20);
  }
  change();
  child.kill('SIGTERM');
  await ended;
}

test.skipIf(!hasRclone)(
  'new volumes are filled from the bucket, and the last copy holds what came last',
  async () => {
    writeFileSync(at('rclone.conf'), '');
    newVolumes('one');
    expect(restore('one')).toMatchObject({ status: 0 });
    mkdirSync(at('one/data/a.run/results'), { recursive: true });
    writeFileSync(at('one/data/a.run/results/t1.frame'), 'first');
    writeFileSync(at('one/data/a.run/run.lock'), 'nobody');
    mkdirSync(at('one/data/a.zarr.partial'));
    writeFileSync(at('one/data/a.zarr.partial/zarr.json'), 'half');
    writeFileSync(at('one/state/r1.json'), 'running');
    await mirrored('one', 'data/a.run/results/t1.frame', () => {
      writeFileSync(at('one/data/a.run/results/t2.frame'), 'second');
      rmSync(at('one/data/a.run/results/t1.frame'));
    });
    newVolumes('two');
    expect(restore('two')).toMatchObject({ status: 0 });
    expect(readFileSync(at('two/data/a.run/results/t2.frame'), 'utf8')).toBe('second');
    expect(readFileSync(at('two/state/r1.json'), 'utf8')).toBe('running');
    for (const absent of ['a.run/results/t1.frame', 'a.run/run.lock', 'a.zarr.partial'])
      expect(existsSync(at(`two/data/${absent}`)), absent).toBe(false);
  },
);

test.skipIf(!hasRclone)(
  'a volume that is in use is not overwritten, and one that was never filled is not copied',
  async () => {
    writeFileSync(at('two/data/mine'), 'newer');
    cpSync(at('bucket'), at('before'), { recursive: true });
    writeFileSync(at('bucket/data/mine'), 'older');
    expect(restore('two')).toMatchObject({ status: 0 });
    expect(readFileSync(at('two/data/mine'), 'utf8')).toBe('newer');
    newVolumes('three');
    const child = spawn('sh', [MIRROR, ...volumes('three')], { env: env(), stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('close', resolve));
    // Long enough for a copy, were there one; the last one comes with the signal.
    await pause(500);
    child.kill('SIGTERM');
    await ended;
    expect(readFileSync(at('bucket/data/mine'), 'utf8')).toBe('older');
  },
);
