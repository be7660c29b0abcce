import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Folders that exist on one machine only. */
const MACHINE_PATH = /(?<![\w.~])\/(?:home|Users|root|work|mnt|media)\/[\w.-]+/;

test.skipIf(!existsSync(`${root}.git`))('no file names a folder of the machine it was written on', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean);
  expect(files.length).toBeGreaterThan(10);
  const found = files.flatMap((file) => {
    if (!existsSync(root + file)) return [];
    const lines = readFileSync(root + file, 'utf8').split('\n');
    return lines.flatMap((line, at) =>
      MACHINE_PATH.test(line) ? [`${file}:${at + 1}: ${line.trim().slice(0, 100)}`] : [],
    );
  });
  expect(found).toEqual([]);
});

test('a path of a machine would be found', () => {
  expect(`see ${['', 'home', 'someone', 'data'].join('/')}`).toMatch(MACHINE_PATH);
  for (const fine of ['https://host/home/page', './work/x', 'a/home/b', '/images/NAME', '/tmp/x']) {
    expect(fine).not.toMatch(MACHINE_PATH);
  }
});
