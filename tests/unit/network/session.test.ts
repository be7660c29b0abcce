import { createHash } from 'node:crypto';
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { networkFor } from '@spatile/coordinator/segment/networks';
import { isSpatileError, type SpatileError } from '@spatile/formats/errors';
import type { ModelManifest } from '@spatile/formats/model/manifest';
import { openMasks, openNetwork } from '@spatile/worker/network/session';
import type { NetworkSettings } from '@spatile/worker/network/settings';
import { cellsam } from '@spatile/worker/segment/cellsam/cellsam';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  context,
  farthest,
  fixtures,
  floatsOf,
  manifestOf,
  ramp,
  runtimeIsHere,
  shippedFolder,
  shippedIsHere,
} from './fixture.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-network-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const place = (name: string) => join(fixtures, name);

async function refused(manifest: ModelManifest, at: string): Promise<SpatileError> {
  const error = await openNetwork({ manifest, folder: at, provider: 'cpu' }).then(
    () => new Error('nothing was refused'),
    (error) => error,
  );
  if (!isSpatileError(error)) throw error;
  expect(error.message).not.toContain('\n');
  expect(error.message).toMatch(/expected .*; /);
  return error;
}

describe.skipIf(!runtimeIsHere)('a converted network gives in Node what it gave in Python', () => {
  test('StarDist, in its layout with random weights', async () => {
    const manifest = await manifestOf(place('star'), 'stardist');
    const network = await openNetwork({ manifest, folder: place('star'), provider: 'cpu' });
    const maps = await network.run({ data: ramp(48 * 64), shape: [1, 1, 48, 64] }, ['prob', 'dist']);
    expect(maps.dist.shape).toEqual([1, 16, 24, 32]);
    expect(farthest(maps.prob.data, floatsOf('star/prob.gz'))).toBeLessThan(1e-5);
    expect(farthest(maps.dist.data, floatsOf('star/dist.gz'))).toBeLessThan(1e-5);
  });

  test('Cellpose 1 to 3, in its layout with few channels', async () => {
    const manifest = await manifestOf(place('flows'), 'cellpose');
    const network = await openNetwork({ manifest, folder: place('flows'), provider: 'cpu' });
    const { y } = await network.run({ data: ramp(2 * 64 * 64), shape: [1, 2, 64, 64] }, ['y']);
    expect(farthest(y.data, floatsOf('flows/y.gz'))).toBeLessThan(1e-4);
  });

  test('Cellpose-SAM, in its layout with two small blocks', async () => {
    const manifest = await manifestOf(place('sam'), 'cellpose');
    const network = await openNetwork({ manifest, folder: place('sam'), provider: 'cpu' });
    const { y } = await network.run({ data: ramp(3 * 256 * 256), shape: [1, 3, 256, 256] }, ['y']);
    const sampled = Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => {
      const [c, row, column] = [Math.floor(i / 4096), Math.floor(i / 64) % 64, i % 64];
      return y.data[(c * 256 + row * 4) * 256 + column * 4];
    });
    expect(farthest(sampled, floatsOf('sam/y.gz'))).toBeLessThan(1e-3);
  });
});

describe.skipIf(!runtimeIsHere)('CellSAM, in its layout with two small layers', () => {
  const side = 80;

  test('gives in Node what it gave in Python', async () => {
    const manifest = await manifestOf(place('cellsam'), 'cellsam');
    const settings = { manifest, folder: place('cellsam'), provider: 'cpu' as const };
    const patch = { data: ramp(3 * side * side), shape: [1, 3, side, side] };
    const outputs = ['scores', 'boxes', 'embedding'];
    const { scores, boxes, embedding } = await (await openNetwork(settings)).run(patch, outputs);
    const box = { data: boxes.data.slice(0, 4), shape: [1, 4] };
    const { mask, overlap } = await (await openMasks(settings)).run({ embedding, box }, ['mask', 'overlap']);
    const sampled = Array.from(
      { length: 400 },
      (_, i) => mask.data[4 * Math.floor(i / 20) * side + 4 * (i % 20)],
    );
    const found = [...scores.data, ...boxes.data, ...embedding.data, ...sampled, ...overlap.data];
    expect(farthest(found, floatsOf('cellsam/outputs.gz'))).toBeLessThan(1e-3);
  });

  test('segments a tile, as part of it does', async () => {
    const manifest = await manifestOf(place('cellsam'), 'cellsam');
    Object.assign(manifest.decode, { score: 0, overlap: 0, overlapPx: 40, probability: 0.5 });
    const settings = { manifest, folder: place('cellsam'), provider: 'cpu' as const };
    const model = { limits: [0, 1].map(() => ({ low: 0, high: 100 })), otsu: 0.5 };
    const planes = (rows: number, columns: number, row0: number, column0: number) => ({
      ...{ rows, columns, row0, column0, pixelSizeUm: 0.5 },
      channels: [0, 1].map((c) =>
        Float32Array.from({ length: rows * columns }, (_, i) => {
          const [y, x] = [row0 + Math.floor(i / columns), column0 + (i % columns)];
          return ((y * 31 + x * (17 + c)) % 101) * (y % 40 < 20 ? 1 : 0.2);
        }),
      ),
    });
    const whole = await cellsam(planes(240, 240, 0, 0), model, settings, context);
    expect(whole.scores.length).toBeGreaterThan(0);
    // Patches of 80 on a lattice of 40: what lies 80 pixels or more within is seen whole by both.
    const part = await cellsam(planes(200, 240, 40, 0), model, settings, context);
    for (let y = 120; y < 160; y++)
      for (let x = 80; x < 160; x++)
        expect(part.labels[(y - 40) * 240 + x] > 0).toBe(whole.labels[y * 240 + x] > 0);
  });

  test('is refused when the manifest does not give the hash of its second graph', async () => {
    const manifest = await manifestOf(place('cellsam'), 'cellsam');
    manifest.weights.externalData = [];
    const settings = { manifest, folder: place('cellsam'), provider: 'cpu' as const };
    expect(() => openMasks(settings)).toThrow(/masks\.onnx: the manifest does not give its hash/);
  });
});

