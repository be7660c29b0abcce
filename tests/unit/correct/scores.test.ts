import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Block } from '@spatile/coordinator/correct/blocks';
import { heldCounts } from '@spatile/coordinator/correct/counts/memory';
import { collectTypes, settleTypes } from '@spatile/coordinator/correct/rctd/cell-types';
import { scoreMatrices, scoresByCell } from '@spatile/coordinator/correct/rctd/scores';
import { normalisedClasses } from '@spatile/coordinator/correct/split/normalised';
import { extendSpatialData } from '@spatile/formats/spatialdata/extend';
import { readMatrix, readTable } from '@spatile/formats/spatialdata/read';
import { validateSpatialData } from '@spatile/formats/spatialdata/validate';
import type { CsrBlocks } from '@spatile/formats/spatialdata/write';
import { CELL_CLASSES, readScored, readTyped, typesFrame } from '@spatile/formats/tile/correct';
import type { Frame } from '@spatile/formats/tile/frame';
import { fitDoublet } from '@spatile/worker/correct/rctd/doublet';
import { ScoreList } from '@spatile/worker/correct/rctd/scored';
import { typeCells } from '@spatile/worker/correct/rctd/types';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CELLS, FEATURES, writeExampleStore } from '../spatialdata/example-store.ts';
import { solverOf, TOY, takeCell, toyCounts } from './toy.ts';

const SIGMA = 0.5;
const THRESHOLDS = { confidence: 5, doublet: 20 };
const OWN = [0, 1, 2];
/** Two types, one, too few transcripts, all three. */
const SLIDE = [
  { umi: 2000, counts: toyCounts(2000, [0.3, 0, 0.7]) },
  { umi: 1000, counts: toyCounts(1000, [0, 1, 0]) },
  { umi: 4, counts: toyCounts(60, [0, 1, 0]).map((_, j) => (j < 4 ? 1 : 0)) },
  { umi: 2500, counts: toyCounts(2500, [0.4, 0.3, 0.3]) },
];
const BLOCK: Block = { id: 'all', from: 0, to: SLIDE.length };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spatile-scores-'));
});
afterAll(() => rm(folder, { recursive: true }));

function tableOf() {
  const gene = SLIDE.map(({ counts }) => counts.flatMap((n, j) => (n > 0 ? [j] : [])));
  const indptr = Int32Array.from([0, ...gene.map((_, i) => gene.slice(0, i + 1).flat().length)]);
  const names = TOY_NAMES;
  return heldCounts(
    {
      indptr,
      indices: Int32Array.from(gene.flat()),
      data: Int32Array.from(gene.flatMap((list, i) => list.map((j) => SLIDE[i].counts[j]))),
    },
    { geneNames: names, geneIds: names, spatial: new Float64Array(2 * SLIDE.length) },
  );
}
const TOY_NAMES = Array.from({ length: TOY.genes }, (_, j) => `g${j}`);

async function typedFrameOf(mode: 'doublet' | 'full' | 'multi'): Promise<Frame> {
  const table = tableOf();
  const { indices, data } = await table.rows(0, SLIDE.length);
  const all = Int32Array.from(TOY_NAMES, (_, j) => j);
  return typeCells(
    typesFrame({
      model: {
        types: TOY.types,
        sigma: SIGMA,
        proportions: Float64Array.of(1, 1, 1).map((n) => n / 3),
        bulkList: all,
        list: all,
        profiles: TOY.shares,
        largestCount: 120,
      },
      groupOf: Int32Array.from(OWN),
      settings: { mode, umiMin: 10, umiMax: 1e6, countsMin: 10, maxTypes: 4, ...THRESHOLDS },
      cells: {
        length: Uint32Array.from(SLIDE, (_, i) => table.start[i + 1] - table.start[i]),
        gene: Uint32Array.from(indices),
        count: Uint32Array.from(data),
      },
    }),
    { progress: () => {}, count: () => {} },
  );
}

/** Row i of a matrix that is written block by block, by column. */
async function rowsOf({ blocks }: CsrBlocks): Promise<Map<number, number>[]> {
  const out: Map<number, number>[] = [];
  for await (const { length, indices, data } of blocks()) {
    let at = 0;
    for (const n of length) {
      out.push(new Map(Array.from({ length: n }, (_, e) => [indices[at + e], data[at + e]])));
      at += n;
    }
  }
  return out;
}

test('every candidate alone and every pair has its score, in the column of its types', async () => {
  const frame = await typedFrameOf('doublet');
  const matrices = await scoreMatrices(SLIDE.length, 3, async () => readScored(frame));
  const [single, pair] = [await rowsOf(matrices.rctd_singlet_scores), await rowsOf(matrices.rctd_score_mat)];
  expect([matrices.rctd_singlet_scores.columns, matrices.rctd_score_mat.columns]).toEqual([3, 9]);
  const solver = await solverOf(TOY, SIGMA);
  const typed = readTyped(frame);
  for (const [i, { umi, counts }] of SLIDE.entries()) {
    if (umi < 10) {
      expect([single[i].size, pair[i].size]).toEqual([0, 0]);
      continue;
    }
    takeCell(
      solver,
      counts,
      counts.reduce((a, b) => a + b, 0),
    );
    const { scores, minScore } = fitDoublet(solver, OWN, THRESHOLDS);
    const n = scores.candidates.length;
    expect([single[i].size, pair[i].size]).toEqual([n, (n * (n - 1)) / 2]);
    scores.candidates.forEach((k, a) => {
      expect(single[i].get(k)).toBe(Math.fround(scores.single[a]));
      scores.candidates.forEach((l, b) => {
        if (k < l) expect(pair[i].get(3 * k + l)).toBe(Math.fround(scores.pair[a * n + b]));
      });
    });
    expect(Math.min(...pair[i].values())).toBe(Math.fround(minScore));
    expect(typed.minScore[i]).toBe(Math.fround(minScore));
  }
  // A pure cell has a candidate and an arbitrary partner, the last cell all three.
  expect([...single[1].keys()]).toContain(1);
  expect([...pair[3].keys()]).toEqual([1, 2, 5]);
});

