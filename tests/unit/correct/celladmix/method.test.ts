import { blocksOf } from '@spatile/coordinator/correct/blocks';
import { checkRunTypes } from '@spatile/coordinator/correct/celladmix/cell-types';
import { celladmix } from '@spatile/coordinator/correct/celladmix/method';
import type { CorrectStage, MethodResult } from '@spatile/coordinator/correct/method';
import type { DenseRows } from '@spatile/formats/spatialdata/write';
import { RandomStream } from '@spatile/random/stream';
import { beforeAll, describe, expect, test } from 'vitest';
import { InlineRunner, stageOf, type ToyCell } from './drive.ts';
import { plainCell, stripes, TOY_GENES } from './toy-slide.ts';

const SIDE = 12;
const PLANTED = 20;
const SETTINGS = { test: 'bridge' as const, factors: 2, neighbours: 10, starts: 3 };
const NOTHING = { types: null };

const run = (stage: CorrectStage): Promise<MethodResult> => celladmix.run(stage, NOTHING);

/** Counts of each cell by gene, after correction. */
async function remaining(stage: CorrectStage, { counts }: MethodResult): Promise<number[][]> {
  const out = Array.from({ length: stage.table.cells }, () => new Array<number>(TOY_GENES).fill(0));
  for (const block of blocksOf(stage.table.cells)) {
    const { corrected, received } = await counts!.read(block);
    expect(received.length.every((n) => n === 0)).toBe(true);
    const { indices, data } = await stage.table.rows(block.from, block.to);
    const first = stage.table.start[block.from];
    for (let row = block.from; row < block.to; row++)
      for (let e = stage.table.start[row] - first; e < stage.table.start[row + 1] - first; e++) {
        expect(Number.isInteger(corrected[e]) && corrected[e] >= 0 && corrected[e] <= data[e]).toBe(true);
        out[row][indices[e]] = corrected[e];
      }
  }
  return out;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const rulesOf = ({ added }: MethodResult): string[] => {
  const { rules } = added.uns.celladmix as unknown as {
    rules: { factor: string[]; cell_type: string[]; source: string[] };
  };
  return rules.cell_type.map((type, i) => `${type} from ${rules.source[i]}`);
};

describe('on a slide where one type leaks into the other', () => {
  const cells = stripes(SIDE, PLANTED, 1);
  let stage: CorrectStage;
  let result: MethodResult;
  let after: number[][];
  beforeAll(async () => {
    stage = stageOf(cells, TOY_GENES, SETTINGS, new InlineRunner());
    result = await run(stage);
    after = await remaining(stage, result);
  });

  test('the one rule is that the factor of b is foreign to a', () => {
    expect(rulesOf(result)).toEqual(['a from b']);
  });

  test('what was planted is removed, what is the own of cells stays', () => {
    let [planted, left, own, kept] = [0, 0, 0, 0];
    cells.forEach(({ type, molecules }, row) => {
      const foreign = type === 'a' ? molecules.filter(({ gene }) => gene >= 10 && gene < 20).length : 0;
      planted += foreign;
      own += molecules.length - foreign;
      const of = type === 'a' ? sum(after[row].slice(10, 20)) : 0;
      left += of;
      kept += sum(after[row]) - of;
    });
    expect(planted).toBe(SIDE * PLANTED * 3);
    expect(left / planted).toBeLessThan(0.1);
    expect(kept / own).toBeGreaterThan(0.97);
  });

  test('removed counts are told by cell and in all', () => {
    const column = result.added.obs.find(({ name }) => name === 'celladmix_removed')!;
    const before = cells.map(({ molecules }) => molecules.length);
    expect([...(column.values as Int32Array)]).toEqual(before.map((n, row) => n - sum(after[row])));
    const { molecules } = result.added.uns.celladmix as unknown as {
      molecules: { labelled: number; removed: number };
    };
    expect(molecules).toEqual({ labelled: sum(before), removed: sum(before) - sum(after.flat()) });
  });

  test('every transcript in a cell has a label, and those called admixture are the removed ones', async () => {
    const [labels] = result.added.labels!;
    expect(labels.name).toBe('transcripts_celladmix');
    const [factor] = labels.columns;
    expect(factor).toMatchObject({ categories: ['none', 'factor-1', 'factor-2'] });
    const before = cells.map(({ molecules }) => molecules.length);
    const removed = new Array<number>(cells.length).fill(0);
    let rows = 0;
    for await (const { cell, values, x, z } of labels.batches()) {
      expect(z).not.toBeNull();
      rows += x.length;
      cell.forEach((row, i) => {
        removed[row] += values.admixture[i];
        if (values.factor[i] === 0) throw new Error('a transcript has no factor');
      });
    }
    expect(rows).toBe(sum(before));
    expect(removed).toEqual(before.map((n, row) => n - sum(after[row])));
  });

  test('shares of factors sum to 1', () => {
    const { data, columns } = result.added.obsm.celladmix_factors as DenseRows;
    for (let row = 0; row < cells.length; row++)
      expect(sum([...data.subarray(row * columns, (row + 1) * columns)])).toBeCloseTo(1, 6);
  });

  test('neither the order of tasks nor a second run changes anything', async () => {
    for (const order of [1, 2]) {
      const runner = new InlineRunner((tasks) => (order === 1 ? tasks.toReversed() : tasks));
      const again = stageOf(cells, TOY_GENES, SETTINGS, runner);
      const other = await run(again);
      expect({ ...other.added, labels: [] }).toEqual({ ...result.added, labels: [] });
      expect(await remaining(again, other)).toEqual(after);
    }
  });

  test('turning and moving the slide changes no rule and hardly a count', async () => {
    const turned = cells.map(
      (cell): ToyCell => ({
        ...cell,
        ...{ x: 1000 - cell.y, y: cell.x },
        molecules: cell.molecules.map((m) => ({ ...m, x: 1000 - m.y, y: m.x })),
      }),
    );
    const other = stageOf(turned, TOY_GENES, SETTINGS, new InlineRunner());
    const found = await run(other);
    expect(rulesOf(found)).toEqual(['a from b']);
    const there = await remaining(other, found);
    let different = 0;
    for (const [i, row] of after.entries())
      for (const [g, n] of row.entries()) different += Math.abs(n - there[i][g]);
    expect(different / sum(after.flat())).toBeLessThan(0.005);
  });

  test('on a flat slide it works the same', async () => {
    const flat = cells.map((cell) => ({ ...cell, molecules: cell.molecules.map((m) => ({ ...m, z: 0 })) }));
    const other = stageOf(flat, TOY_GENES, SETTINGS, new InlineRunner());
    expect(rulesOf(await run(other))).toEqual(['a from b']);
  });
});

test('where nothing leaks nothing is removed', async () => {
  for (const seed of [1, 2, 3]) {
    const stage = stageOf(stripes(9, 0, seed), TOY_GENES, SETTINGS, new InlineRunner());
    const result = await run(stage);
    expect(rulesOf(result)).toEqual([]);
    expect(result.added.warnings).toEqual([expect.stringContaining('no factor proved foreign')]);
    expect(sum((await remaining(stage, result)).flat())).toBe(81 * 80);
  }
});

test('markers alone find it too, and both tests together', async () => {
  for (const choice of ['enrichment', 'both', 'either'] as const) {
    const stage = stageOf(
      stripes(SIDE, PLANTED, 4),
      TOY_GENES,
      { ...SETTINGS, test: choice },
      new InlineRunner(),
    );
    expect(rulesOf(await run(stage)), choice).toContain('a from b');
  }
});

describe('unusual slides', () => {
  const stream = new RandomStream(5, 'test.unusual');
  const some = (n: number): ToyCell[] =>
    Array.from({ length: 40 }, (_, i) =>
      plainCell(i % 2 === 0 ? 'a' : 'b', 12 * (i % 8), 12 * Math.floor(i / 8), n, stream),
    );

  test('cells of one molecule, of none, without a type and of one gene only keep their counts', async () => {
    const cells = [
      ...some(60),
      { ...plainCell('a', 200, 0, 1, stream) },
      { type: 'b', x: 212, y: 0, molecules: [] },
      { ...plainCell('a', 224, 0, 50, stream), type: '' },
      {
        type: 'b',
        x: 236,
        y: 0,
        molecules: Array.from({ length: 30 }, () => ({ gene: 3, x: 236, y: 0, z: 0 })),
      },
    ];
    const stage = stageOf(cells, TOY_GENES, SETTINGS, new InlineRunner());
    const after = await remaining(stage, await run(stage));
    expect(sum(after[40])).toBe(1);
    expect(sum(after[41])).toBe(0);
    expect(sum(after[42])).toBe(50);
    expect(after[43][3]).toBe(30);
  });

  test('too few molecules everywhere: counts stay, with a warning', async () => {
    const stage = stageOf(some(5), TOY_GENES, SETTINGS, new InlineRunner());
    const { counts, added } = await run(stage);
    expect(counts).toBeNull();
    expect(added.warnings).toEqual([
      expect.stringContaining('no cell of a known type has as many transcripts'),
    ]);
  });

  test('one lone cell', async () => {
    const stage = stageOf([plainCell('a', 0, 0, 60, stream)], TOY_GENES, SETTINGS, new InlineRunner());
    expect(rulesOf(await run(stage))).toEqual([]);
  });
});

describe('cell types', () => {
  test('without any the error says what to do', async () => {
    const stage = stageOf(stripes(3, 0, 1), TOY_GENES, SETTINGS, new InlineRunner());
    await expect(run({ ...stage, table: { ...stage.table, obs: [] } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('celladmix has no cell types (the table has no column cell_type)'),
    });
  });

  test('come from any column of names', async () => {
    const cells = stripes(6, 0, 1);
    const stage = stageOf(cells, TOY_GENES, { ...SETTINGS, types: 'mine' }, new InlineRunner());
    const obs = [{ name: 'mine', kind: 'string' as const, values: cells.map(({ type }) => type) }];
    const { added } = await run({ ...stage, table: { ...stage.table, obs } });
    expect((added.uns.celladmix as { cell_types: string }).cell_types).toBe('obs/mine');
  });

  test('a column of numbers is refused', async () => {
    const stage = stageOf(stripes(3, 0, 1), TOY_GENES, { ...SETTINGS, types: 'area' }, new InlineRunner());
    const obs = [{ name: 'area', kind: 'float32' as const, values: new Float32Array(9) }];
    await expect(run({ ...stage, table: { ...stage.table, obs } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  test('at the end of a run they must come from a method before it, which is said at its beginning', () => {
    const { config } = stageOf([], TOY_GENES, {}, new InlineRunner());
    const check = (methods: typeof config.correct.methods, types: string | null = null) =>
      checkRunTypes({ ...config.correct, methods, celladmix: { ...config.correct.celladmix, types } });
    expect(() => check(['celladmix'])).toThrow(/celladmix has no cell types/);
    expect(() => check(['celladmix', 'rctd'])).toThrow(/celladmix has no cell types/);
    expect(() => check(['rctd', 'celladmix'], 'mine')).toThrow(/correct.celladmix.types/);
    expect(() => check(['rctd', 'celladmix'])).not.toThrow();
    expect(() => check(['rctd'])).not.toThrow();
  });
});
