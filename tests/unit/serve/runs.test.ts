import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgressEvent, TaskEvent } from '@spatile/coordinator/api';
import { isThere, markOf } from '@spatile/coordinator/run/process-mark';
import { Runs, type Submission } from '@spatile/coordinator/serve/runs';
import { resolveConfig } from '@spatile/formats/config/load';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** Stands for the program: does what the file `how` in the bundle says, and tells its arguments. */
const PROGRAM = `
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
const [verb, bundle, ...more] = process.argv.slice(2);
const at = (option) => more[more.indexOf(option) + 1];
const how = readFileSync(bundle + '/how', 'utf8');
const leave = () => existsSync(bundle + '/leave') ? process.exit(130) : setTimeout(leave, 10);
if (how === 'slow to leave') process.on('SIGTERM', leave);
appendFileSync(bundle + '/calls', JSON.stringify(process.argv.slice(2)) + '\\n');
if (how === 'stay' || how === 'slow to leave') setInterval(() => 0, 1000);
if (how === 'fail') { console.log(JSON.stringify({ error: { message: 'it failed' } })); process.exit(6); }
if (how === 'tell') for (const line of readFileSync(bundle + '/lines', 'utf8').trim().split('\\n')) console.error(line);
if (how === 'done' || how === 'tell') console.log(JSON.stringify({ digest: at('-o') }));
`;

let folder = '';
let opened: Runs[] = [];
let warned: string[] = [];
const at = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = realpathSync(await mkdtemp(join(tmpdir(), 'spatile-runs-')));
  mkdirSync(at('data/slide'), { recursive: true });
  writeFileSync(at('program.cjs'), PROGRAM);
  does('done');
  warned = [];
});
afterEach(async () => {
  for (const runs of opened) await runs.close();
  opened = [];
  await rm(folder, { recursive: true, force: true });
});

