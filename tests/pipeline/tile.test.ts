import { readdirSync, renameSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { recomputeTile } from '@spatile/coordinator/run/tile';
import { decodeFrame, encodeFrame } from '@spatile/formats/tile/frame';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDescriptors } from '../support/open-descriptors.ts';
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

/** Changes the parts of a stored result of a tile. */
async function withParts(path: string, change: (part: Uint8Array) => Uint8Array): Promise<void> {
  const frame = decodeFrame(await readFile(path), null);
  const pieces = Object.entries(frame.pieces ?? {}).map(([name, bytes]) => [
    name,
    name.startsWith('part') ? change(bytes) : bytes,
  ]);
  await writeFile(path, encodeFrame({ ...frame, pieces: Object.fromEntries(pieces) }));
}

describe('a settled tile', () => {
  test('is computed again from the results of tiles and units around it', async () => {
    expect(await recompute('t0000', 'assign-settle')).toMatchObject({ equal: true });
  });

  test.skipIf(process.platform !== 'linux')('leaves none of their files open', async () => {
    await recompute('t0000', 'assign-settle');
    await expect.poll(() => openDescriptors(runDirectory())).toBe(0);
  });

  test.each(['results/assign/t0001.frame', 'results/assign-border-1/b0000.frame'])(
    'is not computed without %s',
    async (name) => {
      renameSync(at(`one.run/${name}`), at('away'));
      await expect(recompute('t0000', 'assign-settle')).rejects.toMatchObject({ code: 'INPUT_MISSING' });
      renameSync(at('away'), at(`one.run/${name}`));
    },
  );

  test('is refused with the name of the file when a piece of it is damaged', async () => {
    const path = at('one.run/results/assign/t0000.frame');
    const intact = await readFile(path);
    const damaged = Buffer.from(intact);
    // In the first piece: the header is about a kilobyte.
    damaged[8192] ^= 1;
    await writeFile(path, damaged);
    await expect(recompute('t0000', 'assign-settle')).rejects.toMatchObject({
      code: 'RUN_CORRUPT',
      message: expect.stringMatching(/results\/assign\/t0000\.frame#part\d: checksum does not match/),
    });
    await writeFile(path, intact);
  });
});

describe('what of a tile strayed', () => {
  test('is found again from the settled tiles', async () => {
    expect(await recompute('t0000', 'assign-ambient')).toMatchObject({ equal: true });
  });

  test('is not looked for before all tiles are settled', async () => {
    renameSync(at('one.run/results/assign-settle/t0001.frame'), at('away'));
    await expect(recompute('t0000', 'assign-ambient')).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    renameSync(at('away'), at('one.run/results/assign-settle/t0001.frame'));
  });
});

describe('a unit of the border round', () => {
  test('is computed again from the settled tiles and the units before it', async () => {
    expect(readdirSync(at('one.run/results/assign-border-2'))).toContain('b0000.frame');
    expect(await recompute('b0000', 'assign-border-1')).toMatchObject({ equal: true });
    expect(await recompute('b0000', 'assign-border-2')).toMatchObject({ equal: true });
  });

  test.each(['results/assign/t0000.frame', 'results/assign-border-1/b0000.frame'])(
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
    for (const name of readdirSync(at('one.run/results/assign')))
      await withParts(at(`one.run/results/assign/${name}`), (part) => {
        const { tables } = decodeFrame(part, 'tile-part');
        const value = (tables.loadings.value as Float32Array).subarray(0, tables.cells.cell.length);
        return encodeFrame({ kind: 'tile-part', meta: {}, tables: { ...tables, loadings: { value } } });
      });
    await expect(recompute('b0000', 'assign-border-1')).rejects.toMatchObject({
      code: 'RUN_CORRUPT',
      message: expect.stringMatching(/^tile b0000: border b0000: the settled state does not fit/),
    });
  });
});
