import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePolygonWkb } from '@spatile/formats/geometry/wkb';
import { evaluateInDetail } from '@spatile/instrument/judge/evaluate';
import { loadTruth } from '@spatile/instrument/judge/truth';
import { TableWriter } from '@spatile/instrument/simulate/table-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { rectangle } from './truth-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'spatile-truth-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Given {
  /** Cell and feature of each transcript. */
  transcripts?: [cell: number, feature: number][];
  bornX?: number;
  profiles?: [feature: number, type: string, share: number][] | null;
  panel?: string;
  polygons?: boolean;
}

const PANEL = {
  genes: 2,
  features: [
    { name: 'a', kind: 'gene', markerOf: 'A' },
    { name: 'b', kind: 'gene', markerOf: 'C' },
    { name: 'control', kind: 'control', markerOf: null },
  ],
};
let written = 0;

/** A truth of two cells, of types A and B. */
function writeTruth(given: Given = {}): string {
  const at = join(folder, `truth-${written++}`);
  mkdirSync(at);
  writeFileSync(join(at, 'panel.json'), given.panel ?? JSON.stringify(PANEL));
  const transcripts = new TableWriter(join(at, 'transcripts.parquet'), {
    transcript_id: 'uint64',
    cell: 'int32',
    feature: 'int32',
    qv: 'float32',
    displaced: 'uint8',
    outside: 'uint8',
    born_x: 'float32',
    born_y: 'float32',
  });
  const rows = given.transcripts ?? [...new Array(12).fill([1, 0]), ...new Array(12).fill([2, 1])];
  rows.forEach(([cell, feature], i) => {
    const { columns, at: row } = transcripts;
    new Uint32Array(columns.transcript_id.buffer).set([i + 1, 0], 2 * row);
    columns.cell[row] = cell;
    columns.feature[row] = feature;
    columns.qv[row] = 40;
    columns.displaced[row] = 0;
    columns.outside[row] = 0;
    columns.born_x[row] = given.bornX ?? 5;
    columns.born_y[row] = 5;
    transcripts.next();
  });
  transcripts.finish();
  const cells = new TableWriter(join(at, 'cells.parquet'), { cell: 'int32', type: 'string' });
  const polygons = new TableWriter(join(at, 'cell_polygons.parquet'), { cell: 'int32', geometry: 'bytes' });
  for (const [i, type] of ['A', 'B'].entries()) {
    cells.columns.cell[cells.at] = i + 1;
    cells.columns.type[cells.at] = type;
    cells.next();
    polygons.columns.cell[polygons.at] = i + 1;
    const [[ring]] = rectangle(20 * i, 0, 20 * i + 10, 10);
    polygons.columns.geometry[polygons.at] = encodePolygonWkb([[Float64Array.of(...ring, ring[0], ring[1])]]);
    polygons.next();
  }
  cells.finish();
  polygons.finish();
  if (given.polygons === false) rmSync(join(at, 'cell_polygons.parquet'));
  if (given.profiles) {
    const table = new TableWriter(join(at, 'profiles.parquet'), {
      feature: 'int32',
      type: 'string',
      share: 'float64',
    });
    for (const [feature, type, share] of given.profiles) {
      table.columns.feature[table.at] = feature;
      table.columns.type[table.at] = type;
      table.columns.share[table.at] = share;
      table.next();
    }
    table.finish();
  }
  return at;
}

const PROFILES: [number, string, number][] = [
  [0, 'B', 0.25],
  [1, 'B', 0.75],
  [0, 'A', 1],
  [1, 'A', 0],
];

