import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { openResult } from '@spatile/instrument/judge/read/open-result';
import type { JudgedResult } from '@spatile/instrument/judge/read/result';
import { UNKNOWN_ID } from '@spatile/instrument/judge/read/slide-join';
import { parse } from 'csv-parse/sync';
import { afterAll, describe, expect, it } from 'vitest';
import { hasSharedData, shared, skipNote } from '../bundle/shared-data.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const proseg = join(fixtures, 'proseg-3.1.0');
const folder = mkdtempSync(join(tmpdir(), 'spatile-read-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ID = 281474976710656n;

/** Transcript id and cell of all rows. */
async function verdictsOf(result: JudgedResult): Promise<[bigint, number][]> {
  const rows: [bigint, number][] = [];
  for await (const { length, transcriptId, cell } of result.assignments())
    for (let i = 0; i < length; i++) rows.push([transcriptId[i], cell[i]]);
  return rows;
}

async function outlinesOf(result: JudgedResult): Promise<Map<number, number[][][]>> {
  const outlines = new Map<number, number[][][]>();
  for await (const { cell, polygons } of result.outlines!())
    outlines.set(
      cell,
      polygons.map((rings) => rings.map((ring) => [...ring])),
    );
  return outlines;
}

async function genesOf(result: JudgedResult): Promise<[gene: string, cell: number, qv: number | null][]> {
  const rows: [string, number, number | null][] = [];
  const { names, batches } = result.genes!;
  for await (const { length, cell, gene, qv } of batches())
    for (let i = 0; i < length; i++) rows.push([names[gene[i]], cell[i], qv === null ? null : qv[i]]);
  return rows;
}

/** Writes files into a folder of their own. */
function write(name: string, files: Record<string, string>): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}

const SQUARE = [[[0, 0, 2, 0, 2, 2, 0, 2]]];
const TRIANGLE = [[[4, 4, 6, 4, 6, 6]]];

describe('Proseg 3', () => {
  const rows: Record<string, string>[] = parse(
    gunzipSync(readFileSync(join(proseg, 'transcript-metadata.csv.gz'))),
    { columns: true },
  );
  /** Cells as Proseg numbers them, -1 = none, from the numbers that the reader gave. */
  const named = (verdicts: [bigint, number][]): [bigint, number][] => {
    const names = new Map<number, number>([[0, -1]]);
    return verdicts.map(([id, cell], row) => {
      const { assignment } = rows[row];
      if (!names.has(cell)) names.set(cell, Number(assignment));
      return [id, names.get(cell)!];
    });
  };
  const expected = rows.map(({ transcript_id, assignment }): [bigint, number] => [
    BigInt(transcript_id),
    assignment === '' ? -1 : Number(assignment),
  ]);

  it.each([
    ['its Zarr', 'proseg-output.zarr'],
    ['its table', 'transcript-metadata.csv.gz'],
  ])('is read from %s, cell 0 being a cell', async (_, file) => {
    const result = await openResult(join(proseg, file));
    expect(result).toMatchObject({ program: 'proseg', name: file, facts: {} });
    const verdicts = await verdictsOf(result);
    expect(named(verdicts)).toEqual(expected);
    expect(new Set(expected.map(([, cell]) => cell)).has(0)).toBe(true);
    expect(new Set(verdicts.map(([, cell]) => cell)).size).toBe(
      new Set(expected.map(([, cell]) => cell)).size,
    );
    expect(await verdictsOf(result), 'a second pass').toEqual(verdicts);
    expect((await genesOf(result)).map(([gene]) => gene)).toEqual(rows.map(({ gene }) => gene));
  });

  it('draws the same cells in the Zarr and beside the table', async () => {
    const [zarr, table] = await Promise.all(
      ['proseg-output.zarr', 'transcript-metadata.csv.gz'].map((file) => openResult(join(proseg, file))),
    );
    // Outlines before verdicts in one, after them in the other: numbers are kept either way.
    const early = await outlinesOf(zarr);
    const cellOf = new Map((await verdictsOf(zarr)).map(([id, cell]) => [id, cell]));
    const both = (await verdictsOf(table)).map(([id, cell]): [number, number] => [cellOf.get(id)!, cell]);
    const late = await outlinesOf(table);
    expect(early.size).toBe(30);
    const area = (polygons: number[][][] | undefined): number =>
      polygons!.flat().reduce((sum, ring) => sum + Math.abs(ringArea(ring)), 0);
    for (const [a, b] of both) {
      expect(a === 0).toBe(b === 0);
      if (a > 0) expect(area(early.get(a))).toBeCloseTo(area(late.get(b)), 2);
    }
  });

  it('that was given no ids is joined to the bundle by the places that it observed', async () => {
    const seen = rows.map((row) => `${row.transcript_id},${row.observed_x},${row.observed_y},${row.gene},40`);
    const bundle = write('observed', {
      'transcripts.csv': `${['transcript_id,x_location,y_location,feature_name,qv', ...seen.reverse()].join('\n')}\n`,
    });
    const names = Object.keys(rows[0]);
    const unnamed = rows.map((row) =>
      names.map((name) => (name === 'transcript_id' ? '' : row[name])).join(),
    );
    const path = write('unnamed', { 'v.csv': `${[names.join(), ...unnamed].join('\n')}\n` });
    expect(named(await verdictsOf(await openResult(join(path, 'v.csv'), { bundle })))).toEqual(expected);
  });

  it('takes the table out of a folder', async () => {
    expect((await openResult(proseg)).program).toBe('proseg');
  });

  it('refuses outlines of layers, which are not flat', async () => {
    const layers = join(proseg, 'cell-polygons-layers.geojson.gz');
    const result = await openResult(join(proseg, 'transcript-metadata.csv.gz'), { polygons: layers });
    await expect(outlinesOf(result)).rejects.toMatchObject({ code: 'RESULT_INVALID' });
  });
});

function ringArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += ring[i] * ring[j + 1] - ring[j] * ring[i + 1];
  }
  return twice / 2;
}

