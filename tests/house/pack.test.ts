import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;

/** One command in the empty folder, as a user there would type it. */
function npx(words: string) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', ...words.split(' ')], {
    cwd: folder,
    encoding: 'utf8',
    // What npm has to say about its own configuration is not our output.
    env: { ...process.env, npm_config_loglevel: 'silent' },
  });
  return { status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spatile-pack-'));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  const tarball = JSON.parse(packed)[0].filename;
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `./${tarball}`], {
    cwd: folder,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('npx spatile --help', () => {
  const { status, stdout } = npx('spatile --help');
  expect([status, stdout.split('\n')[0]]).toEqual([0, 'Usage: spatile [options] [command]']);
});

test('a wrong path ends with one sentence', () => {
  const { status, stdout, stderr } = npx('spatile run nowhere -o out.zarr');
  expect([status, stdout]).toEqual([3, '']);
  expect(stderr.trim().split('\n').at(-1)).toMatch(/^spatile: .*nowhere.*;/);
  expect(existsSync(join(folder, 'out.zarr'))).toBe(false);
});

test('a small bundle runs from the installed package and is judged', () => {
  expect(npx('spatile simulate -o toy --size-um 120 --genes 40 --no-images --quiet')).toMatchObject({
    status: 0,
  });
  const run = npx('spatile run toy -o toy.zarr --assign expand --workers 1 --json');
  expect(run.stderr).toBe('');
  const summary = JSON.parse(run.stdout);
  expect(summary.cells).toBeGreaterThan(10);
  for (const path of ['toy.zarr/zarr.json', 'toy.report.html'])
    expect(existsSync(join(folder, path))).toBe(true);
  expect(npx('spatile evaluate toy.zarr --truth toy.truth --json')).toMatchObject({ status: 0 });
  const resumed = npx('spatile run toy -o toy.zarr --assign expand --workers 1 --json');
  expect(JSON.parse(resumed.stdout).error.code).toBe('OUTPUT_EXISTS');
});
