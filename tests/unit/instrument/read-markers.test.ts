import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countCells } from '@spatile/instrument/judge/markers/count-cells';
import { evaluateByMarkers } from '@spatile/instrument/judge/markers/evaluate-markers';
import { formatMarkers } from '@spatile/instrument/judge/markers/format-markers';
import { type MarkerSet, readMarkers, readReference } from '@spatile/instrument/judge/markers/read-markers';
import { openResult } from '@spatile/instrument/judge/read/open-result';
import type { GeneBatch } from '@spatile/instrument/judge/read/result';
import { afterAll, describe, expect, it } from 'vitest';
import { hasSharedData, shared, skipNote } from '../bundle/shared-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'spatile-markers-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

function file(text: string): string {
  const path = join(folder, `${files++}.csv`);
  writeFileSync(path, text);
  return path;
}

describe('markers', () => {
  const expected = [
    { gene: 'EPCAM', type: 'Epithelial' },
    { gene: 'CD3E', type: 'T' },
  ];

  it.each([
    ['a list', 'gene,cell_type\nEPCAM,Epithelial\nCD3E,T\nVIM,T\nVIM,Epithelial\nEPCAM,Epithelial\n'],
    ['a table of types x genes', ',EPCAM,ACTB,CD3E,VIM\nEpithelial,1,0,0,1\nT,0,0,1,1\n'],
    ['a table of genes x types', 'gene,Epithelial,T\nEPCAM,1,0\nACTB,0,0\nCD3E,0,1\nVIM,1,1\n'],
  ])('come from %s; a gene of two types marks none', async (_, text) => {
    const set = await readMarkers(file(text));
    expect(set).toMatchObject({ markers: expected, shared: 1, rule: 'as given' });
  });

  it.each([
    ['means instead of 0 and 1', 'type,EPCAM,CD3E\nE,0.5,0\nT,0,2\n'],
    ['one type', 'gene,type\nEPCAM,E\nKRT8,E\n'],
    ['no values', 'type\nE\nT\n'],
    ['a negative value', 'type,EPCAM\nE,-1\nT,1\n'],
    ['a value that is missing', 'type,EPCAM\nE,\nT,1\n'],
  ])('are refused with %s', async (_, text) => {
    await expect(readMarkers(file(text))).rejects.toMatchObject({ code: 'MARKERS_INVALID' });
  });
});

describe('a reference', () => {
  /** 40 genes, of which two may mark a type; the means of one type in two atlases are averaged. */
  const genes = Array.from({ length: 40 }, (_, i) => `G${i}`);
  const row = (type: string, atlas: string, means: Record<number, number>): string =>
    [0, ...genes.map((_, i) => means[i] ?? 0.01), atlas, type].join(',');
  const table = (...rows: string[]): string => `${[`,${genes},atlas,cell_type`, ...rows].join('\n')}\n`;

  it('gives genes among the highest of their type that others have four times less of', async () => {
    const text = table(
      row('A', 'one', { 0: 8, 1: 6, 2: 5 }),
      row('A', 'two', { 0: 4, 1: 6, 2: 5 }),
      // Gene 0 has a quarter of 6, gene 1 more than that.
      row('B', 'one', { 0: 1.5, 1: 1.6, 3: 9, 4: 8 }),
    );
    const { markers, rule } = await readReference(file(text), 'linear');
    // Gene 2 of A is exclusive but third of its type.
    expect(markers).toEqual([
      { gene: 'G0', type: 'A' },
      { gene: 'G3', type: 'B' },
      { gene: 'G4', type: 'B' },
    ]);
    expect(rule).toMatch(/top 5 %.* 4 times/);
  });

  it('may hold logarithms', async () => {
    // ln(1 + 1) and ln(1 + 3.9), ln(1 + 4.1): 4 times less, or not, once they are counts again.
    const text = table(
      row('A', 'one', { 0: 1.63, 1: 1.58 }),
      row('B', 'one', { 0: Math.LN2, 1: Math.LN2, 2: 2 }),
    );
    const genesOn = async (scale: 'linear' | 'log1p') =>
      (await readReference(file(text), scale)).markers.map(({ gene }) => gene);
    expect(await genesOn('log1p')).toEqual(['G0', 'G2']);
    await expect(genesOn('linear')).rejects.toMatchObject({ code: 'MARKERS_INVALID' });
  });

  it('without exclusive genes is refused', async () => {
    const text = table(row('A', 'one', { 0: 8 }), row('B', 'one', { 0: 8 }));
    await expect(readReference(file(text), 'linear')).rejects.toMatchObject({ code: 'MARKERS_INVALID' });
  });
});

const SET: MarkerSet = {
  source: 'm.csv',
  rule: 'as given',
  markers: [
    { gene: 'a', type: 'A' },
    { gene: 'absent', type: 'B' },
    { gene: 'b', type: 'B' },
  ],
  shared: 0,
};

/** Verdicts as `cell gene` words. */
const genesOf = (rows: [cell: number, gene: string, qv?: number][]) => {
  const names = [...new Set(rows.map(([, gene]) => gene))];
  async function* batches(): AsyncGenerator<GeneBatch> {
    for (const half of [rows.slice(0, 5), rows.slice(5)])
      yield {
        length: half.length,
        cell: Uint32Array.from(half, ([cell]) => cell),
        gene: Uint32Array.from(half, ([, gene]) => names.indexOf(gene)),
        qv: Float32Array.from(half, ([, , qv]) => qv ?? 40),
      };
  }
  return { names, batches };
};

