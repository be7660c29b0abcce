import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CaseResult } from '../../../bench/results.ts';
import { Cores } from '../../../bench/scaling/cores.ts';
import { scaling } from '../../../bench/scaling.ts';
import { spread } from '../../../bench/statistics.ts';

const measured = (on: string, workers: number, seconds: number): CaseResult => ({
  key: `${on}-${workers}`,
  label: `${on}, ${workers}`,
  settings: { sizeUm: 1060, on, workers, share: on === 'emulated' ? 0.36 : 1 },
  measured: { seconds: spread([seconds]) },
  quality: { transcripts: 1e6, f1: 0.7, detection: 0.5 },
  digest: 'abcdef0123456789',
  commit: 'c0ffee',
  build: 'b',
  machine: { cpu: 'Test', cores: 2, memoryGiB: 4, node: 'v20.0.0', platform: 'linux x64' },
});

test('runs are compared with one worker on the same, and two cores with one', () => {
  const page = scaling.pages[0].render([
    measured('machine', 1, 60),
    measured('machine', 2, 40),
    measured('one core', 1, 70),
    measured('emulated', 1, 180),
    measured('emulated', 2, 100),
  ]);
  const [, , ...rows] = page.split('\n\n')[0].split('\n');
  expect(rows.map((row) => row.split(' | ')[4])).toEqual(['-', '1.50', '-', '-', '1.80']);
  expect(page).toContain('Two workers on two cores are 1.75 times as fast');
});

test('nothing is said of runs that were not measured', () => {
  const page = scaling.pages[0].render([measured('emulated', 2, 100)]);
  expect(page.split('\n')[2]).toContain('| 100.0 | - |');
  expect(page).not.toContain('two cores');
});

const missing = Cores.missing();

test.skipIf(missing !== null)(`emulated cores are made and removed (${missing ?? 'as root'})`, async () => {
  const cores = Cores.open(2, 0.25);
  expect(existsSync(`${cores.folder}/core-1/cgroup.procs`)).toBe(true);
  await cores.close();
  expect(existsSync(cores.folder)).toBe(false);
});
