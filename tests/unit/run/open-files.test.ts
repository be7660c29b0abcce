import { RunStore } from '@spatile/coordinator/run/store';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testFolder } from '../../pipeline/slide.ts';
import { openDescriptors } from '../../support/open-descriptors.ts';

const at = testFolder();
const NAME = 'results/assign/t0001.frame';

describe('files that stay open for whoever reads them next', () => {
  let folder = 0;
  let store: RunStore;
  beforeEach(async () => {
    store = new RunStore(at(`${folder++}.run`));
    await store.create();
  });
  afterEach(() => store.closeFiles());
  const put = (name: string, text: string): Promise<void> => store.put(name, Buffer.from(text));
  const read = async (name: string, length: number): Promise<string> => {
    const into = Buffer.alloc(length);
    await store.fill(name, into, 0);
    return into.toString();
  };

  test('are opened anew when another takes their place', async () => {
    for (const text of ['one', 'two']) {
      await put(NAME, text);
      expect(await read(NAME, 3)).toBe(text);
    }
  });

  test('are gone with what was removed, also for those who read until then', async () => {
    await put(NAME, 'old');
    const removing = store.remove('results');
    const meanwhile = read(NAME, 3).catch(({ code }) => code);
    await removing;
    expect(['old', 'RUN_CORRUPT']).toContain(await meanwhile);
    await expect(read(NAME, 3)).rejects.toMatchObject({ code: 'RUN_CORRUPT' });
    await store.commit(NAME, Buffer.from('new'));
    expect(await read(NAME, 3)).toBe('new');
  });

  test('tell that they are missing, or shorter, each time', async () => {
    for (let time = 0; time < 2; time++) {
      await expect(read(NAME, 3)).rejects.toMatchObject({
        code: 'RUN_CORRUPT',
        message: expect.stringMatching(/t0001\.frame: missing/),
      });
    }
    await put(NAME, 'ab');
    await expect(read(NAME, 3)).rejects.toThrow(/t0001\.frame: ends early \(at byte 2\)/);
    expect(await read(NAME, 2)).toBe('ab');
  });

  test('are read to their end when they are closed in between', async () => {
    await put(NAME, 'x'.repeat(100));
    const reading = Array.from({ length: 5 }, () => read(NAME, 100));
    store.closeFiles();
    expect(await Promise.all(reading)).toEqual(reading.map(() => 'x'.repeat(100)));
  });

  test.skipIf(process.platform !== 'linux')('are few, and none when they are closed', async () => {
    const open = (): number => openDescriptors(store.directory);
    const settled = (most: number): Promise<void> => expect.poll(open).toBeLessThanOrEqual(most);
    const names = Array.from({ length: 150 }, (_, i) => `results/assign/t${i}.frame`);
    for (const name of names) await put(name, name);
    await Promise.all(names.map((name) => read(name, name.length)));
    for (const name of names) expect(await read(name, name.length)).toBe(name);
    expect(open()).toBeGreaterThan(0);
    await settled(128);
    store.closeFiles();
    await settled(0);
  });
});
