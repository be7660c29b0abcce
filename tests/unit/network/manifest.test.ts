import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpatileError } from '@spatile/formats/errors';
import { readManifest, verifyWeights } from '@spatile/formats/model/read';
import { addModel, findModel, listModels, shippedModels } from '@spatile/formats/model/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixtures, runtimeIsHere } from './fixture.ts';

let folder: string;
let text: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-models-'));
  text = await readFile(join(fixtures, 'star/model.yaml'), 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const failure = (promise: Promise<unknown>): Promise<SpatileError> =>
  promise.then(
    () => {
      throw new Error('nothing was refused');
    },
    (error) => error,
  );

async function written(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('a manifest', () => {
  test('gives its fields and their defaults', async () => {
    const manifest = await readManifest(join(fixtures, 'star/model.yaml'));
    expect(manifest).toMatchObject({
      name: 'star',
      method: 'stardist',
      input: { channels: ['dapi'], step: 8, normalise: { kind: 'percentile', clip: false } },
      decode: { rays: 16, grid: 2, probability: 0.4, overlap: 0.3 },
      size: { maxUm: 25 },
    });
  });

  test.each([
    ['an unknown key', (t: string) => `${t}colour: blue\n`, /colour/],
    ['an unknown method', (t: string) => t.replace("'stardist'", "'magic'"), /method/],
    ['a weights file elsewhere', (t: string) => t.replace("'model.onnx'", "'../../x.onnx'"), /weights\.file/],
    ['a short hash', (t: string) => t.replace(/sha256: '(\w{10})\w+'/, "sha256: '$1'"), /sha256/],
    ['a name with a path', (t: string) => t.replace("name: 'star'", "name: '../star'"), /name/],
    ['a threshold of 2', (t: string) => t.replace('probability: 0.4', 'probability: 2'), /probability/],
    ['no YAML', () => '{ a: [', /YAML/],
    ['a bomb of aliases', () => 'a: &a [1, 1]\nb: [*a, *a]\n', /YAML/],
    ['a long file', (t: string) => `${t}# ${'x'.repeat(70_000)}\n`, /too long/],
  ])('with %s is refused in one sentence', async (name, change, said) => {
    const error = await failure(readManifest(await written(`${name}.yaml`, change(text))));
    expect(error.code).toBe('MODEL_INVALID');
    expect(error.message).toMatch(said);
    expect(error.message).toMatch(/expected .*; .*/);
    expect(error.message).not.toContain('\n');
  });

  test('that is not there is named', async () => {
    expect((await failure(readManifest(join(folder, 'none.yaml')))).code).toBe('INPUT_MISSING');
  });
});

describe('weights', () => {
  test('with another hash are refused', async () => {
    const place = join(folder, 'changed');
    await mkdir(place);
    const bytes = await readFile(join(fixtures, 'star/model.onnx'));
    bytes[bytes.length - 100] ^= 1;
    await writeFile(join(place, 'model.onnx'), bytes);
    const manifest = await readManifest(join(fixtures, 'star/model.yaml'));
    const error = await failure(verifyWeights(place, manifest));
    expect([error.code, error.message]).toEqual([
      'MODEL_INVALID',
      expect.stringMatching(/not those of the manifest \(SHA-256 \w{64}\); expected \w{64}/),
    ]);
    await verifyWeights(join(fixtures, 'star'), manifest);
  });
});

describe('the store', () => {
  const environment = () => ({ SPATILE_MODELS: join(folder, 'store') });

  test('keeps a model that was added, once', async () => {
    const [onnx, yaml] = ['star/model.onnx', 'star/model.yaml'].map((path) => join(fixtures, path));
    const kept = await addModel(onnx, yaml, { replace: false, environment: environment() });
    expect(kept.folder).toBe(join(folder, 'store/star'));
    expect((await findModel('star', environment())).manifest).toEqual(kept.manifest);
    await verifyWeights(kept.folder, kept.manifest);
    const again = await failure(addModel(onnx, yaml, { replace: false, environment: environment() }));
    expect(again.code).toBe('OUTPUT_EXISTS');
    await addModel(onnx, yaml, { replace: true, environment: environment() });
    const names = (await listModels(environment())).filter(({ origin }) => origin === 'user');
    expect(names.map(({ manifest }) => manifest.name)).toEqual(['star']);
  });

  test('takes nothing whose hash differs, and leaves nothing of it', async () => {
    const other = join(folder, 'other.onnx');
    await copyFile(join(fixtures, 'flows/model.onnx'), other);
    const empty = { SPATILE_MODELS: join(folder, 'empty') };
    const adding = addModel(other, join(fixtures, 'star/model.yaml'), { replace: false, environment: empty });
    expect((await failure(adding)).code).toBe('MODEL_INVALID');
    expect((await listModels(empty)).filter(({ origin }) => origin === 'user')).toEqual([]);
  });

  test.skipIf(!runtimeIsHere)(
    'takes no network that does not fit its manifest, and says what differs',
    async () => {
      const environment = { SPATILE_MODELS: join(folder, 'unfit') };
      const yaml = join(folder, 'unfit.yaml');
      await writeFile(yaml, text.replace(/channels: .*/, 'channels: [red, green, blue]'));
      const error = await failure(
        addModel(join(fixtures, 'star/model.onnx'), yaml, { replace: false, environment }),
      );
      expect([error.code, error.message]).toEqual([
        'MODEL_INVALID',
        expect.stringMatching(/other channels .*; expected 3 \(red,green,blue\)/),
      ]);
      expect((await listModels(environment)).filter(({ origin }) => origin === 'user')).toEqual([]);
    },
  );

  test('two manifests of one network share its weights', async () => {
    const shipped = shippedModels();
    const manifest = await readManifest(join(shipped!, 'nuclei-he/model.yaml'));
    expect(manifest.weights.beside).toBe('nuclei');
    expect(await verifyWeights(join(shipped!, 'nuclei-he'), manifest)).toBeGreaterThan(1e6);
    const outside = { ...manifest, weights: { ...manifest.weights, beside: '..' } };
    await writeFile(join(folder, 'outside.yaml'), JSON.stringify(outside));
    expect((await failure(readManifest(join(folder, 'outside.yaml')))).message).toMatch(/weights.beside/);
  });

  test('names the nearest model for one it does not have', async () => {
    const error = await failure(findModel('stare', environment()));
    expect([error.code, error.message]).toEqual([
      'MODEL_MISSING',
      expect.stringContaining('expected perhaps star;'),
    ]);
  });
});
