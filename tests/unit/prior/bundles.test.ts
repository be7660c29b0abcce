import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openCsv } from '@spatile/formats/csv/file';
import { pointInRings } from '@spatile/formats/geometry/ring';
import { bundlePriors } from '@spatile/formats/prior/bundle';
import { outlinesNeedFlip } from '@spatile/formats/prior/merscope-csv';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allUsable, areaOf, boundsOf, codesOf, collect } from './collect.ts';

const DATA = resolve('../shared/data');
const context = { cosmxPixelSizeUm: 0.120280945, version: null };
// The real sets lie beside the repository; without them there is nothing to compare with.
const real = describe.skipIf(!existsSync(DATA));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-prior-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function bundle(name: string, files: Record<string, string | Uint8Array>): Promise<string> {
  const dir = join(folder, name);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(dir, file, '..'), { recursive: true });
    await writeFile(join(dir, file), content);
  }
  return dir;
}

const HEADER = 'cell_id,vertex_x,vertex_y';
const square = (id: string, x: number, y: number, label = ''): string[] =>
  [
    [0, 0],
    [4, 0],
    [4, 4],
    [0, 4],
    [0, 0],
  ].map(([dx, dy]) => `${id},${x + dx},${y + dy}${label}`);

real('real Xenium sets', () => {
  it('lung: 135 nuclei with text ids', async () => {
    const priors = await bundlePriors('xenium', join(DATA, 'xenium/lung-10k'), context);
    expect(priors.map(({ kind, origin }) => [kind, origin])).toEqual([
      ['nucleus', 'nucleus_boundaries.parquet'],
    ]);
    const outlines = await collect(priors[0]);
    expect(new Set(outlines.map(({ cellId }) => cellId)).size).toBe(135);
    expect(outlines.every(({ rings }) => rings.length === 1 && rings[0].length === 26)).toBe(true);
    expect(outlines[0].cellId).toBe('comhelhl-1');
    expect(Array.from(outlines[0].rings[0].slice(0, 2))).toEqual([2298.612548828125, 2116.28759765625]);
    expect(codesOf(priors[0])).toEqual([]);
  });

  it('breast: 78 nuclei, then 78 cells, with integer ids; areas near those of the table of cells', async () => {
    const dir = join(DATA, 'xenium/breast-crop/outs');
    const priors = await bundlePriors('xenium', dir, context);
    expect(priors.map(({ kind }) => kind)).toEqual(['nucleus', 'cell']);
    const areas = await columnsOf(join(dir, 'cells.csv.gz'), 'cell_id', ['nucleus_area', 'cell_area']);
    for (const [index, prior] of priors.entries()) {
      const outlines = await collect(prior);
      expect(outlines).toHaveLength(78);
      expect(allUsable(outlines)).toBe(true);
      for (const outline of outlines) {
        const stated = areas.get(outline.cellId)![index];
        expect(Math.abs(areaOf(outline) / stated - 1)).toBeLessThan(0.15);
      }
    }
  });

  it('toy: 526 cells with ids as plain bytes; CSV and Parquet agree', async () => {
    const dir = join(DATA, 'xenium/toy-400um/outs');
    const [nuclei, cells] = await bundlePriors('xenium', dir, context);
    const csv = await bundle('toy-csv', {
      'nucleus_boundaries.csv.gz': await readFile(join(dir, 'nucleus_boundaries.csv.gz')),
      'cell_boundaries.csv': gunzipSync(await readFile(join(dir, 'cell_boundaries.csv.gz'))),
    });
    const [csvNuclei, csvCells] = await bundlePriors('xenium', csv, context);
    for (const [parquet, text] of [
      [nuclei, csvNuclei],
      [cells, csvCells],
    ]) {
      const expected = await collect(parquet);
      const found = await collect(text);
      expect(expected).toHaveLength(526);
      expect(found.map(({ cellId }) => cellId)).toEqual(expected.map(({ cellId }) => cellId));
      found.forEach((outline, i) => {
        const { rings } = expected[i];
        expect(outline.rings.map((ring) => ring.length)).toEqual(rings.map((ring) => ring.length));
        outline.rings[0].forEach((value, k) => {
          expect(Math.abs(value - rings[0][k])).toBeLessThan(1e-3);
        });
      });
    }
  });
});