it('reads the table of Proseg 2: none is the largest number, background is taken out of its cell', async () => {
  const result = await openResult(join(fixtures, 'proseg-2.0.6', 'transcript-metadata.csv'));
  expect(await verdictsOf(result)).toEqual([
    [ID, 1],
    [ID + 1n, 1],
    [ID + 2n, 2],
    [ID + 3n, 0],
    [ID + 4n, 0],
  ]);
  expect((await genesOf(result))[2]).toEqual(['CD3E', 2, 12.5]);
  expect(result.outlines).toBeNull();
});

describe('Baysor', () => {
  it('0.7 keeps the ids of its input, and its own cells count, not those of the vendor', async () => {
    const result = await openResult(join(fixtures, 'baysor-0.7'), { name: 'B' });
    expect(result).toMatchObject({ program: 'baysor', name: 'B' });
    expect(await verdictsOf(result)).toEqual([
      [ID, 1],
      [ID + 2n, 2],
      [ID + 3n, 0],
    ]);
    expect(await outlinesOf(result)).toEqual(
      new Map([
        [1, SQUARE],
        [2, TRIANGLE],
      ]),
    );
    expect(await genesOf(result)).toEqual([
      ['EPCAM', 1, 40],
      ['CD3E', 2, 18.5],
      ['CD3E', 0, 40],
    ]);
  });

  it('0.9 writes 0 for noise', async () => {
    const result = await openResult(join(fixtures, 'baysor-0.9', 'segmentation.csv'));
    expect((await verdictsOf(result)).map(([, cell]) => cell)).toEqual([1, 2, 0]);
  });

  describe('0.6 without ids', () => {
    const path = join(fixtures, 'baysor-0.6', 'segmentation.csv');
    const bundle = (rows: string[]): string =>
      write(`slide${rows.length}`, {
        'transcripts.csv': `${['transcript_id,x_location,y_location,feature_name,qv,cell_id', ...rows].join('\n')}\n`,
      });
    const SLIDE = [
      '70,5.25,5.0,EPCAM,40,1',
      '71,1.0,1.0,EPCAM,40,1',
      '72,5.25,5.0,CD3E,40,1',
      '73,1.0,1.0,EPCAM,40,1',
      '74,30,30,CD3E,5,-1',
    ];

    it('is joined to the bundle by place and gene, equal transcripts in order', async () => {
      const result = await openResult(path, { bundle: bundle(SLIDE) });
      const expected = [
        [71n, 1],
        [73n, 2],
        [72n, 2],
        [74n, 0],
      ];
      expect(await verdictsOf(result)).toEqual(expected);
      expect(await verdictsOf(result), 'a second pass').toEqual(expected);
    });

    it('finds the number of an outline at the end of the id, before any verdict was read', async () => {
      const result = await openResult(path, { bundle: bundle(SLIDE) });
      expect(await outlinesOf(result)).toEqual(
        new Map([
          [1, SQUARE],
          [2, TRIANGLE],
        ]),
      );
    });

    it('marks what the bundle lacks, and refuses when that is most', async () => {
      const rows = await verdictsOf(await openResult(path, { bundle: bundle(SLIDE.slice(0, 3)) }));
      expect(rows.map(([id]) => id)).toEqual([71n, UNKNOWN_ID, 72n, UNKNOWN_ID]);
      const other = await openResult(path, { bundle: bundle(SLIDE.slice(0, 1)) });
      await expect(verdictsOf(other)).rejects.toMatchObject({ code: 'RESULT_INVALID' });
    });

    it('says that it needs the bundle, but tells genes without', async () => {
      const result = await openResult(path);
      expect((await genesOf(result)).map(([gene]) => gene)).toEqual(['EPCAM', 'EPCAM', 'CD3E', 'CD3E']);
      expect(() => result.assignments()).toThrow(/--bundle/);
    });
  });
});

