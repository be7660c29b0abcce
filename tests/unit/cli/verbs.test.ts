import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  InspectSummary,
  RunOptions,
  RunSummary,
  StatusSummary,
  TileSummary,
} from '@spatile/coordinator/api';
import { defaultConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { SimulateProgress } from '@spatile/instrument/simulate/simulate';
import { describe, expect, test } from 'vitest';
import { recorder, spatile } from './fake.ts';

const runSummary: RunSummary = {
  output: 'sample.zarr',
  runDirectory: 'sample.run',
  report: 'sample.report.html',
  method: 'proseg',
  cells: 1234,
  transcripts: {
    input: 60_000,
    kept: 51_000,
    assigned: 40_000,
    controls: 1000,
    filtered: { lowQuality: 9000, outsideCrop: 0 },
  },
  tiles: 6,
  seconds: 75,
  warnings: ['the bundle has no image'],
  digest: 'abc',
  convergence: null,
  work: { steps: {}, storage: null, outputBytes: 0 },
};

describe('run', () => {
  test('passes defaults on: all cores, a new run, no crop, the default configuration', async () => {
    const { calls, service } = recorder(runSummary);
    const { exitCode } = await spatile(['run', 'outs', '-o', 'sample.zarr'], { runSlide: service });
    expect(exitCode).toBe(0);
    const { progress, signal, ...plain } = calls[0][0] as RunOptions;
    expect(plain).toEqual({
      bundle: 'outs',
      output: 'sample.zarr',
      config: defaultConfig(),
      workers: 3,
      crop: null,
      report: null,
      cluster: null,
      mode: 'new',
    });
    expect(progress).toBeTypeOf('function');
    expect(signal.aborted).toBe(false);
  });

  test('options are short for settings', async () => {
    const { calls, service } = recorder(runSummary);
    const words =
      'run outs -o s.zarr --assign expand --seed 7 --tile-size 400 --memory-per-worker 1GiB --platform xenium --workers 2 ' +
      '--set assign.expand.distanceUm=8 --set output.images=none --crop sel.csv --crop-unit px --report r.html --resume';
    const { exitCode, stderr } = await spatile(words.split(' '), { runSlide: service });
    expect([exitCode, stderr]).toEqual([0, '']);
    const options = calls[0][0] as RunOptions;
    const { seed, plan, assign, input, output } = options.config;
    expect([seed, plan.tileSizeUm, plan.memoryPerWorker]).toEqual([7, 400, 2 ** 30]);
    expect([assign.method, assign.expand.distanceUm]).toEqual(['expand', 8]);
    expect([input.platform, output.images]).toEqual(['xenium', 'none']);
    expect(options.crop).toEqual({ path: 'sel.csv', unit: 'px' });
    expect([options.workers, options.report, options.mode]).toEqual([2, 'r.html', 'resume']);
  });

  test('--overwrite asks for a fresh start', async () => {
    const { calls, service } = recorder(runSummary);
    await spatile(['run', 'outs', '-o', 's.zarr', '--overwrite'], { runSlide: service });
    expect((calls[0][0] as RunOptions).mode).toBe('overwrite');
  });

  test('sums up for people', async () => {
    const { stdout } = await spatile(['run', 'outs', '-o', 's.zarr'], {
      runSlide: recorder(runSummary).service,
    });
    expect(stdout).toBe(
      [
        'cells          1,234',
        'transcripts    60,000 read, 9,000 left out (low quality), 1,000 of controls',
        'assigned       40,000 of 50,000 (80.0 %) by proseg',
        'tiles          6',
        'time           1 min 15 s',
        'output         sample.zarr',
        'report         sample.report.html',
        'run directory  sample.run',
        'digest         abc',
        'warning: the bundle has no image',
        '',
      ].join('\n'),
    );
  });

  test('--json prints the summary and nothing else; --quiet prints nothing', async () => {
    const service = async (options: RunOptions) => {
      options.progress({ kind: 'step', step: 'scan', label: 'scan', total: null, unit: null });
      options.progress({ kind: 'warning', message: 'w' });
      return runSummary;
    };
    const json = await spatile(['run', 'outs', '-o', 's.zarr', '--json'], { runSlide: service });
    expect([JSON.parse(json.stdout), json.stderr]).toEqual([runSummary, '']);
    const quiet = await spatile(['run', 'outs', '-o', 's.zarr', '--quiet'], { runSlide: service });
    expect([quiet.stdout, quiet.stderr]).toEqual(['', '']);
  });

  describe('interrupted by a signal', () => {
    const interrupted = (options: RunOptions) =>
      new Promise((_, reject) => {
        options.signal.addEventListener('abort', () => reject(new Error('worker went away')));
        process.emit('SIGTERM', 'SIGTERM');
      });

    test('before anything was written ends with 130 and says so', async () => {
      const before = process.listenerCount('SIGTERM');
      const args = ['run', 'outs', '-o', 'absent/s.zarr', '--quiet'];
      const { exitCode, stderr } = await spatile(args, { runSlide: interrupted });
      expect(exitCode).toBe(130);
      expect(stderr).toBe(
        'spatile: interrupted by SIGTERM; nothing was written yet; run the same command again\n',
      );
      expect(process.listenerCount('SIGTERM')).toBe(before);
    });

    test('later says how to go on', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'spatile-cli-'));
      await mkdir(join(folder, 's.run'));
      await writeFile(join(folder, 's.run/run.json'), '{}');
      const args = ['run', 'outs', '-o', join(folder, 's.zarr'), '--quiet'];
      const { exitCode, stderr } = await spatile(args, { runSlide: interrupted });
      await rm(folder, { recursive: true });
      expect(exitCode).toBe(130);
      expect(stderr).toBe(
        'spatile: interrupted by SIGTERM; finished tiles are kept; run the same command with --resume to go on\n',
      );
    });
  });
});