test('candidates are put in the order of the types', () => {
  const list = new ScoreList(2);
  const pair = Float64Array.of(0, 12, 13, 12, 0, 23, 13, 23, 0);
  list.add(1, { candidates: [4, 0, 2], single: Float64Array.of(1, 2, 3), pair });
  const scored = list.cells();
  const [none, cell] = [...scoresByCell(scored)];
  expect(none.type.length).toBe(0);
  expect([...cell.type]).toEqual([0, 2, 4]);
  expect([...cell.single]).toEqual([2, 3, 1]);
  // Pairs (0, 2), (0, 4), (2, 4).
  expect([...cell.pair]).toEqual([23, 12, 13]);
});

test.each(['full', 'multi'] as const)('mode %s scores no pairs', async (mode) => {
  const { length, type, pair } = readScored(await typedFrameOf(mode));
  expect([...length]).toEqual([0, 0, 0, 0]);
  expect([type.length, pair.length]).toEqual([0, 0]);
});

test('the class by gain per gene is singlet where the second type gains little for each gene', async () => {
  const frame = await typedFrameOf('doublet');
  const typed = await collectTypes([BLOCK], 3, async () => frame);
  const settled = settleTypes(typed, 3, 0.05);
  const place = Int32Array.from(TOY_NAMES, (_, j) => (j === 0 ? -1 : j - 1));
  const read = async () => readScored(frame);
  const { gain, cellClass } = await normalisedClasses(tableOf(), place, settled, typed, read);
  const [first] = [...scoresByCell(await read())];
  const alone = first.single[first.type.indexOf(settled.first[0])];
  // 60 genes, of which the reference lacks one.
  expect(gain[0]).toBe(Math.fround((alone - typed.minScore[0]) / 59));
  expect(CELL_CLASSES[settled.cellClass[0]]).toBe('doublet_certain');
  expect(gain[0]).toBeGreaterThan(0.5);
  expect(CELL_CLASSES[cellClass[0]]).toBe('doublet_certain');
  expect(gain[2]).toBeNaN();
  expect(CELL_CLASSES[cellClass[2]]).toBe('filtered');
  const lowered = { ...typed, minScore: typed.minScore.map((score) => score + 100) };
  const less = await normalisedClasses(tableOf(), place, settled, lowered, read);
  expect(CELL_CLASSES[less.cellClass[0]]).toBe('singlet');
  const rejected = { ...settled, cellClass: settled.cellClass.map(() => CELL_CLASSES.indexOf('reject')) };
  const kept = await normalisedClasses(tableOf(), place, rejected, lowered, read);
  expect(CELL_CLASSES[kept.cellClass[0]]).toBe('reject');
});

test('sparse rows of obsm are written, read and checked', async () => {
  const [source, output] = [join(folder, 'source.zarr'), join(folder, 'scored.zarr')];
  await writeExampleStore(source, folder);
  const blocks = async function* () {
    yield {
      length: new Uint32Array(CELLS).fill(1),
      indices: new Int32Array(CELLS).fill(8),
      data: new Float32Array(CELLS).fill(7.5),
    };
  };
  const additions = (rows: number) => ({
    obs: [],
    obsm: { rctd_score_mat: { rows, columns: 9, nonZero: CELLS, blocks } },
    layers: {},
    uns: {},
    shape: [CELLS, FEATURES.length - 1] as const,
  });
  await extendSpatialData(source, output, 'table', additions(CELLS), {});
  expect(await validateSpatialData(output)).toEqual([]);
  const { indptr, indices, data } = await readMatrix(output, 'tables/table/obsm/rctd_score_mat');
  expect([indptr.length, ...new Set(indices), ...new Set(data)]).toEqual([CELLS + 1, 8, 7.5]);
  // What reads dense rows leaves it out.
  expect(Object.keys((await readTable(output)).obsm)).toEqual(Object.keys((await readTable(source)).obsm));
  const node = join(output, 'tables/table/obsm/rctd_score_mat/zarr.json');
  await writeFile(
    node,
    (await readFile(node, 'utf8')).replace(/"shape":\s*\[\s*\d+/, `"shape": [${CELLS + 1}`),
  );
  expect((await validateSpatialData(output)).map(({ code }) => code)).toContain('TABLE_OBSM');
  await expect(
    extendSpatialData(source, join(folder, 'short.zarr'), 'table', additions(CELLS - 1), {}),
  ).rejects.toMatchObject({ code: 'INTERNAL' });
});
