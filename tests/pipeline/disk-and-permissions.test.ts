import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { spatile } from './process.ts';
import { refusalOf } from './refused.ts';
import { run, simulatedSlide, testFolder } from './slide.ts';

const at = testFolder();
const isRoot = process.getuid?.() === 0;
/** A user that owns nothing. */
const NOBODY = 65534;
const settings = ['--assign', 'expand', '--workers', '1', '--tile-size', '120', '--json'];
let slide = '';
const mounts: string[] = [];

beforeAll(async () => {
  slide = await simulatedSlide(at('slide'));
  // The folder of the tests is private to its owner; the other user must get through it.
  chmodSync(at('.'), 0o755);
});

afterEach(() => {
  for (const mount of mounts.splice(0)) spawnSync('umount', [mount]);
});

/** A file system in memory of this size; null where mounting is refused. */
function smallDisk(name: string, bytes: number): string | null {
  mkdirSync(at(name));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', at(name)]);
  if (status !== 0) return null;
  mounts.push(at(name));
  return at(name);
}

const canMount = (() => {
  if (!isRoot || process.platform !== 'linux') return false;
  // A private mount namespace, so that the probe leaves nothing behind.
  return (
    spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=65536', 'tmpfs', '/mnt']).status ===
    0
  );
})();
const mountNote = canMount ? '' : ' (skipped: no file system can be mounted here)';

describe.skipIf(!canMount)(`a full disk${mountNote}`, () => {
  // 256 KiB hold the identity and not the transcripts; 1 MiB holds all of the run directory and not the Zarr.
  test.each([
    ['while the transcripts are partitioned', 'partition', 256 * 1024],
    ['while results are written', 'results', 1024 * 1024],
  ])('%s: one sentence, no Zarr, and the run goes on when there is room', async (_, name, bytes) => {
    const disk = smallDisk(name, bytes)!;
    const args = ['run', slide, '-o', `${disk}/out.zarr`, ...settings];
    const ended = await spatile(args);
    expect(refusalOf(ended, disk)).toEqual({
      ...{ code: 'DISK_FULL', exitCode: 5 },
      message: expect.stringMatching(/^[\w./-]+: .*(no space left|the disk is full).*; free some .*$/),
    });
    expect(existsSync(`${disk}/out.zarr`)).toBe(false);
    spawnSync('mount', ['-o', 'remount,size=64m', disk]);
    const resumed = await spatile([...args, '--resume']);
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
    const elsewhere = await run(slide, at(`${name}.zarr`), {
      assign: { method: 'expand' },
      plan: { tileSizeUm: 120 },
    });
    expect(JSON.parse(resumed.stdout).digest).toBe(elsewhere.digest);
  });
});

describe.skipIf(!isRoot)(`permissions${isRoot ? '' : ' (skipped: only root can be another user)'}`, () => {
  test('a file that may not be read', async () => {
    mkdirSync(at('locked'));
    mkdirSync(at('anyone'), { mode: 0o777 });
    chmodSync(at('anyone'), 0o777);
    writeFileSync(at('locked/transcripts.parquet'), 'secret', { mode: 0o600 });
    const ended = await spatile(['run', at('locked'), '-o', at('anyone/out.zarr'), ...settings], {
      uid: NOBODY,
    });
    expect(refusalOf(ended, at('.').replace(/\/$/, ''))).toEqual({
      ...{ code: 'INPUT_UNREADABLE', exitCode: 3 },
      message:
        'locked/transcripts.parquet: cannot be read (EACCES); expected a readable file; check its permissions and the disk',
    });
    expect(readdirSync(at('anyone'))).toEqual([]);
  });

  test('a folder that may not be written to, found before anything is read', async () => {
    mkdirSync(at('readonly'), { mode: 0o755 });
    const ended = await spatile(['run', at('nowhere'), '-o', at('readonly/out.zarr'), ...settings], {
      uid: NOBODY,
    });
    expect(refusalOf(ended, at('.').replace(/\/$/, ''))).toEqual({
      ...{ code: 'OUTPUT_UNWRITABLE', exitCode: 4 },
      message:
        'readonly/out.zarr: its folder cannot be written to (EACCES); expected a folder you may write to; choose another output or change its permissions',
    });
  });
});
