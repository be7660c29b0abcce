import { geometricTask } from '@spatile/coordinator/assign/geometric';
import { defaultConfig } from '@spatile/formats/config/schema';
import { describe, expect, it } from 'vitest';

const config = defaultConfig();

function stage(by: 'flag' | 'outline' | 'auto', fromBundle: boolean, anyNuclear = true) {
  return {
    slide: {
      config: {
        ...config,
        assign: { ...config.assign, method: 'nucleus', nucleus: { ...config.assign.nucleus, by } },
      },
      scan: { anyNuclear, cellIds: ['1'] },
      cells: { fromBundle },
      plan: { haloUm: 16, tiles: [{ id: 't0000', core: { x0: 0, y0: 0, x1: 16, y1: 16 } }] },
    },
    inputs: {
      storedTile: () => ({
        ...{ meta: {}, cells: {}, rings: {}, vertices: {} },
        ...{ blocks: {}, genes: new Uint8Array(0) },
      }),
    },
    transcripts: Uint32Array.of(3),
  } as never;
}

const settingsOf = async (...args: Parameters<typeof stage>): Promise<unknown> =>
  (await geometricTask(stage(...args), 0).input()).meta.settings;

describe('the nucleus method', () => {
  it('goes by the flags of the table when the cells are those of the bundle, else by outlines', async () => {
    expect(await settingsOf('auto', true)).toMatchObject({ by: 'flag' });
    expect(await settingsOf('auto', false)).toMatchObject({ by: 'outline' });
    expect(await settingsOf('auto', true, false)).toMatchObject({ by: 'outline' });
  });

  it('refuses flags that say nothing about the cells of the run', () => {
    expect(() => geometricTask(stage('flag', false), 0)).toThrow(/assign\.nucleus\.by: flag needs/);
    expect(() => geometricTask(stage('flag', true, false), 0)).not.toThrow();
  });
});