describe('a bundle', () => {
  it("gives the instrument's own cells and their outlines", async () => {
    const path = write('own', {
      'transcripts.csv': `transcript_id,x_location,y_location,feature_name,qv,cell_id
7,1,1,EPCAM,40,aaaaaaab-1
8,5,5,EPCAM,40,UNASSIGNED
9,5,5,EPCAM,40,aaaaaaac-1
`,
      'cell_boundaries.csv': `cell_id,vertex_x,vertex_y
aaaaaaac-1,4,4
aaaaaaac-1,6,4
aaaaaaac-1,6,6
aaaaaaac-1,4,4
`,
    });
    const result = await openResult(path);
    expect(result.program).toBe('xenium');
    expect(await verdictsOf(result)).toEqual([
      [7n, 1],
      [8n, 0],
      [9n, 2],
    ]);
    expect(await outlinesOf(result)).toEqual(new Map([[2, TRIANGLE]]));
  });

  it('and the truth of a simulated slide alike: with the true outlines, and genes from the bundle', async () => {
    const path = write('true', { 'transcripts.csv': 'transcript_id,cell\n7,1\n8,0\n' });
    const shapes = join(proseg, 'proseg-output.zarr', 'shapes', 'cell_boundaries', 'shapes.parquet');
    copyFileSync(shapes, join(path, 'cell_polygons.parquet'));
    const bundle = write('seen', {
      'transcripts.csv': 'transcript_id,x_location,y_location,feature_name,qv\n7,1,1,A,40\n8,1,1,B,40\n',
    });
    const result = await openResult(path, { bundle });
    expect(result.program).toBe('table');
    expect(await genesOf(result)).toEqual([
      ['A', 1, 40],
      ['B', 0, 40],
    ]);
    expect((await outlinesOf(result)).size).toBe(30);
  });

  it('of CosMx is numbered by row', async () => {
    const path = write('cosmx', {
      'S_tx_file.csv': `fov,cell_ID,x_global_px,y_global_px,x_local_px,y_local_px,z,target,CellComp
1,3,1,1,1,1,0,A,Nuclear
2,3,9,9,9,9,0,A,Nuclear
1,0,5,5,5,5,0,A,None
`,
    });
    const result = await openResult(path);
    expect(result.program).toBe('cosmx');
    expect(await verdictsOf(result)).toEqual([
      [0n, 1],
      [1n, 2],
      [2n, 0],
    ]);
  });
});

