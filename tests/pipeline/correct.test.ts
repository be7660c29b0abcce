import type { ProgressEvent } from '@spatile/coordinator/api';
import { correctStore } from '@spatile/coordinator/correct/store';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { readLayer, readTable } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import { judgeSpill } from '@spatile/instrument/judge/corrections/spill';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { beforeAll, expect, test } from 'vitest';
import { writeTrueReference } from '../../bench/correct/reference.ts';
import { childrenOf } from './process.ts';
import { config, run, testFolder } from './slide.ts';

const at = testFolder();
/** Cells enough for several blocks of 1,024. */
const SIZE_UM = 480;

const settings = (methods: ('rctd' | 'split')[]): RunConfigInput => ({
  assign: { method: 'expand' },
  correct: { methods, reference: { file: at('profiles.csv') } },
});

/** Digest of the corrections on one worker, in `whole.zarr`. */
let whole = '';

beforeAll(async () => {
  const { truth } = await simulateSlide({
    out: at('bundle'),
    sizeUm: SIZE_UM,
    genes: 60,
    transcriptsPerCell: 25,
    images: false,
    seed: 3,
  });
  await writeTrueReference(truth, at('profiles.csv'));
  await run(at('bundle'), at('plain.zarr'), { assign: { method: 'expand' } });
  const { digest, cells } = await correct('plain.zarr', 'whole.zarr');
  expect(cells).toBeGreaterThan(1100);
  whole = digest;
});

const correct = (
  input: string,
  output: string,
  options: { workers?: number; mode?: 'new' | 'resume'; signal?: AbortSignal } = {},
  onProgress: (event: ProgressEvent) => void = () => {},
) => {
  const { workers = 1, mode = 'new', signal = new AbortController().signal } = options;
  return correctStore({
    input: at(input),
    output: at(output),
    config: config(settings(['rctd', 'split'])),
    workers,
    mode,
    progress: onProgress,
    signal,
  });
};

test('at the end of a run and on its finished result: the same cells, types and counts', async () => {
  await run(at('bundle'), at('run.zarr'), settings(['rctd', 'split']));
  expect(await readTable(at('whole.zarr'))).toEqual(await readTable(at('run.zarr')));
  for (const layer of ['counts_corrected', 'counts_removed'])
    expect(await readLayer(at('whole.zarr'), 'table', layer)).toEqual(
      await readLayer(at('run.zarr'), 'table', layer),
    );
  expect(await validateSpatialData(at('whole.zarr'))).toEqual([]);
});

test('what is interrupted and goes on ends with the same bytes', async () => {
  const controller = new AbortController();
  const stopped = correct('plain.zarr', 'stopped.zarr', { signal: controller.signal }, (event) => {
    if (event.kind === 'advance' && event.step === 'correct-rctd-types' && event.done >= 1)
      controller.abort();
  });
  await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  const { digest } = await correct('plain.zarr', 'stopped.zarr', { mode: 'resume' });
  expect(digest).toBe(whole);
});

test('two workers of which one is lost make the same bytes as one', async () => {
  const before = new Set(childrenOf(process.pid));
  let killed = false;
  const { digest } = await correct('plain.zarr', 'lost.zarr', { workers: 2 }, (event) => {
    if (killed || event.kind !== 'step' || event.step !== 'correct-split-counts') return;
    killed = true;
    process.kill(childrenOf(process.pid).find((pid) => !before.has(pid))!, 'SIGKILL');
  });
  expect(killed).toBe(true);
  expect(digest).toBe(whole);
});

test('counts before = counts after + removed, entry by entry, and the counts are untouched', async () => {
  const [before, after] = [await readTable(at('plain.zarr')), await readTable(at('whole.zarr'))];
  expect(after.x).toEqual(before.x);
  expect(after.varIndex).toEqual(before.varIndex);
  const cells = before.obsIndex.length;
  const genes = before.varIndex.length;
  const dense = ({ indptr, indices, data }: CsrMatrix) => {
    const out = new Float64Array(cells * genes);
    for (let row = 0; row < cells; row++)
      for (let e = Number(indptr[row]); e < Number(indptr[row + 1]); e++)
        out[row * genes + indices[e]] = data[e];
    return out;
  };
  const stays = dense(await readLayer(at('whole.zarr'), 'table', 'counts_corrected'));
  const goes = dense(await readLayer(at('whole.zarr'), 'table', 'counts_removed'));
  const counts = dense(before.x);
  expect(counts.findIndex((n, i) => stays[i] + goes[i] !== n || stays[i] < 0 || goes[i] < 0)).toBe(-1);
  expect(goes.reduce((a, b) => a + b, 0)).toBeGreaterThan(100);
  const totals = after.obs.find(({ name }) => name === 'split_counts')!.values as Float32Array;
  totals.forEach((total, row) => {
    const kept = stays.subarray(row * genes, (row + 1) * genes).reduce((a, b) => a + b, 0);
    expect(Math.abs(total - kept)).toBeLessThan(1e-3);
  });
});

test('a corrected result is refused as input of the same corrections', async () => {
  const twice = correct('whole.zarr', 'twice.zarr');
  await expect(twice).rejects.toMatchObject({ code: 'STORE_INVALID' });
  await expect(twice).rejects.toThrow('take the uncorrected result');
});

test('judged by the truth: spill goes, more of it than of what is the cells own', async () => {
  const [scores] = await judgeSpill(at('whole.zarr'), at('bundle.truth'), ['counts_corrected']);
  const table = await readTable(at('plain.zarr'));
  const judged = scores.native + scores.spilled + scores.background;
  expect(judged).toBeLessThanOrEqual(Array.from(table.x.data).reduce((a, b) => a + b, 0));
  expect(scores.removedSpill).toBeGreaterThan(1.5 * (1 - scores.keptNative));
  expect(scores.keptNative).toBeGreaterThan(0.8);
  expect(scores.added).toBe(0);
  // What stays, taken for what was removed, holds at least the spill that is left.
  const [removed] = await judgeSpill(at('whole.zarr'), at('bundle.truth'), ['counts_removed']);
  expect(removed.removedSpill).toBeGreaterThanOrEqual(1 - scores.removedSpill - 1e-6);
});