it('counts genes of sufficient quality by cell, controls left out', async () => {
  const counts = await countCells(
    genesOf([
      [9, 'a'],
      [9, 'a'],
      [9, 'b', 3],
      [0, 'b'],
      [4, 'b'],
      [9, 'c'],
      [4, 'NegControlProbe_00001'],
      [7, 'c'],
      [7, 'c', Number.NaN],
    ]),
    SET.markers,
    20,
  );
  expect(counts).toMatchObject({
    transcripts: { rows: 9, judged: 6, assigned: 5 },
    cells: 3,
    medianTranscripts: 1,
    medianGenes: 1,
    names: new Set(['a', 'b', 'c', 'NegControlProbe_00001']),
  });
  const { start, marker, count } = counts.markers;
  const held = Array.from({ length: 3 }, (_, i) =>
    Array.from({ length: start[i + 1] - start[i] }, (_, j) => [marker[start[i] + j], count[start[i] + j]]),
  );
  expect(held.sort((a, b) => a.flat().length - b.flat().length || a[0][0] - b[0][0])).toEqual([
    [],
    [[0, 2]],
    [[2, 1]],
  ]);
});

it('counts the same however many cells there are', async () => {
  const rows = Array.from({ length: 30_000 }, (_, i): [number, string] => [1 + (i % 9_973), `g${i % 7}`]);
  const { cells, transcripts, medianTranscripts } = await countCells(genesOf(rows), SET.markers, 0);
  expect({ cells, assigned: transcripts.assigned, medianTranscripts }).toEqual({
    cells: 9_973,
    assigned: 30_000,
    medianTranscripts: 3,
  });
});

describe('a real slide', () => {
  /** Ten cells as in the literature's example: a in 4, b in 3, both in 1. */
  const IN = { a: [1, 2, 3, 4], b: [4, 5, 6] };
  const seen = (cells: Record<string, number[]>) =>
    Object.entries(cells).flatMap(([gene, list]) => list.map((cell): [number, string] => [cell, gene]));
  const slide = (): string => {
    const path = join(folder, `slide${files++}`);
    mkdirSync(path);
    const rows = seen({ ...IN, c: [7, 8, 9, 10] }).map(
      ([cell, gene], i) => `${i},1,1,${gene},40,cell${cell},${cell < 4 ? 1 : 0}`,
    );
    const header = 'transcript_id,x_location,y_location,feature_name,qv,cell_id,overlaps_nucleus';
    writeFileSync(join(path, 'transcripts.csv'), `${[header, ...rows].join('\n')}\n`);
    return path;
  };

  it('is judged by how often exclusive markers meet, beside its own cells and nuclei', async () => {
    const bundle = slide();
    // The same cells under other names, without the transcript of b in cell 4.
    const verdicts = [1, 2, 3, 4, '', 5, 6, 7, 8, 9, 10].map((cell, id) => `${id},${cell}`);
    const table = file(`${['transcript_id,cell', ...verdicts].join('\n')}\n`);
    const result = await openResult(table, { bundle, name: 'mine' });
    const judged = await evaluateByMarkers([result], SET, { bundle });
    const [mine, cells, nuclei] = judged.map(({ evaluation }) => evaluation);
    expect(cells.result).toBe("the bundle's cells");
    expect(cells.coexpression.hard).toBeCloseTo(1 / 6, 15);
    expect(cells.transcripts).toEqual({ rows: 11, judged: 11, assigned: 11, share: 1 });
    expect(nuclei.result).toBe("the bundle's nuclei");
    expect(nuclei.transcripts.assigned).toBe(3);
    // The marker that the slide does not have makes no pairs.
    expect(mine.coexpression).toMatchObject({ hard: 0, pairs: 1, types: ['A', 'B'] });
    expect(mine.markers).toEqual({ source: 'm.csv', rule: 'as given', used: 2, shared: 0 });
    expect(mine.transcripts.share).toBeCloseTo(10 / 11, 15);
    // Thinned to 10 of 11, the cells keep both markers of cell 4 with (10/11)^2.
    const keep = 10 / 11;
    expect(mine.thinnedVendor).toBeCloseTo((keep * keep) / (7 * keep - keep * keep), 12);
    expect(formatMarkers([mine, cells])).toMatch(/exclusive markers together .* 0\.0000 +0\.1667/);
    expect(JSON.parse(JSON.stringify(mine)).coexpression.byTypes).toEqual([null, 0, 0, null]);
  });

  it('needs genes', async () => {
    const result = await openResult(file('transcript_id,cell\n1,1\n'));
    await expect(evaluateByMarkers([result], SET)).rejects.toMatchObject({ code: 'RESULT_INVALID' });
  });
});

describe.skipIf(!hasSharedData)(`the breast crop${skipNote}`, () => {
  it("shows that the vendor's cells mix types more than its nuclei do", async () => {
    const bundle = shared('xenium/breast-crop/outs');
    const set = await readMarkers(shared('references/breast/sc_breast_markers_pos.csv'));
    const judged = await evaluateByMarkers([await openResult(bundle)], set, { bundle });
    const [own, cells, nuclei] = judged.map(({ evaluation }) => evaluation);
    expect(own.coexpression).toEqual(cells.coexpression);
    expect(own.transcripts).toEqual(cells.transcripts);
    expect(set).toMatchObject({ markers: { length: 83 }, shared: 41 });
    expect(cells.coexpression.hard).toBeCloseTo(0.0723, 4);
    expect(nuclei.coexpression.hard).toBeCloseTo(0.0344, 4);
  });

  it('has a reference of 63 rows and 15 types', async () => {
    const { markers } = await readReference(shared('references/breast/sc_breast.csv'), 'log1p');
    expect(markers).toContainEqual({ gene: 'MS4A1', type: 'B' });
    expect(markers).toContainEqual({ gene: 'TPSAB1', type: 'Mast' });
  });
});