real('real MERSCOPE sets', () => {
  it('brain crop: 162 cells of z1 and the one that only z0 has, y mirrored to where the transcripts are', async () => {
    const dir = join(DATA, 'merscope/brain-crop');
    const [prior, ...more] = await bundlePriors('merscope', dir, context);
    expect(more).toEqual([]);
    const outlines = await collect(prior);
    expect(new Set(outlines.map(({ cellId }) => cellId)).size).toBe(163);
    expect(outlines.every(({ cellId }) => /^\d{36,39}$/.test(cellId))).toBe(true);
    expect(codesOf(prior)).toEqual(['PRIOR_Y_FLIPPED', 'PRIOR_PLANE', 'PRIOR_OTHER_PLANE']);
    const { y0, y1 } = boundsOf(outlines);
    expect([y0 > 4690, y1 < 5160]).toEqual([true, true]);
    // The set's README counts 8,653 transcripts inside polygons of their own plane; z1 holds over half of them.
    expect(await countInside(join(dir, 'detected_transcripts.csv'), outlines)).toBeGreaterThan(4500);
  });

  it('cellbound: 1,058 cells of one plane from Parquet', async () => {
    const [prior] = await bundlePriors('merscope', join(DATA, 'merscope/cellbound-mini'), context);
    const outlines = await collect(prior);
    expect(prior.origin).toBe('cell_boundaries.parquet');
    expect(new Set(outlines.map(({ cellId }) => cellId)).size).toBe(1058);
    expect(outlines[0].cellId).toBe('112824700230101249');
    expect(boundsOf(outlines)).toEqual({ x0: 6500, y0: 1200, x1: 6800, y1: 1500 });
    expect(codesOf(prior)).toEqual([]);
  });

  it('cellbound: 80 cells from HDF5, each equal to its outline in the Parquet file', async () => {
    const dir = join(DATA, 'merscope/cellbound-mini');
    const files = join(dir, 'cell_boundaries');
    const only = join(folder, 'hdf5');
    await mkdir(only);
    await symlink(files, join(only, 'cell_boundaries'));
    const [prior] = await bundlePriors('merscope', only, context);
    const outlines = await collect(prior);
    expect(prior.origin).toBe('cell_boundaries/*.hdf5');
    expect(outlines).toHaveLength(20 * (await readdir(files)).length);
    expect(codesOf(prior)).toEqual(['PRIOR_PLANE']);
    const [parquet] = await bundlePriors('merscope', dir, context);
    const byId = new Map((await collect(parquet)).map((outline) => [outline.cellId, outline]));
    for (const outline of outlines) expect(areaOf(outline)).toBeCloseTo(areaOf(byId.get(outline.cellId)!), 6);
  });

  it('vpt table: each of 997 cells once, by its 64-bit id, from the plane nearest to the middle', async () => {
    const [prior] = await bundlePriors('merscope', join(DATA, 'merscope/cell-tables'), context);
    const outlines = await collect(prior);
    const ids = outlines.map(({ cellId }) => cellId);
    expect([ids.length, new Set(ids).size]).toEqual([997, 997]);
    // As doubles, neighbouring ids would be one.
    expect(new Set(ids.map(Number)).size).toBeLessThan(997);
    expect(allUsable(outlines)).toBe(true);
    expect(prior.findings.map(({ message }) => message)).toEqual([
      'cell_micron_space.parquet: outlines of the middle plane z 3 are used (planes 0, 1, 2, 3, 4, 5, 6)',
      'cell_micron_space.parquet: 57 cells without an outline in the middle plane, taken from the nearest plane that has one',
    ]);
    // A second pass gives the same and says it once.
    expect(await collect(prior)).toEqual(outlines);
    expect(prior.findings).toHaveLength(2);
  });
});

real('real CosMx sets', () => {
  it('brain: 27 cells named by field of view, in the frame of the transcripts', async () => {
    const dir = join(DATA, 'cosmx/brain-27cells');
    const [prior] = await bundlePriors('cosmx', dir, context);
    const outlines = await collect(prior);
    expect(outlines).toHaveLength(27);
    expect(outlines[0].cellId).toBe('1_367');
    const [x, y] = outlines[0].rings[0];
    expect(x).toBeCloseTo(171646 * 0.120280945, 2);
    expect(y).toBeCloseTo(-12177.6666666667 * 0.120280945, 2);
    const vertices = outlines.reduce((sum, { rings }) => sum + rings[0].length / 2, 0);
    // 638 vertices in the file, which leaves the rings open: each gets its first one again.
    expect(vertices).toBe(638 + 27);
  });

  it('lung: has no polygons and says nothing', async () => {
    expect(await bundlePriors('cosmx', join(DATA, 'cosmx/lung12-fov2'), context)).toEqual([]);
  });
});