describe('a plain table', () => {
  const table = (text: string): string => join(write(`t${text.length}`, { 'v.csv': text }), 'v.csv');

  it('has genes from the bundle, by id; what the bundle lacks is left out', async () => {
    const path = table('transcript_id,cell\n9,b\n7,b\n5,a\n8,0\n');
    const bundle = write('genes', {
      'transcripts.csv': `transcript_id,x_location,y_location,feature_name,qv
7,1,1,EPCAM,40
8,5,5,CD3E,3.5
9,5,5,ACTB,20
`,
    });
    expect(await genesOf(await openResult(path, { bundle }))).toEqual([
      ['ACTB', 1, 20],
      ['EPCAM', 1, 40],
      ['CD3E', 0, 3.5],
    ]);
    expect((await openResult(path)).genes).toBeNull();
  });

  it('may bring outlines in a file: pieces, holes, and ids as floats', async () => {
    const path = table('transcript_id,cell_id\n1,12.0\n');
    const polygons = join(folder, 'p.json');
    const ring = (a: number, b: number) => [
      [a, a],
      [b, a],
      [b, b],
      [a, a],
    ];
    writeFileSync(
      polygons,
      JSON.stringify({
        type: 'FeatureCollection',
        features: [
          {
            type: 'Feature',
            properties: { cell: 12 },
            geometry: { type: 'MultiPolygon', coordinates: [[ring(0, 9), ring(2, 3)], [ring(20, 21)]] },
          },
        ],
      }),
    );
    expect(await outlinesOf(await openResult(path, { polygons }))).toEqual(
      new Map([
        [
          1,
          [
            [
              [0, 0, 9, 0, 9, 9],
              [2, 2, 3, 2, 3, 3],
            ],
            [[20, 20, 21, 20, 21, 21]],
          ],
        ],
      ]),
    );
  });

  it.each([
    ['a table without cells', 'transcript_id,x\n1,2\n', 'COLUMN_MISSING'],
    ['a damaged row', 'transcript_id,cell\n1,2\n"3', 'CSV_INVALID'],
    ['an id that is no number', 'transcript_id,cell\nx,2\n', 'COLUMN_TYPE'],
  ])('refuses %s', async (_, text, code) => {
    const path = table(text);
    await expect(openResult(path).then(verdictsOf)).rejects.toMatchObject({ code });
  });
});

it.each([
  ['a folder of something else', { 'notes.txt': 'x' }, 'RESULT_INVALID'],
  ['an empty folder', {}, 'INPUT_EMPTY'],
])('refuses %s', async (name, files, code) => {
  await expect(openResult(write(name, files))).rejects.toMatchObject({ code });
});

it('refuses a store without cells, and a path that is not there', async () => {
  const store = write('bare.zarr', { 'zarr.json': '{}' });
  await expect(openResult(store)).rejects.toThrow(/found points: none/);
  await expect(openResult(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'INPUT_MISSING' });
});

it('refuses outlines that are cut off, name no cell, or are no polygons', async () => {
  const path = join(write('bad', { 'v.csv': 'transcript_id,cell\n1,2\n' }), 'v.csv');
  const whole = readFileSync(join(proseg, 'cell-polygons.geojson.gz'));
  const files: [string, string | Buffer, string][] = [
    ['cut.json', '{"type":"FeatureCollection","features":[{', 'RESULT_INVALID'],
    ['cut.geojson.gz', whole.subarray(0, whole.length / 2), 'CSV_INVALID'],
    ['unnamed.json', '{"features":[{"type":"Feature","geometry":null}]}', 'RESULT_INVALID'],
    [
      'point.json',
      '{"features":[{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[1,2]}}]}',
      'RESULT_INVALID',
    ],
    ['short.parquet', 'PAR1', 'PARQUET_INVALID'],
  ];
  for (const [name, bytes, code] of files) {
    const polygons = join(folder, name);
    writeFileSync(polygons, bytes);
    const result = await openResult(path, { polygons });
    await expect(outlinesOf(result), name).rejects.toMatchObject({ code });
  }
});

it('reads SpatialData whose points are one file and whose table has no known program', async () => {
  const store = join(folder, 'one.zarr');
  const points = join(store, 'points', 'molecules');
  mkdirSync(points, { recursive: true });
  const part = join(
    proseg,
    'proseg-output.zarr',
    'points',
    'transcripts',
    'points.parquet',
    'part.0.parquet',
  );
  copyFileSync(part, join(points, 'points.parquet'));
  const result = await openResult(store);
  expect(await verdictsOf(result)).toHaveLength(688);
  expect(result.outlines).toBeNull();
});

describe.skipIf(!hasSharedData)(`real data${skipNote}`, () => {
  it("reads Baysor's cells in a SpatialData store of Zarr v2, whose molecules have no ids", async () => {
    const result = await openResult(shared('merfish/ileum-crop.sdata.zarr'));
    expect(result.program).toBe('baysor');
    const rows = await genesOf(result);
    expect(rows).toHaveLength(473);
    expect(rows.filter(([, cell]) => cell > 0)).toHaveLength(354);
    expect(new Set(rows.map(([gene]) => gene)).size).toBe(78);
  });

  it("reads the own cells of Xenium's smallest bundle with an outline for every cell that has one", async () => {
    const result = await openResult(shared('xenium/breast-crop/outs'));
    const cells = new Set((await verdictsOf(result)).map(([, cell]) => cell));
    const outlines = await outlinesOf(result);
    expect(outlines.size).toBe(78);
    for (const cell of outlines.keys()) expect(cells.has(cell)).toBe(true);
  });
});
