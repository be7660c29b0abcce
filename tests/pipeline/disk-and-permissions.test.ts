import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { spatile } from './process.ts';
import { refusalOf } from './refused.ts';
import { run, simulatedSlide, testFolder } from './slide.ts';

const at = testFolder();
const isRoot = process.getuid?.() === 0;
/** A user that owns nothing. */
const NOBODY = 65534;
/** Files on a file system in memory take whole pages. */
const PAGE = 4096;
const settings = [
  '--assign',
  'expand',
  '--workers',
  '1',
  '--tile-size',
  '80',
  '--set',
  'plan.minTileSizeUm=60',
  '--json',
];
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

/** What a folder takes on a file system in memory, bytes. */
function pagesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => Math.ceil(statSync(join(entry.parentPath, entry.name)).size / PAGE) * PAGE)
    .reduce((sum, bytes) => sum + bytes, 0);
}

describe.skipIf(!canMount)(`a full disk${mountNote}`, () => {
  let digest = '';
  beforeAll(async () => {
    const settings = { assign: { method: 'expand' }, plan: { tileSizeUm: 80, minTileSizeUm: 60 } } as const;
    digest = (await run(slide, at('elsewhere.zarr'), settings)).digest;
  });

  /** Stages with the room that is too little for them, and what is said then. */
  const stages: [string, () => number, RegExp][] = [
    [
      'while the transcripts are partitioned',
      () => pagesOf(at('elsewhere.run/partition')),
      /^(partition\/(t\d{4}|blocks)\.frame|scan\.frame|cells\.frame): no space left on the disk of the run directory; free some and go on with --resume$/,
    ],
    [
      'while results are stored',
      () => pagesOf(at('elsewhere.run')) - pagesOf(at('elsewhere.run/results')) / 2,
      /^(results\/(assign|outline)|settled\/0)\/t\d{4}\.frame: no space left on the disk of the run directory; free some and go on with --resume$/,
    ],
    [
      'while the Zarr is written',
      () => pagesOf(at('elsewhere.run')) + pagesOf(at('elsewhere.zarr')) / 2,
      /^out\.zarr\.partial\/\S+: the disk is full \(ENOSPC\); expected room for the output; free some space or choose another folder and run again$/,
    ],
  ];
  test.each(stages)(
    '%s: one sentence, no Zarr, and the run goes on when there is room',
    async (name, room, said) => {
      const disk = smallDisk(name, Math.ceil(room() / PAGE) * PAGE)!;
      const args = ['run', slide, '-o', `${disk}/out.zarr`, ...settings];
      const refused = refusalOf(await spatile(args), disk);
      expect(refused).toMatchObject({ code: 'DISK_FULL', exitCode: 5 });
      expect(refused.message).toMatch(said);
      expect(readdirSync(disk)).toEqual(['out.run']);
      spawnSync('mount', ['-o', 'remount,size=64m', disk]);
      const resumed = await spatile([...args, '--resume']);
      expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
      expect(JSON.parse(resumed.stdout).digest).toBe(digest);
    },
  );
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