describe('vertex tables', () => {
  it('take several nuclei of one cell as rings of one cell, with and without label_id', async () => {
    const dir = await bundle('nuclei', {
      'nucleus_boundaries.csv': [
        HEADER,
        ...square('a', 0, 0),
        ...square('a', 10, 0),
        ...square('b', 20, 0),
      ].join('\n'),
      'cell_boundaries.csv': [
        `${HEADER},label_id`,
        ...square('a', 0, 0, ',1').slice(0, 4),
        ...square('a', 10, 0, ',2').slice(0, 4),
        ...square('b', 20, 0, ',3'),
      ].join('\n'),
    });
    for (const prior of await bundlePriors('xenium', dir, context)) {
      const outlines = await collect(prior);
      expect(outlines.map(({ cellId, rings }) => [cellId, rings.length])).toEqual([
        ['a', 2],
        ['b', 1],
      ]);
      expect(outlines.map(areaOf)).toEqual([32, 16]);
    }
  });

  it('count what they drop: short rings, NaN vertices, rows without an id', async () => {
    const dir = await bundle('litter', {
      'nucleus_boundaries.csv': [
        HEADER,
        ...square('a', 0, 0),
        'short,1,1\nshort,2,2',
        'nan,1,1\nnan,nan,2\nnan,3,3\nnan,1,1',
        ',5,5',
        ...square('UNASSIGNED', 9, 9),
      ].join('\n'),
    });
    const [prior] = await bundlePriors('xenium', dir, context);
    expect((await collect(prior)).map(({ cellId }) => cellId)).toEqual(['a']);
    expect(prior.findings.map(({ message }) => message)).toEqual([
      'nucleus_boundaries.csv: 1 rings with under 4 points, left out',
      'nucleus_boundaries.csv: 1 rings with NaN or infinite vertices, left out',
      'nucleus_boundaries.csv: 1 vertices or outlines without a cell id, left out',
    ]);
  });

  it('keep ids beyond 2^53 apart', async () => {
    const dir = join(folder, 'big');
    await mkdir(dir);
    const ids = [
      9007199254740993n,
      9007199254740993n,
      9007199254740993n,
      9007199254740992n,
      9007199254740992n,
      9007199254740992n,
    ];
    parquetWriteFile({
      filename: join(dir, 'cell_boundaries.parquet'),
      columnData: [
        { name: 'cell_id', data: ids, type: 'INT64' },
        { name: 'vertex_x', data: [0, 1, 1, 5, 6, 6], type: 'DOUBLE' },
        { name: 'vertex_y', data: [0, 0, 1, 0, 0, 1], type: 'DOUBLE' },
      ],
    });
    const [prior] = await bundlePriors('xenium', dir, context);
    expect((await collect(prior)).map(({ cellId }) => cellId)).toEqual([
      '9007199254740993',
      '9007199254740992',
    ]);
  });

  it('give the same whatever the row groups', async () => {
    const rows = 3000;
    const at = (i: number) => ({ cell: Math.floor(i / 5), corner: i % 5 });
    const column = <T>(value: (i: number) => T) => Array.from({ length: rows }, (_, i) => value(i));
    const results = [];
    for (const rowGroupSize of [7, 1000, 100_000]) {
      const dir = join(folder, `groups-${rowGroupSize}`);
      await mkdir(dir);
      parquetWriteFile({
        filename: join(dir, 'cell_boundaries.parquet'),
        rowGroupSize,
        columnData: [
          { name: 'cell_id', data: column((i) => `c${at(i).cell}`), type: 'STRING' },
          {
            name: 'vertex_x',
            data: column((i) => at(i).cell + [0, 1, 1, 0, 0][at(i).corner]),
            type: 'DOUBLE',
          },
          { name: 'vertex_y', data: column((i) => [0, 0, 1, 1, 0][at(i).corner]), type: 'DOUBLE' },
        ],
      });
      results.push(await collect((await bundlePriors('xenium', dir, context))[0]));
    }
    expect(results[0]).toHaveLength(600);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('name missing columns and damaged files', async () => {
    const missing = await bundle('missing', { 'cell_boundaries.csv': 'cell_id,x,y\n1,2,3\n' });
    await expect(bundlePriors('xenium', missing, context)).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      message: expect.stringMatching(/"vertex_x", "vertex_y" \(found: cell_id, x, y\)/),
    });
    const damaged = await bundle('damaged', { 'cell_boundaries.parquet': 'PAR1 and nothing more PAR1' });
    await expect(bundlePriors('xenium', damaged, context)).rejects.toMatchObject({ code: 'PARQUET_INVALID' });
    await expect(bundlePriors('merscope', damaged, context)).rejects.toMatchObject({
      code: 'PARQUET_INVALID',
    });
  });
});

