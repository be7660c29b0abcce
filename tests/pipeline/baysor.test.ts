import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readTable } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import { RandomStream } from '@spatile/random/stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { killWorkerMidTile, recompute } from './faults-in-process.ts';
import { hasSharedData, skipNote, xeniumParquet } from './instrument-files.ts';
import { segment } from './real-run.ts';
import { run, simulatedSlide, testFolder } from './slide.ts';
import { digestOfFiles, expectConserved, obsColumn } from './store.ts';

const at = testFolder();
const baysor = { iterations: 60, fit: { transcripts: 4000 } };
const settings = {
  assign: { method: 'baysor', baysor },
  plan: { tileSizeUm: 64, minTileSizeUm: 40, haloUm: 32 },
} as const;

describe('baysor gives the same bytes', () => {
  let slide = '';
  let digest = '';

  beforeAll(async () => {
    slide = await simulatedSlide(at('slide'));
    const summary = await run(slide, at('one.zarr'), settings);
    expect(summary.tiles).toBeGreaterThan(5);
    expect(await validateSpatialData(at('one.zarr'))).toEqual([]);
    digest = summary.digest;
  });

  test('by two workers, lightest tiles first', async () => {
    const two = await run(slide, at('two.zarr'), settings, { workers: 2, taskOrder: 'lightest' });
    expect(two.digest).toBe(digest);
    expect(digestOfFiles(at('two.zarr'))).toBe(digest);
  });

  test('when a worker is killed mid-tile', async () => {
    expect(await killWorkerMidTile(slide, at('lost.zarr'), settings)).toBe(digest);
  });

  test('when the Zarr is gone and the run resumed, and when one tile is computed again', async () => {
    rmSync(at('two.zarr'), { recursive: true });
    const again = await run(slide, at('two.zarr'), settings, { mode: 'resume', workers: 2 });
    expect(again.digest).toBe(digest);
    expect(await recompute(at('two.run'), 't0004', 'assign')).toBe(true);
    expect(await recompute(at('two.run'), 't0002', 'assign-settle')).toBe(true);
    expect(await recompute(at('two.run'), 't0002', 'outline')).toBe(true);
  });

  test('and no tile is settled again before all have a result', async () => {
    renameSync(at('two.run/results/assign/t0004.frame'), at('away'));
    await expect(recompute(at('two.run'), 't0002', 'assign-settle')).rejects.toMatchObject({
      code: 'INPUT_MISSING',
      message: expect.stringContaining('results/assign/t0004.frame'),
    });
    renameSync(at('away'), at('two.run/results/assign/t0004.frame'));
  });

  test('and other bytes for another seed', async () => {
    const other = await run(slide, at('other.zarr'), { ...settings, seed: 1 });
    expect(other.digest).not.toBe(digest);
  });
});

