import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Whether a test may make mounts of its own: root, on a machine that lets it. */
const mayMount =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /srv && setpriv --version']).status ===
    0;
if (!mayMount)
  console.warn('tests of the container are skipped: they need root, mounts of their own and setpriv');

/** What deploy/Dockerfile copies into /app. */
const FILES = ['package.json', 'LICENSE'];
const FOLDERS = ['bin', 'dist', 'node_modules'];

/** Runs `spatile` as the image does: the program alone, everything read-only but /tmp, another user, no rights. */
function contained(...commands: string[]): { status: number | null; out: string } {
  const user = 'setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all';
  const inside = commands.map((words) => `node /srv/app/bin/spatile.js ${words}`).join(' && ');
  const script = [
    'mount --make-rprivate /',
    'mount -t tmpfs -o mode=755 tmpfs /srv',
    ...FILES.map((name) => `install -D -m 644 ${ROOT}${name} /srv/app/${name}`),
    ...FOLDERS.flatMap((name) => [
      `mkdir -p /srv/app/${name}`,
      `mount --bind ${ROOT}${name} /srv/app/${name}`,
      `mount -o remount,bind,ro /srv/app/${name}`,
    ]),
    'mount -o remount,bind,ro /srv',
    'mount -t tmpfs -o size=256m,mode=1777 tmpfs /tmp',
    'mount -o remount,bind,ro /',
    `cd /tmp && HOME=/tmp NODE_ENV=production ${user} sh -c '${inside}'`,
  ].join(' && ');
  const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
    encoding: 'utf8',
  });
  return { status, out: stdout + stderr };
}

describe.skipIf(!mayMount || !existsSync(`${ROOT}dist`))('the program in a container', () => {
  test('runs a slide as another user on a read-only file system', () => {
    const { status, out } = contained(
      'simulate -o /tmp/slide --size-um 100 --genes 30 --no-images --quiet',
      'run /tmp/slide -o /tmp/out.zarr --assign expand --workers 1 --quiet',
      'status /tmp/out.run',
    );
    expect(status, out).toBe(0);
    expect(out).toContain('finished');
  });

  test('cannot write anywhere else', () => {
    const { status, out } = contained(
      'simulate -o /srv/app/slide --size-um 100 --genes 30 --no-images --quiet',
    );
    expect(status, out).toBeGreaterThan(0);
    expect(out).toMatch(/\/srv\/app\/slide.*(EROFS|EACCES|cannot be written|read-only)/s);
  });
});
