import { readdirSync, readFileSync } from 'node:fs';
import { RunStore } from '@spatile/coordinator/run/store';
import { beforeEach, describe, expect, test } from 'vitest';
import { testFolder } from '../../pipeline/slide.ts';

const at = testFolder();
const NAME = 'results/assign/t0001.frame';
const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('files of the run directory', () => {
  let folder = 0;
  let store: RunStore;
  const files = (): string[] => readdirSync(`${store.directory}/results/assign`);
  beforeEach(async () => {
    store = new RunStore(at(`${folder++}.run`));
    await store.create();
  });

  test('the first commit stays, the same again is harmless, another is refused', async () => {
    expect(await store.commit(NAME, bytes('first'))).toBe(true);
    expect(await store.commit(NAME, bytes('first'))).toBe(false);
    await expect(store.commit(NAME, bytes('other'))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining(`${NAME}: two computations gave different bytes`),
    });
    expect(readFileSync(store.path(NAME), 'utf8')).toBe('first');
    expect(files()).toEqual(['t0001.frame']);
  });

  test('of many commits at once, also through two stores on one folder, one wins', async () => {
    const stores = [store, new RunStore(store.directory)];
    const large = new Uint8Array(3_000_000).fill(5);
    const wins = await Promise.all(Array.from({ length: 20 }, (_, i) => stores[i % 2].commit(NAME, large)));
    expect(wins.filter((won) => won)).toHaveLength(1);
    expect(Buffer.compare(readFileSync(store.path(NAME)), large)).toBe(0);
    expect(files()).toEqual(['t0001.frame']);
  });

  test('what is put replaces what was there in one step', async () => {
    for (const text of ['one', '', 'three']) {
      await store.put(NAME, bytes(text));
      expect(readFileSync(store.path(NAME), 'utf8')).toBe(text);
    }
    expect(files()).toEqual(['t0001.frame']);
    expect(store.traffic()).toEqual({
      results: { filesRead: 0, bytesRead: 0, filesWritten: 3, bytesWritten: 8 },
    });
  });
});
