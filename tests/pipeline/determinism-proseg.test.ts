import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { runDirectoryFor } from '@spatile/coordinator/run/directory';
import type { RunWork } from '@spatile/coordinator/run/work';
import { ASSIGN_RESULT } from '@spatile/formats/tile/assign';
import { frameLayout } from '@spatile/formats/tile/frame';
import { SAMPLED_PIECE } from '@spatile/formats/tile/parts';
import { beforeAll, describe, expect, test } from 'vitest';
import { ASSIGN, BORDER, killAt, resume, WRITING } from './faults.ts';
import { killWorkerMidTile, recompute } from './faults-in-process.ts';
import { run, SHORT_PROSEG, simulatedSlide, testFolder } from './slide.ts';
import { digestOfFiles, filesOf } from './store.ts';

const at = testFolder();
const settings = {
  assign: { method: 'proseg', proseg: SHORT_PROSEG },
  plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
} as const;
let slide = '';
let digest = '';
let work: RunWork;
const workOf = (output: string): RunWork =>
  JSON.parse(readFileSync(`${runDirectoryFor(output)}/summary.json`, 'utf8')).work;

beforeAll(async () => {
  slide = await simulatedSlide(at('slide'));
  const summary = await run(slide, at('one.zarr'), settings);
  expect(summary.tiles).toBe(16);
  digest = summary.digest;
  work = summary.work;
});

describe('proseg gives the same bytes', () => {
  test('by two workers, lightest tiles first', async () => {
    const two = await run(slide, at('two.zarr'), settings, { workers: 2, taskOrder: 'lightest' });
    expect(two.digest).toBe(digest);
    expect(filesOf(at('two.zarr'))).toEqual(filesOf(at('one.zarr')));
    expect(two.work).toEqual(work);
  });

  test('when a worker is killed mid-tile', async () => {
    expect(await killWorkerMidTile(slide, at('lost.zarr'), settings)).toBe(digest);
  });

  test.each([ASSIGN, BORDER, WRITING])(
    'when the coordinator is killed $name and the run resumed',
    async (moment) => {
      const { output, ended } = await killAt(moment, 'SIGKILL', slide, at(`killed ${moment.name}`), settings);
      expect(ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
      expect(await resume(slide, output, settings)).toBe(digest);
      expect(digestOfFiles(output)).toBe(digest);
      expect(workOf(output)).toEqual({ ...work, storage: null });
    },
  );

  test('when the run is interrupted by SIGTERM in the border round', async () => {
    const { output, ended } = await killAt(BORDER, 'SIGTERM', slide, at('interrupted'), settings);
    expect(ended.exitCode).toBe(130);
    expect(ended.stderr).toContain('run the same command with --resume to go on');
    expect(await resume(slide, output, settings)).toBe(digest);
  });

  test('when one tile or one border unit is computed again', async () => {
    expect(await recompute(at('one.run'), 't0001', 'assign')).toBe(true);
    expect(await recompute(at('one.run'), 't0002', 'outline')).toBe(true);
    const rounds = readdirSync(at('one.run/results')).filter((name) => name.startsWith('assign-border-'));
    expect(rounds.length).toBeGreaterThan(1);
    for (const round of rounds.slice(0, 2)) {
      const [unit] = readdirSync(at(`one.run/results/${round}`));
      expect(await recompute(at('one.run'), unit.replace('.frame', ''), round)).toBe(true);
    }
  });
});

test('damaged samples end the run that goes on in one sentence, and nothing is left of its output', async () => {
  const output = at('one.zarr');
  // What is read first, so that it fails while the transcripts are still being counted.
  const rounds = readdirSync(at('one.run/results')).filter((round) => round.startsWith('assign-border-'));
  const round = `results/${rounds.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)}`;
  const name = `${round}/${readdirSync(at(`one.run/${round}`)).sort()[0]}`;
  const path = at(`one.run/${name}`);
  const whole = readFileSync(path);
  const { start } = frameLayout(whole, whole.length, ASSIGN_RESULT, name)!.pieces.get(SAMPLED_PIECE)!;
  writeFileSync(
    path,
    whole.map((byte, i) => (i === start + 50 ? byte ^ 1 : byte)),
  );
  rmSync(output, { recursive: true });
  const again = () => run(slide, output, settings, { mode: 'resume' });
  await expect(again()).rejects.toMatchObject({
    code: 'RUN_CORRUPT',
    message: expect.stringContaining(`${name}#${SAMPLED_PIECE}: `),
  });
  expect(existsSync(`${output}.partial`) || existsSync(output)).toBe(false);
  writeFileSync(path, whole);
  expect((await again()).digest).toBe(digest);
});

test('another seed gives proseg other bytes', async () => {
  const other = await run(slide, at('other.zarr'), { ...settings, seed: 1 });
  expect(other.digest).not.toBe(digest);
  // Other bytes of the verdicts, not just another seed in the attributes.
  const points = (store: string) => filesOf(at(store)).filter((line) => line.includes('points.parquet/'));
  expect(points('other.zarr')).not.toEqual(points('one.zarr'));
});
