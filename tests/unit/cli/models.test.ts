import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { fixtures } from '../network/fixture.ts';
import { spatile } from './fake.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-models-'));
  await cp(join(fixtures, 'star'), join(folder, 'star'), { recursive: true });
  vi.stubEnv('SPATILE_MODELS', join(folder, 'kept'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const added = (...words: string[]) =>
  spatile([
    'models',
    'add',
    join(folder, 'star/model.onnx'),
    '--manifest',
    join(folder, 'star/model.yaml'),
    ...words,
  ]);

test('a network is added, listed and not added twice', async () => {
  const first = await added('--json');
  expect(first.exitCode).toBe(0);
  const { name, method, sha256 } = JSON.parse(first.stdout);
  expect(method).toBe('stardist');
  expect(existsSync(join(folder, 'kept', name, 'model.onnx'))).toBe(true);
  const listed = JSON.parse((await spatile(['models', 'list', '--json'])).stdout);
  expect(listed.models).toContainEqual(expect.objectContaining({ name, sha256, origin: 'user' }));
  const { stdout } = await spatile(['models', 'list']);
  const [head, ...rows] = stdout.trim().split('\n');
  expect(head).toMatch(/^name +method +channels +um\/px +licence +from +description$/);
  expect(rows.filter((row) => row.startsWith(`${name} `))).toHaveLength(1);
  const again = await added();
  expect([again.exitCode === 0, again.stderr.trim().split('\n').length]).toEqual([false, 1]);
  expect((await added('--replace')).exitCode).toBe(0);
});

test('a file that is no network is refused in one sentence', async () => {
  await writeFile(join(folder, 'star/model.onnx'), 'no network');
  const { exitCode, stderr } = await added('--replace');
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/MODEL_INVALID|not those of the manifest/);
  expect(stderr.trim()).not.toMatch(/\n/);
});