describe.skipIf(!runtimeIsHere)('a network is refused in one sentence', () => {
  test('when the file is no ONNX', async () => {
    const bytes = Buffer.from('this is no network');
    await writeFile(join(folder, 'model.onnx'), bytes);
    const manifest = await manifestOf(place('star'), 'stardist');
    manifest.weights.sha256 = createHash('sha256').update(bytes).digest('hex');
    const error = await refused(manifest, folder);
    expect([error.code, error.message]).toEqual([
      'MODEL_INVALID',
      expect.stringContaining('no network that can be run'),
    ]);
  });

  test('when its hash differs, before the runtime sees it', async () => {
    const manifest = await manifestOf(place('star'), 'stardist');
    manifest.weights.sha256 = '0'.repeat(64);
    expect((await refused(manifest, place('star'))).message).toContain('not those of the manifest');
  });

  test.each<[string, (m: Awaited<ReturnType<typeof star>>) => void, RegExp]>([
    ['input of another name', (m) => (m.input.name = 'image'), /other inputs \(input\); expected one, image/],
    ['three channels', (m) => (m.input.channels = ['red', 'green', 'blue']), /other channels/],
    ['other axes', (m) => (m.input.axes = 'HW'), /another shape .*expected 2 axes/],
    [
      'an output that is not there',
      (m) => (m.decode.outputs = { layout: 'native', prob: 'p', dist: 'dist' }),
      /output is missing/,
    ],
  ])('when the manifest says %s', async (_, change, said) => {
    const manifest = await star();
    change(manifest);
    // A folder of its own: a network that was opened once stays open.
    const own = await mkdtemp(join(folder, 'own-'));
    await copyFile(join(place('star'), 'model.onnx'), join(own, 'model.onnx'));
    const error = await refused(manifest, own);
    expect([error.code, error.message]).toEqual(['MODEL_INVALID', expect.stringMatching(said)]);
  });

  test('when a patch has another side than the graph', async () => {
    const manifest = await manifestOf(place('flows'), 'cellpose');
    manifest.decode.patchPx = 224;
    const own = await mkdtemp(join(folder, 'own-'));
    await copyFile(join(place('flows'), 'model.onnx'), join(own, 'model.onnx'));
    expect((await refused(manifest, own)).message).toMatch(
      /sides of the input are fixed .*expected sides of 224/,
    );
  });

  test('when a GPU is asked for and the runtime has none', async () => {
    const runtime = await import('onnxruntime-node');
    if (runtime.listSupportedBackends().some(({ name }) => name === 'cuda')) return;
    const manifest = await manifestOf(place('star'), 'stardist');
    const opening = openNetwork({ manifest, folder: place('star'), provider: 'cuda' });
    await expect(opening).rejects.toMatchObject({ code: 'RUNTIME_MISSING' });
  });
});

const star = () => manifestOf(place('star'), 'stardist');

test('the fixtures are the networks their manifests name', async () => {
  for (const [name, method] of [
    ['star', 'stardist'],
    ['flows', 'cellpose'],
    ['sam', 'cellpose'],
  ] as const) {
    const { weights } = await manifestOf(place(name), method);
    const bytes = await readFile(join(place(name), 'model.onnx'));
    expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(weights.sha256);
  }
});

describe.skipIf(!runtimeIsHere)('a network that another machine chose', () => {
  afterEach(() => vi.unstubAllEnvs());
  const models = (name: string) => join(folder, name);
  /** Settings as they arrive at a worker. */
  const chosen = async (model: string) =>
    JSON.parse(JSON.stringify((await networkFor('stardist', model, 'cpu')).settings)) as NetworkSettings;
  const codeOf = (settings: NetworkSettings) =>
    openNetwork(settings).then(
      () => 'opened',
      ({ code }) => code,
    );

  test('is looked up by name among the models of this one, and its weights are checked', async () => {
    await cp(place('star'), join(models('coordinator'), 'star'), { recursive: true });
    vi.stubEnv('SPATILE_MODELS', models('coordinator'));
    const settings = await chosen('star');
    expect(JSON.stringify(settings)).not.toContain(folder);
    vi.stubEnv('SPATILE_MODELS', models('worker'));
    expect(await codeOf(settings)).toBe('MODEL_MISSING');
    await cp(place('star'), join(models('worker'), 'another-folder'), { recursive: true });
    const weights = join(models('worker'), 'another-folder', settings.manifest.weights.file);
    await writeFile(weights, 'other weights');
    expect(await codeOf(settings)).toBe('MODEL_INVALID');
    await copyFile(join(place('star'), settings.manifest.weights.file), weights);
    await rm(models('coordinator'), { recursive: true });
    expect(await codeOf(settings)).toBe('opened');
  });

  test.skipIf(!shippedIsHere)('is the one beside the own program when it comes with spatile', async () => {
    const settings = await chosen('nuclei');
    expect(settings.folder).toEqual({ kept: 'shipped' });
    // A model of the user's of that name is another one.
    await cp(place('star'), join(models('own'), 'nuclei'), { recursive: true });
    vi.stubEnv('SPATILE_MODELS', models('own'));
    expect(await codeOf(settings)).toBe('opened');
  });

  test.skipIf(!shippedIsHere)('lies under the path that was named, from whatever folder', async () => {
    const at = relative(process.cwd(), shippedFolder);
    expect((await chosen(at)).folder).toBe(shippedFolder);
  });
});
