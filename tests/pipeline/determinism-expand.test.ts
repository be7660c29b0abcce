import { rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { ASSIGN, killAt, PARTITION, REPORT, resume, WRITING } from './faults.ts';
import { killWorkerMidTile, recompute } from './faults-in-process.ts';
import { run, simulatedSlide, testFolder } from './slide.ts';
import { digestOfFiles, filesOf } from './store.ts';

const at = testFolder();
const settings = { assign: { method: 'expand' }, plan: { tileSizeUm: 80, minTileSizeUm: 60 } } as const;
let slide = '';
let digest = '';

beforeAll(async () => {
  slide = await simulatedSlide(at('slide'));
  const summary = await run(slide, at('one.zarr'), settings);
  expect(summary.tiles).toBeGreaterThan(8);
  digest = summary.digest;
});

describe('expand gives the same bytes', () => {
  test('by two workers, lightest tiles first', async () => {
    const two = await run(slide, at('two.zarr'), settings, { workers: 2, taskOrder: 'lightest' });
    expect(two.digest).toBe(digest);
    // The digest says what it should: the same files with the same content.
    expect(filesOf(at('two.zarr'))).toEqual(filesOf(at('one.zarr')));
    expect(digestOfFiles(at('two.zarr'))).toBe(digest);
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