const does = (how: string): void => writeFileSync(at('data/slide/how'), how);
const calls = (): string[][] =>
  existsSync(at('data/slide/calls'))
    ? readFileSync(at('data/slide/calls'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];

async function open(atOnce = 4, more: string[] = []): Promise<Runs> {
  const program = [at('program.cjs'), ...more];
  const warn = (text: string): void => void warned.push(text);
  const runs = await Runs.open({ state: at('state'), roots: [at('data')], atOnce, program, warn });
  opened.push(runs);
  return runs;
}

async function started(atOnce?: number, more?: string[]): Promise<Runs> {
  const runs = await open(atOnce, more);
  await runs.start();
  return runs;
}

const submit = (runs: Runs, change: Partial<Submission> = {}) =>
  runs.submit({
    ...{ bundle: 'slide', output: 'a.zarr', config: '', set: [], resume: false, overwrite: false },
    ...change,
  });

const state = (runs: Runs, id: unknown): unknown => runs.get(String(id)).state;
const reaches = (runs: Runs, id: unknown, wanted: string) =>
  vi.waitFor(() => expect(state(runs, id)).toBe(wanted), { timeout: 8000, interval: 5 });
const called = (times: number) =>
  vi.waitFor(() => expect(calls()).toHaveLength(times), { timeout: 8000, interval: 5 });
const recordOf = (id: unknown) => JSON.parse(readFileSync(at(`state/runs/${id}.json`), 'utf8'));

describe('the runs of a server', () => {
  test('get all settings in one file, with the real paths of the files that were judged', async () => {
    writeFileSync(at('data/cells.npy'), '');
    writeFileSync(at('data/slide/t.csv'), '');
    symlinkSync('cells.npy', at('data/link.npy'));
    const runs = await started();
    const set = [
      'prior.file=link.npy',
      'input.columns.path=t.csv',
      'segment.model=nuclei',
      `correct.reference.labels=${'x'.repeat(5000)}`,
    ];
    const { id } = await submit(runs, { config: 'seed: 5\n', set });
    await reaches(runs, id, 'FINISHED');
    const [words] = calls();
    expect(words.slice(0, 4)).toEqual(['run', at('data/slide'), '-o', at('data/a.zarr')]);
    expect(words).not.toContain('--set');
    const config = await resolveConfig({
      file: words[words.indexOf('--config') + 1],
      set: [],
      overrides: [],
    });
    expect(config).toMatchObject({
      seed: 5,
      prior: { file: at('data/cells.npy') },
      input: { columns: { path: at('data/slide/t.csv') } },
      segment: { model: 'nuclei' },
    });
    expect(config.correct.reference.labels).toHaveLength(5000);
  });

  test.each([
    ['segment.image=/etc/passwd', /\/etc\/passwd: not below/],
    ['segment.model=/etc', /\/etc: not below/],
    ['segment.model=..', /\.\.: not below/],
    ['segment.boundaryModel=../x', /\.\.\/x: not below/],
    ['input.columns.path=../../x', /\.\.\/\.\.\/x: not below/],
    ['correct.reference.labelFile=/etc/passwd', /not below/],
    ['prior.file="a\\0b"', /cannot be looked up/],
    ['prior.file=nowhere', /cannot be looked up \(ENOENT\)/],
  ])('that name files elsewhere are refused and leave nothing: %s', async (setting, message) => {
    symlinkSync('/nowhere/at/all', at('data/nowhere'));
    const runs = await started();
    await expect(submit(runs, { set: [setting] })).rejects.toMatchObject({ code: 'USAGE', message });
    expect(readdirSync(at('state/runs'))).toEqual([]);
    expect(runs.list()).toEqual([]);
  });

  test('that cannot be started have failed, and hold up no other', async () => {
    const runs = await started(1, ['x'.repeat(2 ** 21)]);
    const { id } = await submit(runs);
    await reaches(runs, id, 'FAILED');
    expect(runs.get(String(id)).error).toMatch(/cannot be started \(.*E2BIG/);
    const { id: next } = await submit(runs);
    await reaches(runs, next, 'FAILED');
    await runs.close();
    const again = await started();
    expect(state(again, id)).toBe('FAILED');
    await reaches(again, (await submit(again)).id, 'FINISHED');
  });

  test('tell of their tasks apart from their progress', async () => {
    does('tell');
    const tasks = [
      { kind: 'tasks', step: 'assign', first: true, tasks: [] },
      { kind: 'task', step: 'assign', task: 'a', round: 'assign', state: 'running', worker: 'w' },
      {
        ...{ kind: 'queue', waiting: 1, inWork: 0, fetchedBytes: 0, committedBytes: 0, refused: 0 },
        ...{ inFlightBytes: 7, republished: 0 },
        silentSeconds: 0,
      },
      { kind: 'cluster', run: 'r-1', address: 'a:1' },
    ] satisfies TaskEvent[];
    const progress = [
      { kind: 'step', step: 'assign', label: 'assigning', total: 1, unit: 'tiles' },
      { kind: 'warning', message: 'careful' },
    ] satisfies ProgressEvent[];
    const lines = [progress[0], ...tasks, progress[1]].map((event) => JSON.stringify(event));
    writeFileSync(at('data/slide/lines'), lines.join('\n'));
    const runs = await started();
    const heard: Record<string, unknown[]> = { task: [], progress: [] };
    runs.on('task', (_, event) => heard.task.push(event));
    runs.on('progress', (_, event) => heard.progress.push(event));
    await reaches(runs, (await submit(runs)).id, 'FINISHED');
    expect(heard).toEqual({ task: tasks, progress });
  });

  test('of one output follow each other, also when they are submitted at once', async () => {
    does('stay');
    const runs = await started();
    const both = await Promise.allSettled([submit(runs), submit(runs, { output: 'a' })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(submit(runs)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await called(1);
  });

  test('are over when their process is gone', async () => {
    does('slow to leave');
    const runs = await started();
    const { id } = await submit(runs);
    await called(1);
    const cancelled = runs.cancel(String(id));
    expect(state(runs, id)).toBe('CANCELLED');
    expect(runs.ended(String(id))).toBe(false);
    await expect(submit(runs)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    writeFileSync(at('data/slide/leave'), '');
    await cancelled;
    expect(runs.ended(String(id))).toBe(true);
    does('done');
    await reaches(runs, (await submit(runs, { resume: true })).id, 'FINISHED');
    expect(calls()[1]).toContain('--resume');
  });

  test('go on with the next server: what ran is resumed, what waited is done as it was wanted', async () => {
    does('stay');
    const first = await started(1);
    const { id: ran } = await submit(first);
    await called(1);
    const { id: waited } = await submit(first, { output: 'b.zarr', overwrite: true });
    await first.close();
    await expect(submit(first, { output: 'c.zarr' })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect([recordOf(ran).state, recordOf(waited).state]).toEqual(['RUNNING', 'WAITING']);
    writeFileSync(at('state/runs/20200101000000-aaaaaa.json'), '{"id":');
    does('done');
    const second = await open(1);
    expect(calls()).toHaveLength(1);
    await second.start();
    for (const id of [ran, waited]) await reaches(second, id, 'FINISHED');
    expect(calls().map((words) => words.filter((word) => /^--(resume|overwrite)$/.test(word)))).toEqual([
      [],
      ['--resume'],
      ['--overwrite'],
    ]);
    expect(warned).toEqual([expect.stringContaining('20200101000000-aaaaaa.json: this run is left out')]);
  });

  test('that a dead server left behind are ended before they go on', async () => {
    const first = await started();
    const { id } = await submit(first);
    await reaches(first, id, 'FINISHED');
    await first.close();
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    await once(orphan, 'spawn');
    const mark = markOf(orphan.pid!);
    const record = { ...recordOf(id), state: 'RUNNING', summary: '', process: mark };
    writeFileSync(at(`state/runs/${id}.json`), JSON.stringify(record));
    const second = await open();
    expect(isThere(mark)).toBe(true);
    await second.start();
    expect(isThere(mark)).toBe(false);
    await reaches(second, id, 'FINISHED');
  });

  test('keep their state when it cannot be written, and say so', async () => {
    does('stay');
    const runs = await started();
    const { id } = await submit(runs);
    await called(1);
    await rm(at('state/runs'), { recursive: true });
    await runs.cancel(String(id));
    expect(state(runs, id)).toBe('CANCELLED');
    await vi.waitFor(() => expect(warned.join()).toContain(`run ${id}: its state cannot be written`));
    await expect(submit(runs)).rejects.toThrow('ENOENT');
    expect(runs.list()).toHaveLength(1);
  });

  test('are listed without their summaries', async () => {
    const runs = await started();
    const { id } = await submit(runs);
    await reaches(runs, id, 'FINISHED');
    expect(runs.get(String(id)).summary).toContain('a.zarr');
    expect(runs.list()).toMatchObject([{ id, summary: '' }]);
    expect(runs.states()).toMatchObject({ FINISHED: 1, RUNNING: 0 });
    does('fail');
    const { id: other } = await submit(runs);
    await reaches(runs, other, 'FAILED');
    expect(runs.list()[0]).toMatchObject({ id: other, error: 'it failed' });
  });
});