describe('frames of polygon CSVs', () => {
  const up = { x0: 0, y0: -50, x1: 10, y1: -10 };
  const polygons = (sign: number) =>
    gzipSync(
      ['x,y,poly_ID', ...square('A', 0, 20).map((row) => row.split(','))]
        .map((row) => (typeof row === 'string' ? row : `${row[1]},${sign * Number(row[2])},${row[0]}`))
        .join('\n'),
    );

  it('are mirrored only when that brings outlines to the transcripts', () => {
    expect(outlinesNeedFlip(up, { x0: 2, y0: 20, x1: 4, y1: 30 })).toBe(true);
    expect(outlinesNeedFlip(up, { x0: 2, y0: -30, x1: 4, y1: -20 })).toBe(false);
    expect(outlinesNeedFlip(up, { x0: 200, y0: 20, x1: 400, y1: 30 })).toBe(false);
  });

  it.each([
    ['negative outlines, positive transcripts', -1, 'global_x,global_y,gene\n1,21,G\n', 20],
    ['negative outlines, negative transcripts', -1, 'global_x,global_y,gene\n1,-21,G\n', -24],
    ['negative outlines, no transcripts', -1, null, 20],
    ['positive outlines, no transcripts', 1, null, 20],
  ])('%s', async (name, sign, transcripts, y0) => {
    const dir = await bundle(name.replaceAll(' ', '-'), {
      'cell_boundaries/z0_polygons.csv.gz': polygons(sign),
      ...(transcripts === null ? {} : { 'detected_transcripts.csv': transcripts }),
    });
    const [prior] = await bundlePriors('merscope', dir, context);
    expect(boundsOf(await collect(prior)).y0).toBe(y0);
  });
});

describe('HDF5 boundaries', () => {
  it('that are damaged are named', async () => {
    const dir = await bundle('bad-hdf5', { 'cell_boundaries/feature_data_1.hdf5': 'this is no HDF5 file' });
    const [prior] = await bundlePriors('merscope', dir, context);
    await expect(collect(prior)).rejects.toMatchObject({
      code: 'PRIOR_INVALID',
      message: expect.stringMatching(
        /^feature_data_1\.hdf5: the file cannot be read \(file signature not found\); expected .*; copy or export/,
      ),
    });
  });

  it.skipIf(!existsSync(DATA))('that are truncated are named', async () => {
    const dir = await bundle('cut-hdf5', { 'cell_boundaries/x.txt': '' });
    const source = join(DATA, 'merscope/cellbound-mini/cell_boundaries/feature_data_z2_z3_1.hdf5');
    const whole = await readFile(source);
    await copyFile(source, join(dir, 'cell_boundaries/feature_data_0.hdf5'));
    await writeFile(join(dir, 'cell_boundaries/feature_data_1.hdf5'), whole.subarray(0, 100_000));
    const [prior] = await bundlePriors('merscope', dir, context);
    await expect(collect(prior)).rejects.toMatchObject({ code: 'PRIOR_INVALID' });
  });
});

async function columnsOf(path: string, id: string, names: string[]): Promise<Map<string, number[]>> {
  const ids = new TextTable();
  const table = await openCsv(path);
  const found = new Map<string, number[]>();
  const requests = names.map((name) => ({ name, as: 'float32' as const, scale: 1 }));
  for await (const { columns, length } of table.batches(
    [{ name: id, as: 'code', table: ids }, ...requests],
    1000,
  )) {
    for (let row = 0; row < length; row++) {
      found.set(
        ids.names[Number(columns[0][row])],
        columns.slice(1).map((column) => Number(column[row])),
      );
    }
  }
  return found;
}

async function countInside(path: string, outlines: { rings: Float64Array[] }[]): Promise<number> {
  const table = await openCsv(path);
  const boxes = outlines.map(({ rings }) => ({ rings, box: boundsOf([{ cellId: '', rings }]) }));
  let inside = 0;
  const requests = ['global_x', 'global_y', 'global_z'].map((name) => ({
    name,
    as: 'float32' as const,
    scale: 1,
  }));
  for await (const { columns, length } of table.batches(requests, 100_000)) {
    for (let row = 0; row < length; row++) {
      const [x, y, z] = columns.map((column) => Number(column[row]));
      if (z !== 1) continue;
      const hit = boxes.some(
        ({ rings, box }) =>
          x >= box.x0 && x <= box.x1 && y >= box.y0 && y <= box.y1 && pointInRings(rings, x, y),
      );
      inside += Number(hit);
    }
  }
  return inside;
}
