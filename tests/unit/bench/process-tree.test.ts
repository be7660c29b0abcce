import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { measureCommand } from '../../../bench/compare/measured-command.ts';
import { type ProcessUse, processesBelow } from '../../../bench/compare/process-tree.ts';
import { TreeWatch } from '../../../bench/compare/tree-watch.ts';

const isLinux = process.platform === 'linux';
const MIB = 2 ** 20;
const NO_LIMITS = { seconds: 60, bytes: Number.POSITIVE_INFINITY };

const use = (pid: number, facts: Partial<ProcessUse> = {}): ProcessUse => ({
  pid,
  depth: 1,
  residentBytes: 0,
  peakBytes: 0,
  cpuSeconds: 0,
  ...facts,
});

/** A watch that sees these processes, look after look. */
function watched(...looks: ProcessUse[][]): TreeWatch {
  let k = 0;
  const watch = new TreeWatch(1, () => looks[k++]);
  for (const _ of looks) watch.look();
  return watch;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** A program for Node.js that holds so much and says it. */
const holds = (mib: number, then: string): string =>
  `const held = Buffer.alloc(${mib * MIB}, 1); console.log('held'); ${then}; process.on('exit', () => held.length)`;

test('the peak of a tree is the largest sum at one moment, not the sum of peaks', () => {
  const a = use(10, { residentBytes: 100, peakBytes: 100 });
  const b = use(11, { residentBytes: 150, peakBytes: 150, depth: 2 });
  const idle = { residentBytes: 10 };
  const watch = watched([a, b], [a, { ...b, ...idle }], [{ ...a, ...idle }, b]);
  expect(watch.use()).toMatchObject({ peakBytes: 160, mainPeakBytes: 100, helperPeakBytes: 150 });
});

test('what a process says of its own peak counts when no look saw as much', () => {
  const seen = use(10, { residentBytes: 100, peakBytes: 900 });
  expect(watched([seen], [seen]).use().peakBytes).toBe(900);
});

test('a process just forked shows what its parent holds and is not counted yet', () => {
  const parent = use(10, { residentBytes: 1000, peakBytes: 1000 });
  const forked = use(11, { residentBytes: 1000, peakBytes: 1000, depth: 2 });
  const itself = { ...forked, residentBytes: 40, peakBytes: 50 };
  const watch = watched([parent], [parent, forked], [parent, itself], [parent, itself]);
  expect(watch.use()).toMatchObject({ peakBytes: 1040, helperPeakBytes: 50 });
});

test('a process that is ending keeps the peak that it had, and its time adds up', () => {
  const alive = use(10, { residentBytes: 70, peakBytes: 80, cpuSeconds: 1 });
  const ending = use(10, { cpuSeconds: 1.5 });
  const other = use(11, { cpuSeconds: 2 });
  const watch = watched([alive, other], [alive, other], [ending, other], []);
  expect(watch.use()).toMatchObject({ mainPeakBytes: 80, cpuSeconds: 3.5 });
});

test('nothing seen is told as nothing', () => {
  expect(new TreeWatch(1, () => []).use()).toEqual({
    peakBytes: 0,
    mainPeakBytes: null,
    helperPeakBytes: null,
    cpuSeconds: 0,
  });
});

test.skipIf(!isLinux)('a small tree of processes is found with its depths', async () => {
  const root = spawn('bash', ['-c', '(sleep 60 & sleep 60 & echo up; wait) & wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await once(root.stdout, 'data');
    const found = processesBelow(root.pid!);
    expect(found.map(({ depth }) => depth)).toEqual([1, 2, 2]);
    for (const { residentBytes, peakBytes } of found) {
      expect(residentBytes).toBeGreaterThan(0);
      expect(peakBytes).toBeGreaterThanOrEqual(residentBytes);
    }
    expect(processesBelow(2 ** 30)).toEqual([]);
  } finally {
    process.kill(-root.pid!, 'SIGKILL');
  }
});

test.skipIf(!isLinux)('a command and its child are measured together', async () => {
  const busy = (ms: number): string => `while (process.cpuUsage().user < ${ms}e3);`;
  const child = `${holds(60, busy(120))}`;
  const main = `${holds(40, '')}; const made = require('node:child_process').spawnSync(process.execPath, ['-e', ${JSON.stringify(child)}]); ${busy(120)} process.exit(made.status)`;
  const found = await measureCommand({ words: [process.execPath, '-e', main] }, NO_LIMITS);
  expect(found.exit).toBe('done');
  // The child starts a little after 0 and the clock ticks in hundredths.
  expect(found.cpuSeconds).toBeGreaterThan(0.2);
  expect(found.helperPeakBytes).toBeGreaterThan(60 * MIB);
  expect(found.mainPeakBytes).toBeGreaterThan(40 * MIB);
  expect(found.peakBytes).toBeGreaterThan(100 * MIB);
});

test('a command that fails tells what it printed last', async () => {
  const found = await measureCommand({ words: ['bash', '-c', 'echo the reason >&2; exit 3'] }, NO_LIMITS);
  expect(found).toMatchObject({ exit: 'failed', complaint: 'the reason' });
});

test('a program that is not there has failed', async () => {
  const found = await measureCommand({ words: ['./no-such-program'] }, NO_LIMITS);
  expect(found.exit).toBe('failed');
});

test.skipIf(!isLinux)('a command that takes too long is ended with its children', async () => {
  const marker = 987_654 + process.pid;
  const found = await measureCommand(
    { words: ['bash', '-c', `sleep ${marker} & sleep ${marker}`] },
    { ...NO_LIMITS, seconds: 0.3 },
  );
  expect(found.exit).toBe('out of time');
  const running = readdirSync('/proc')
    .filter((name) => existsSync(`/proc/${name}/cmdline`))
    .map((pid) => commandOf(pid));
  expect(running.length).toBeGreaterThan(2);
  expect(running.filter((line) => line.includes(`${marker}`))).toEqual([]);
});

test.skipIf(!isLinux)('a command that holds too much is ended', async () => {
  const words = [process.execPath, '-e', holds(200, 'setTimeout(() => {}, 60e3)')];
  const found = await measureCommand({ words }, { ...NO_LIMITS, bytes: 150 * MIB });
  expect(found.exit).toBe('out of memory');
  expect(found.peakBytes).toBeGreaterThan(150 * MIB);
});

test('a command can be ended from outside', async () => {
  const found = await measureCommand({ words: ['sleep', '60'] }, NO_LIMITS, (stop) => setTimeout(stop, 100));
  expect(found.exit).toBe('failed');
});
