import type { ProgressEvent } from '@spatile/coordinator/api';
import { correctStore } from '@spatile/coordinator/correct/store';
import type { RunConfigInput } from '@spatile/formats/config/schema';
import { readLayer, readTable } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { simulateSlide } from '@spatile/instrument/simulate/simulate';
import { beforeAll, expect, test } from 'vitest';
import { writeTrueReference } from '../../bench/correct/reference.ts';
import { config, run, testFolder } from './slide.ts';

const at = testFolder();
const SIZE_UM = 480;
const EPOCHS = 3;

const settings = (methods: ('rctd' | 'resolvi')[]): RunConfigInput => ({
  assign: { method: 'expand' },
  correct: {
    methods,
    reference: { file: at('profiles.csv') },
    resolvi: { epochs: EPOCHS, encoderHidden: 16, hidden: 8, particles: 2, batch: 256 },
  },
});

let digest = '';

const correct = (
  output: string,
  methods: ('rctd' | 'resolvi')[],
  options: { workers?: number; mode?: 'new' | 'resume'; signal?: AbortSignal } = {},
  onProgress: (event: ProgressEvent) => void = () => {},
) =>
  correctStore({
    input: at('plain.zarr'),
    output: at(output),
    config: config(settings(methods)),
    workers: options.workers ?? 1,
    mode: options.mode ?? 'new',
    progress: onProgress,
    signal: options.signal ?? new AbortController().signal,
  });

beforeAll(async () => {
  const { truth } = await simulateSlide({
    ...{ out: at('bundle'), sizeUm: SIZE_UM, genes: 60, transcriptsPerCell: 25, images: false, seed: 3 },
  });
  await writeTrueReference(truth, at('profiles.csv'));
  await run(at('bundle'), at('plain.zarr'), { assign: { method: 'expand' } });
  const whole = await correct('whole.zarr', ['rctd', 'resolvi']);
  // Several blocks.
  expect(whole.cells).toBeGreaterThan(1100);
  digest = whole.digest;
});

test('adds shares, latent states, labels and counts that add up', async () => {
  expect(await validateSpatialData(at('whole.zarr'))).toEqual([]);
  const table = await readTable(at('whole.zarr'));
  const numbers = (name: string): number[] => {
    const column = table.obs.find((one) => one.name === name);
    if (column?.kind !== 'float32') throw new Error(`no column ${name}`);
    return [...column.values];
  };
  const parts = ['resolvi_true', 'resolvi_diffusion', 'resolvi_background'].map(numbers);
  parts[0].forEach((own, i) => {
    if (!Number.isNaN(own)) expect(own + parts[1][i] + parts[2][i]).toBeCloseTo(1, 5);
  });
  expect(table.obsm.resolvi_latent.columns).toBe(10);
  expect(table.obsm.resolvi_labels.data.length % table.obsIndex.length).toBe(0);
  expect(table.obs.map(({ name }) => name)).toContain('resolvi_label');
  const [stays, goes] = [
    await readLayer(at('whole.zarr'), 'table', 'counts_corrected'),
    await readLayer(at('whole.zarr'), 'table', 'counts_removed'),
  ];
  const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
  expect(sum(stays.data) + sum(goes.data)).toBeCloseTo(sum(table.x.data), 2);
  expect(sum(goes.data)).toBeGreaterThan(0);
  expect(Math.min(...stays.data, ...goes.data)).toBeGreaterThan(0);
});

test('two workers, and a stop between training and its use, end with the same bytes', async () => {
  const two = await correct('two.zarr', ['rctd', 'resolvi'], { workers: 2 });
  expect(two.digest).toBe(digest);
  const controller = new AbortController();
  const stopped = correct('stopped.zarr', ['rctd', 'resolvi'], { signal: controller.signal }, (event) => {
    if (event.kind === 'advance' && event.step === 'correct-resolvi-train-00000' && event.done >= 1)
      controller.abort();
  });
  await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect((await correct('stopped.zarr', ['rctd', 'resolvi'], { mode: 'resume' })).digest).toBe(digest);
});

test('works without labels and without a reference', async () => {
  const { digest: alone } = await correct('alone.zarr', ['resolvi']);
  expect(alone).not.toBe(digest);
  const table = await readTable(at('alone.zarr'));
  expect(table.obs.map(({ name }) => name)).not.toContain('resolvi_label');
});
