import { readdirSync, renameSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { recomputeTile } from '@spatile/coordinator/run/tile';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, SHORT_PROSEG, simulatedSlide, testFolder } from './slide.ts';

const at = testFolder();
const runDirectory = () => at('one.run');
const recompute = (tile: string, round: string) =>
  recomputeTile({ runDirectory: runDirectory(), tile, round });

beforeAll(async () => {
  await run(await simulatedSlide(at('slide')), at('one.zarr'), {
    assign: { method: 'proseg', proseg: SHORT_PROSEG },
    plan: { tileSizeUm: 60, minTileSizeUm: 30, haloUm: 16 },
  });
});

describe('a unit of the border round', () => {
  test('is computed again from the settled tiles and the units before it', async () => {
    expect(readdirSync(at('one.run/results/assign-border-2'))).toContain('b0000.frame');
    expect(await recompute('b0000', 'assign-border-1')).toMatchObject({ equal: true });
    expect(await recompute('b0000', 'assign-border-2')).toMatchObject({ equal: true });
  });

  test.each(['settled/0/t0000.frame', 'results/assign-border-1/b0000.frame'])(
    'is not computed without %s',
    async (name) => {
      renameSync(at(`one.run/${name}`), at('away'));
      await expect(recompute('b0000', 'assign-border-2')).rejects.toMatchObject({
        code: 'INPUT_MISSING',
        message: expect.stringContaining(
          `tile b0000: round assign-border-2 starts from what is not there (${name})`,
        ),
      });
      renameSync(at('away'), at(`one.run/${name}`));
    },
  );

  test('that does not exist is refused', async () => {
    await expect(recompute('b9999', 'assign-border-1')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(recompute('b0000', 'assign-border-99')).rejects.toMatchObject({ code: 'USAGE' });
  });

  test("fails with the worker's own code", async () => {
    for (const name of readdirSync(at('one.run/settled/0')).filter((name) => name.endsWith('.frame'))) {
      const path = at(`one.run/settled/0/${name}`);
      const frame = decodeFrame(await readFile(path), null);
      const value = (frame.tables.loadings.value as Float32Array).subarray(0, frame.tables.cells.cell.length);
      await writeFile(path, encodeFrame({ ...frame, tables: { ...frame.tables, loadings: { value } } }));
    }
    await expect(recompute('b0000', 'assign-border-1')).rejects.toMatchObject({
      code: 'RUN_CORRUPT',
      message: expect.stringMatching(/^tile b0000: border b0000: the settled state does not fit/),
    });
  });
});