describe('failures', () => {
  const failing = (error: unknown) => ({ runSlide: () => Promise.reject(error) });
  const args = ['run', 'outs', '-o', 's.zarr', '--quiet'];
  const missing = new SpatileError('COLUMN_MISSING', 't.parquet: no column "qv"', {
    fields: { column: 'qv' },
  });

  test('are one sentence with the exit code of their class, without a stack', async () => {
    const { exitCode, stdout, stderr } = await spatile(args, failing(missing));
    expect([exitCode, stdout, stderr]).toEqual([3, '', 'spatile: t.parquet: no column "qv"\n']);
  });

  test('are also a document with --json', async () => {
    const { exitCode, stdout, stderr } = await spatile([...args, '--json'], failing(missing));
    expect(exitCode).toBe(3);
    expect(stderr).toBe('spatile: t.parquet: no column "qv"\n');
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'COLUMN_MISSING',
        class: 'input',
        message: 't.parquet: no column "qv"',
        fields: { column: 'qv' },
      },
    });
  });

  test('show their stack and causes with --debug', async () => {
    const error = new SpatileError('RUN_CORRUPT', 'damaged', { cause: new RangeError('offset 9') });
    const { exitCode, stderr } = await spatile([...args, '--debug'], failing(error));
    expect(exitCode).toBe(6);
    expect(stderr).toMatch(
      /^spatile: damaged\nSpatileError: damaged\n {4}at .*caused by RangeError: offset 9\n {4}at /s,
    );
  });

  test('nobody foresaw are said to be a bug, on one line', async () => {
    const { exitCode, stderr } = await spatile(args, failing(new TypeError('x is\n  undefined')));
    expect(exitCode).toBe(70);
    expect(stderr).toBe(
      'spatile: spatile itself: something went wrong that should not (x is undefined); this is a bug; run again with --debug and report what it prints\n',
    );
  });
});

test('inspect prints what was recognised and the plan', async () => {
  const summary: InspectSummary = {
    platform: 'xenium',
    version: 'XOA 3.0.0',
    name: 'toy',
    transcripts: { rows: 100, kept: 90, filtered: { lowQuality: 10 } },
    genes: 12,
    controls: { negative_control_probe: 3 },
    extentUm: { x0: 0, y0: 10, x1: 400, y1: 310 },
    priors: [{ kind: 'nucleus', origin: 'nucleus_boundaries.parquet' }],
    images: [],
    plan: {
      tiles: 4,
      haloUm: 25,
      method: 'proseg',
      workerMemoryBytes: 3 * 2 ** 28,
      coordinatorMemoryBytes: 2 ** 28,
      largestTileTranscripts: 50,
    },
    findings: [{ level: 'warning', code: 'X', message: 'no image' }],
  };
  const { calls, service } = recorder(summary);
  const { stdout } = await spatile(['inspect', 'outs', '--crop', 's.csv'], { inspectSlide: service });
  expect(calls[0][0]).toEqual({
    bundle: 'outs',
    config: defaultConfig(),
    crop: { path: 's.csv', unit: 'um' },
  });
  expect(stdout).toContain('platform     xenium XOA 3.0.0\n');
  expect(stdout).toContain('transcripts  100, 90 kept, 10 left out (low quality)\n');
  expect(stdout).toContain('controls     3 negative control probe transcripts\n');
  expect(stdout).toContain('extent       400 x 300 um, x 0.0 to 400.0, y 10.0 to 310.0\n');
  expect(stdout).toContain('memory       768.0 MiB per worker, 256.0 MiB for the coordinator\n');
  expect(stdout).toContain('warning: no image\n');
});

