import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configFields } from '@spatile/formats/config/fields';
import { handlers } from '@spatile/worker/stages';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const kinds = Object.keys(handlers);
const stages = [...new Set(kinds.map((kind) => kind.split('.')[0]))];

test('every stage shows its three faces: formats/tile, worker and coordinator', () => {
  expect(stages.length).toBeGreaterThan(1);
  for (const stage of stages) {
    for (const place of [`formats/src/tile/${stage}.ts`, `worker/src/${stage}`, `coordinator/src/${stage}`]) {
      expect(existsSync(root + place), place).toBe(true);
    }
  }
});

test('the methods a user can choose are those a worker can do, each in a folder of its own', () => {
  const choices = configFields()
    .find((field) => field.path === 'assign.method')
    ?.choices.toSorted();
  const done = kinds.filter((kind) => /^assign\.\w+$/.test(kind)).map((kind) => kind.split('.')[1]);
  const folders = readdirSync(`${root}worker/src/assign`, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(done.toSorted()).toEqual(choices);
  expect(folders.map((entry) => entry.name).toSorted()).toEqual(choices);
});

test('the coordinator sends only kinds of task that a worker knows', () => {
  const sent = readdirSync(`${root}coordinator/src`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [
      ...readFileSync(`${root}coordinator/src/${name}`, 'utf8').matchAll(/kind: '([\w.]+\.[\w.]+)'/g),
    ])
    .map(([, kind]) => kind);
  expect(sent).toContain('assign.proseg');
  for (const kind of sent) expect(kinds).toContain(kind);
});