/** Clouds of 60 molecules on a grid of 16 um; the table names the cell of their middles, but for every fifth cloud. */
function cloudTable(path: string): { missed: number; clouds: number } {
  const stream = new RandomStream(5, 'test.baysor.table');
  const lines = ['x,y,gene,cell,nuclear'];
  let missed = 0;
  const side = 8;
  for (let cloud = 0; cloud < side * side; cloud++) {
    const known = cloud % 5 !== 0;
    if (!known) missed++;
    const centre = [16 * (cloud % side) + 8, 16 * Math.floor(cloud / side) + 8];
    for (let i = 0; i < 60; i++) {
      const [dx, dy] = [2 * stream.normal(), 2 * stream.normal()];
      const inside = known && dx * dx + dy * dy < 6;
      const gene = `g${(cloud % 3) * 10 + stream.integer(10)}`;
      const cell = inside ? `c${cloud}` : '';
      lines.push(`${centre[0] + dx},${centre[1] + dy},${gene},${cell},${inside ? 1 : 0}`);
    }
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
  return { missed, clouds: side * side };
}

describe('cells that the prior missed', () => {
  const table = (plan: object) => ({
    input: { platform: 'table' as const, columns: { cell: 'cell', nuclear: 'nuclear' } },
    assign: { method: 'baysor' as const, baysor: { ...baysor, minTranscriptsPerCell: 20, scaleUm: 4 } },
    plan,
  });

  test('are in the output once each, wherever the tiles end', async () => {
    const file = at('clouds.csv');
    const { missed, clouds } = cloudTable(file);
    const counts: number[][] = [];
    for (const [name, plan] of [
      ['whole', { tileSizeUm: 400 }],
      // Edges run through the middle of clouds.
      ['tiled', { tileSizeUm: 50, minTileSizeUm: 20, haloUm: 40 }],
    ] as const) {
      const summary = await run(file, at(`${name}.zarr`), table(plan));
      if (name === 'tiled') expect(summary.tiles).toBeGreaterThan(5);
      expect(await validateSpatialData(at(`${name}.zarr`))).toEqual([]);
      const stored = await readTable(at(`${name}.zarr`), 'table');
      const discovered = Array.from(obsColumn(stored, 'discovered'), Number);
      const ids = Array.from(obsColumn(stored, 'prior_id'), String);
      expect(discovered.filter((d) => d === 1).length).toBe(missed);
      expect(ids.filter((id) => id === '').length).toBe(missed);
      expect(summary.cells).toBe(clouds);
      counts.push(Array.from(obsColumn(stored, 'transcript_counts'), Number));
    }
    const total = (list: number[]): number => list.reduce((sum, n) => sum + n, 0);
    expect(Math.abs(total(counts[0]) - total(counts[1]))).toBeLessThan(0.01 * clouds * 60);
  });
});

test('baysor keeps every transcript of scattered tables, once', async () => {
  for (const [seed, rows] of [
    [1, 12],
    [2, 90],
    [3, 400],
  ]) {
    const stream = new RandomStream(seed, 'test.baysor.scatter');
    const lines = Array.from({ length: rows }, (_, i) => ({
      // Some lie on the lattice of tile edges, some at one place.
      x: i % 4 === 0 ? 16 * stream.integer(8) : Math.fround(120 * stream.uniform()),
      y: i % 4 === 0 ? 16 * stream.integer(8) : Math.fround(120 * stream.uniform()),
      gene: `g${stream.integer(4)}`,
      cell: i < 3 ? 'sure' : stream.uniform() < 0.3 ? `c${stream.integer(3)}` : '',
    }));
    const file = at(`scatter${seed}.csv`);
    writeFileSync(
      file,
      `x,y,gene,cell\n${lines.map((l) => `${l.x},${l.y},${l.gene},${l.cell}`).join('\n')}\n`,
    );
    const output = at(`scatter${seed}.zarr`);
    const summary = await run(file, output, {
      input: { platform: 'table', columns: { cell: 'cell' } },
      plan: { tileSizeUm: 50, minTileSizeUm: 20 },
      assign: { method: 'baysor', baysor: { ...baysor, minTranscriptsPerCell: 5 } },
    });
    expect(await validateSpatialData(output)).toEqual([]);
    // Twelve scattered transcripts make no cell; the store then has no table.
    if (seed > 1) expect(summary.cells).toBeGreaterThan(0);
    if (summary.cells === 0) continue;
    await expectConserved(output, new Map(lines.map((line, i) => [BigInt(i), line])));
  }
});

describe.skipIf(!hasSharedData)(`real data, baysor${skipNote}`, () => {
  test('xenium/breast-crop: nuclei, cells, z and an image', async () => {
    const input = await xeniumParquet('xenium/breast-crop/outs/transcripts.parquet');
    const outcome = await segment(at('breast.zarr'), 'xenium/breast-crop/outs', input, {
      assign: { method: 'baysor', baysor: { iterations: 100 } },
    });
    expect(outcome.summary.transcripts.kept).toBe(9070);
    expect(outcome.nuclearAgreement).toBeGreaterThan(0.85);
    expect(outcome.assignedShare).toBeGreaterThan(0.7);
    const discovered = Array.from(obsColumn(outcome.table, 'discovered'), Number);
    expect(discovered.length).toBeGreaterThan(70);
    expect(discovered.filter((d) => d === 1).length).toBeLessThan(discovered.length / 2);
  });
});
