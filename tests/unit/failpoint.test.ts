import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** The module anew, with what the environment says. */
async function armed(text: string) {
  vi.stubEnv('SPATILE_FAILPOINT', text);
  return import('@spatile/formats/failpoint');
}

describe('failpoints', () => {
  beforeEach(() => {
    vi.resetModules();
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test('never fire where nothing is armed', async () => {
    const { reached } = await armed('');
    expect(reached('kernel.die', 't1')).toBe(false);
  });

  test('fire once, at the passage that was named', async () => {
    const { reached } = await armed('kernel.die@t1:2,kernel.hang');
    const passages = ['t1', 't2', 'assign/t1', 't1'].map((task) => reached('kernel.die', task));
    expect(passages).toEqual([false, false, true, false]);
    expect([reached('kernel.hang'), reached('kernel.hang')]).toEqual([true, false]);
    expect(reached('kernel.crash', 't1')).toBe(false);
  });

  test('fire at every passage when told so', async () => {
    const { reached } = await armed('kernel.crash@t1:*');
    expect([reached('kernel.crash', 't1'), reached('kernel.crash', 't1')]).toEqual([true, true]);
    expect(reached('kernel.crash', 't2')).toBe(false);
  });

  test.each(['kernel.sleep', 'kernel.die:soon', '@t1'])('refuse %j', async (text) => {
    const { reached } = await armed(text);
    expect(() => reached('kernel.die')).toThrow(/no such failpoint/);
  });
});