describe('a truth that the simulator wrote', () => {
  it('tells types, markers, profiles and outlines', async () => {
    const truth = await loadTruth(writeTruth({ profiles: PROFILES }));
    // C marks a gene though no cell is of that type.
    expect(truth.types).toEqual(['A', 'B', 'C']);
    expect([...truth.typeOf]).toEqual([0, 1]);
    expect(truth.markers).toEqual([
      { gene: 'a', type: 'A' },
      { gene: 'b', type: 'C' },
    ]);
    expect([...truth.markerTypes]).toEqual([0, 2]);
    expect([...truth.markerAt]).toEqual([0, 1, -1]);
    expect([...truth.profiles!]).toEqual([1, 0.25, 0, 0, 0.75, 0]);
    const outlines = [];
    for await (const outline of truth.outlines!()) outlines.push(outline);
    expect(outlines).toEqual([
      { cell: 1, polygons: rectangle(0, 0, 10, 10) },
      { cell: 2, polygons: rectangle(20, 0, 30, 10) },
    ]);
  });

  it('may be older: what it does not tell is not judged', async () => {
    const truth = await loadTruth(writeTruth({ polygons: false }));
    expect([truth.profiles, truth.outlines]).toEqual([null, null]);
    const assignments = async function* () {
      yield { length: 1, transcriptId: BigUint64Array.of(1n), cell: Uint32Array.of(1) };
    };
    const result = { program: 'table', name: 'r', facts: {}, assignments, outlines: null } as const;
    const { evaluation, detail } = await evaluateInDetail(result, truth);
    expect(evaluation.scores).toMatchObject({
      outlineF1: null,
      typeAccuracy: null,
      overlapF1: null,
      precision: 1,
    });
    expect(detail).toMatchObject({ types: null, cells: { outlineMatch: null, iou: null } });
    expect([...detail.cells.match]).toEqual([0, 1, 0]);
  });
});

describe('a truth that is damaged', () => {
  const cases: [what: string, given: Given, message: RegExp][] = [
    [
      'a cell that there is not',
      { transcripts: [[3, 0]] },
      /"cell" is out of range \(3\); expected less than 3/,
    ],
    ['a feature that there is not', { transcripts: [[1, 3]] }, /"feature" is out of range \(3\)/],
    ['a place that is no number', { bornX: Number.NaN }, /a place of birth is no number \(NaN\)/],
    ['a panel that is no JSON', { panel: '{' }, /panel\.json: not a panel \(1 characters\)/],
    ['more genes than features', { panel: '{"genes": 2, "features": []}' }, /2 genes; expected at most 0/],
    ['a profile of no gene', { profiles: [[2, 'A', 1]] }, /row 0 is of no gene; expected features below 2/],
    [
      'a share above 1',
      { profiles: [[0, 'A', 1.5]] },
      /a share of 1\.5 in row 0; expected shares from 0 to 1/,
    ],
    ['a share that is no number', { profiles: [[0, 'A', Number.NaN]] }, /a share of NaN in row 0/],
  ];

  it.each(cases)('is refused for %s', async (_, given, message) => {
    const wrong = loadTruth(writeTruth(given));
    await expect(wrong).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    await expect(wrong).rejects.toThrow(message);
  });

  it('is refused before room is made for more rows than a file of its size can hold', async () => {
    const at = writeTruth();
    const flags = { displaced: 'uint8', outside: 'uint8', born_x: 'uint8', born_y: 'uint8' } as const;
    const table = new TableWriter(
      join(at, 'transcripts.parquet'),
      { transcript_id: 'uint64', cell: 'uint8', feature: 'uint8', qv: 'uint8', ...flags },
      { rowsPerGroup: 400_000 },
    );
    // Equal values and ids that count up take next to nothing.
    table.fill(400_000, (from, count) => {
      const words = new Uint32Array(table.columns.transcript_id.buffer);
      for (let k = 0; k < count; k++) words[2 * k] = from + k + 1;
    });
    table.finish();
    const wrong = loadTruth(at);
    await expect(wrong).rejects.toMatchObject({ code: 'METADATA_INVALID' });
    await expect(wrong).rejects.toThrow(/claims 400000 rows in \d+ bytes; expected at most one row per byte/);
  });

  it('is refused without its tables', async () => {
    const at = writeTruth();
    rmSync(join(at, 'panel.json'));
    await expect(loadTruth(at)).rejects.toMatchObject({ code: 'INPUT_MISSING' });
    await expect(loadTruth(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'INPUT_MISSING' });
  });
});