describe('tile', () => {
  const summary: TileSummary = { tile: 't0003', round: 'assign', digest: 'd', equal: true, seconds: 2 };
  const tile = (equal: boolean | null, ...flags: string[]) =>
    spatile(['tile', 's.run', 't0003', ...flags], { recomputeTile: recorder({ ...summary, equal }).service });

  test.each([
    [true, 'equal to the stored result', 0],
    [false, 'different from the stored result', 70],
    [null, 'nothing is stored', 0],
  ])('says how the bytes compare (%s)', async (equal, words, code) => {
    const { stdout, exitCode } = await tile(equal);
    expect(stdout).toContain(`bytes   ${words}\n`);
    expect(exitCode).toBe(code);
  });

  test('hands its arguments on', async () => {
    const { calls, service } = recorder(summary);
    await spatile(['tile', 's.run', 't0003', '--round', 'outline'], { recomputeTile: service });
    expect(calls[0][0]).toEqual({ runDirectory: 's.run', tile: 't0003', round: 'outline' });
  });

  test('different bytes are a failure in one sentence, and one document with --json', async () => {
    const { stderr, stdout } = await tile(false, '--json');
    expect(stderr).toMatch(
      /^spatile: s\.run: tile t0003 of round assign differs from the stored result .*\n$/,
    );
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'INTERNAL',
      class: 'internal',
      fields: { digest: 'd', equal: false },
    });
    expect(JSON.parse((await tile(true, '--json')).stdout)).toEqual(summary);
    expect(await tile(false, '--quiet')).toMatchObject({ stdout: '', exitCode: 70 });
  });

  test('its example names a tile as plans name them', async () => {
    const { stdout } = await spatile(['tile', '--help']);
    expect(stdout).toMatch(/spatile tile sample\.run t\d{4} --round assign/);
  });
});

test('status prints the rounds', async () => {
  const summary: StatusSummary = {
    runDirectory: 's.run',
    state: 'running-or-killed',
    rounds: [
      { round: 'assign', done: 3, total: 8 },
      { round: 'assign-fit-prepare', done: 2, total: null },
    ],
    output: 's.zarr',
  };
  const { stdout } = await spatile(['status', 's.run'], { readStatus: recorder(summary).service });
  expect(stdout).toMatch(/^assign +3 of 8 tiles$/m);
  expect(stdout).toMatch(/^assign-fit-prepare +2 done$/m);
  expect(stdout).toContain('run --resume goes on');
});

test('report goes beside the Zarr', async () => {
  const { calls, service } = recorder(undefined);
  const { stdout } = await spatile(['report', 'absent/sample.zarr', '--json'], { writeReport: service });
  const { zarr, runDirectory, out } = calls[0][0] as { zarr: string; runDirectory: null; out: string };
  expect([zarr, runDirectory]).toEqual(['absent/sample.zarr', null]);
  expect(out).toMatch(/absent[/\\]sample\.report\.html$/);
  expect(JSON.parse(stdout)).toEqual({ report: out });
});

describe('simulate', () => {
  const summary = {
    out: 'toy',
    truth: 'toy.truth',
    sizeUm: 200,
    seed: 3,
    genes: 50,
    cells: 90,
    vendorCells: 88,
    transcripts: 12_345,
  };

  test('hands its options on and leaves defaults to the simulator', async () => {
    const { calls, service } = recorder(summary);
    const { stdout } = await spatile('simulate -o toy --size-um 200 --preset leaky --no-images'.split(' '), {
      simulateSlide: service,
    });
    expect(calls[0][0]).toEqual({ out: 'toy', sizeUm: 200, preset: 'leaky', images: false });
    expect(stdout).toBe('bundle       toy\ntruth        toy.truth\ncells        90\ntranscripts  12,345\n');
  });

  test('takes an area, a number of transcripts and a reference, and lists the presets', async () => {
    const { calls, service } = recorder(summary);
    const simulate = (options: string) =>
      spatile(`simulate -o toy ${options}`.split(' '), { simulateSlide: service });
    await simulate('--area-mm2 2.5 --reference means.csv --reference-scale log1p');
    await simulate('--transcripts 1000000 --preset whole-transcriptome');
    expect(calls.map(([options]) => options)).toEqual([
      { out: 'toy', images: true, areaMm2: 2.5, reference: 'means.csv', referenceScale: 'log1p' },
      { out: 'toy', images: true, transcripts: 1_000_000, preset: 'whole-transcriptome' },
    ]);
    const { stdout } = await spatile(['simulate', '--help'], { simulateSlide: service });
    for (const preset of [
      'default',
      'easy',
      'crowded',
      'elongated',
      'leaky',
      'sparse',
      'whole-transcriptome',
    ])
      expect(stdout).toMatch(new RegExp(`^  ${preset}  +\\w`, 'm'));
  });

  test('shows the progress of the simulator in steps', async () => {
    const simulateSlide = async (_: unknown, progress: (event: SimulateProgress) => void) => {
      for (const done of [0, 1, 2]) progress({ step: 'transcripts', done, total: 2, transcripts: done * 10 });
      progress({ step: 'image', done: 1, total: 1, transcripts: 20 });
      return summary;
    };
    const { stderr } = await spatile(['simulate', '-o', 'toy'], { simulateSlide });
    expect(stderr.split('\n')).toEqual([
      'simulating transcripts (2 tiles)',
      'simulating transcripts: done in 0.0 s',
      'drawing the image (1 tile)',
      'drawing the image: done in 0.0 s',
      '',
    ]);
  });
});
