import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RunWork } from '@spatile/coordinator/run/work';
import { beforeAll, describe, expect, test } from 'vitest';
import { ASSIGN, killAt, PARTITION, REPORT, resume, WRITING } from './faults.ts';
import { killWorkerMidTile, recompute } from './faults-in-process.ts';
import { run, simulatedSlide, testFolder } from './slide.ts';
import { digestOfFiles, filesOf } from './store.ts';

const at = testFolder();
const settings = { assign: { method: 'expand' }, plan: { tileSizeUm: 50, minTileSizeUm: 30 } } as const;
let slide = '';
let digest = '';
let work: RunWork;

beforeAll(async () => {
  slide = await simulatedSlide(at('slide'));
  const summary = await run(slide, at('one.zarr'), settings);
  expect(summary.tiles).toBeGreaterThan(8);
  digest = summary.digest;
  work = summary.work;
});

describe('expand gives the same bytes', () => {
  test('by two workers, lightest tiles first', async () => {
    const two = await run(slide, at('two.zarr'), settings, { workers: 2, taskOrder: 'lightest' });
    expect(two.digest).toBe(digest);
    // The digest says what it should: the same files with the same content.
    expect(filesOf(at('two.zarr'))).toEqual(filesOf(at('one.zarr')));
    expect(digestOfFiles(at('two.zarr'))).toBe(digest);
    expect(two.work).toEqual(work);
  });

  test('when a worker is killed mid-tile', async () => {
    expect(await killWorkerMidTile(slide, at('lost.zarr'), settings)).toBe(digest);
  });

  test.each([PARTITION, ASSIGN, WRITING, REPORT])(
    'when the coordinator is killed $name and the run resumed',
    async (moment) => {
      const { output, ended } = await killAt(moment, 'SIGKILL', slide, at(`killed ${moment.name}`), settings);
      expect(ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
      expect(await resume(slide, output, settings)).toBe(digest);
      expect(digestOfFiles(output)).toBe(digest);
    },
  );

  test('when the run is interrupted by SIGTERM, which says how to go on', async () => {
    const { output, ended } = await killAt(ASSIGN, 'SIGTERM', slide, at('interrupted'), settings);
    expect(ended.exitCode).toBe(130);
    expect(ended.stderr.trim().split('\n').at(-1)).toBe(
      'spatile: interrupted by SIGTERM; finished tiles are kept; run the same command with --resume to go on',
    );
    expect(await resume(slide, output, settings)).toBe(digest);
  });

  test('when the Zarr of a finished run is gone and the run resumed', async () => {
    await run(slide, at('removed.zarr'), settings);
    rmSync(at('removed.zarr'), { recursive: true });
    const again = await run(slide, at('removed.zarr'), settings, { mode: 'resume' });
    expect(again.digest).toBe(digest);
    expect(digestOfFiles(at('removed.zarr'))).toBe(digest);
  });

  test('when one tile of any round is computed again', async () => {
    await run(slide, at('again.zarr'), settings);
    expect(await recompute(at('again.run'), 't0005', 'assign')).toBe(true);
    expect(await recompute(at('again.run'), 't0003', 'outline')).toBe(true);
  });
});

describe('a run directory that is not what it was', () => {
  const again = (output: string, change = {}) =>
    run(slide, output, { ...settings, ...change }, { mode: 'resume' });

  test('damaged or missing files end the run instead of going into the output', async () => {
    const output = at('damaged.zarr');
    await run(slide, output, settings);
    rmSync(output, { recursive: true });
    for (const name of ['results/outline/t0003.frame', 'partition/t0002.frame', 'settled/0/t0001.frame']) {
      const path = at(`damaged.run/${name}`);
      const whole = readFileSync(path);
      const damaged = Uint8Array.from(whole);
      damaged[whole.length >> 1] ^= 1;
      for (const bytes of [damaged, whole.subarray(0, whole.length >> 1), null]) {
        if (bytes === null) rmSync(path);
        else writeFileSync(path, bytes);
        // A missing result is computed again; whatever else is missing cannot be.
        if (bytes === null && name.startsWith('results/')) continue;
        await expect(again(output)).rejects.toMatchObject({
          code: 'RUN_CORRUPT',
          message: expect.stringContaining(name),
        });
        expect(existsSync(output)).toBe(false);
      }
      writeFileSync(path, whole);
    }
    expect((await again(output)).digest).toBe(digest);
  });

  test('another configuration is refused and named', async () => {
    const output = at('mismatch.zarr');
    await run(slide, output, settings);
    await expect(again(output, { seed: 3 })).rejects.toMatchObject({
      code: 'RUN_MISMATCH',
      message:
        'mismatch.run: belongs to another run (configuration (seed: 0 then, 3 now)); repeat the command with the same input and configuration or start again with --overwrite',
    });
    expect(digestOfFiles(output)).toBe(digest);
  });

  test('that of another version is refused and named', async () => {
    const output = at('older.zarr');
    await run(slide, output, settings);
    const path = at('older.run/run.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/"spatile":\s*"[^"]+"/, '"spatile": "0.0.9"'));
    await expect(again(output)).rejects.toMatchObject({
      code: 'RUN_MISMATCH',
      message: expect.stringMatching(
        /older\.run: belongs to another run \(version 0\.0\.9 then, \d+\.\d+\.\d+ now\)/,
      ),
    });
    expect(digestOfFiles(output)).toBe(digest);
    writeFileSync(path, text);
    expect((await again(output)).digest).toBe(digest);
  });
});
