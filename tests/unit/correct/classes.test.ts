import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classesOf } from '@spatile/coordinator/correct/rctd/classes';
import { checkMethods } from '@spatile/coordinator/correct/reference';
import { resolveConfig } from '@spatile/formats/config/load';
import { expect, test } from 'vitest';

test('classes of types are named one by one', () => {
  expect([...classesOf(['T cell=immune', 'B=x=immune'], ['T cell', 'B=x', 'other'])]).toEqual([
    ['T cell', 'immune'],
    ['B=x', 'immune'],
  ]);
  expect(() => classesOf(['unknown=immune'], ['a'])).toThrow(/names no type of the reference/);
  expect(() => classesOf(['a'], ['a'])).toThrow(/expected type=class/);
});

test('methods that do not go together are refused in one sentence', async () => {
  const said = async (...set: string[]): Promise<string> => {
    try {
      checkMethods((await resolveConfig({ set })).correct);
      return 'nothing';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const file = 'correct.reference.file=r.csv';
  expect(await said('correct.methods=[rctd, split]', file)).toBe('nothing');
  expect(await said('correct.methods=[]', file)).toMatch(/no method is named/);
  expect(await said('correct.methods=[split]', file)).toMatch(/split has no cell types to go by/);
  expect(await said('correct.methods=[rctd, rctd]', file)).toMatch(/named twice/);
  expect(await said('correct.methods=[rctd, split]', file, 'correct.rctd.mode=full')).toMatch(
    /split needs doublets/,
  );
  expect(await said('correct.methods=[rctd]')).toMatch(/rctd has no reference/);
});

test('a bare list in the configuration names the methods', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spatile-classes-'));
  const file = join(folder, 'c.yaml');
  await writeFile(file, 'correct: [rctd, split]\n');
  expect((await resolveConfig({ file })).correct.methods).toEqual(['rctd', 'split']);
  await rm(folder, { recursive: true });
});
