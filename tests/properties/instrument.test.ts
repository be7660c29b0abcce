import { evaluateAssignment, evaluateInDetail } from '@spatile/instrument/judge/evaluate';
import { IdIndex } from '@spatile/instrument/judge/id-index';
import { matchByWeight } from '@spatile/instrument/judge/matching';
import { AliasTable } from '@spatile/instrument/simulate/alias-table';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FIRST_ID, resultOf, truthOf, verdicts } from '../unit/instrument/truth-fixture.ts';

/** Weight of the best matching, by trying every column (or none) for every row. */
function bestByEnumeration(weights: number[][]): number {
  const columns = weights[0]?.length ?? 0;
  const from = (row: number, used: number): number => {
    if (row === weights.length) return 0;
    let best = from(row + 1, used);
    for (let c = 0; c < columns; c++) {
      if (weights[row][c] > 0 && (used & (1 << c)) === 0) {
        best = Math.max(best, weights[row][c] + from(row + 1, used | (1 << c)));
      }
    }
    return best;
  };
  return from(0, 0);
}

const matrices = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .chain(([rows, columns]) =>
    fc.array(
      fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 })), {
        minLength: columns,
        maxLength: columns,
      }),
      {
        minLength: rows,
        maxLength: rows,
      },
    ),
  );

it('matches with the largest weight that any matching has', () => {
  fc.assert(
    fc.property(matrices, (weights) => {
      const start = new Uint32Array(weights.length + 1);
      const column: number[] = [];
      const weight: number[] = [];
      weights.forEach((row, r) => {
        row.forEach((w, c) => {
          if (w === 0) return;
          column.push(c);
          weight.push(w);
        });
        start[r + 1] = column.length;
      });
      const match = matchByWeight({
        start,
        column: Uint32Array.from(column),
        weight: Uint32Array.from(weight),
        columns: weights[0].length,
      });
      const taken = [...match].filter((c) => c >= 0);
      expect(new Set(taken).size).toBe(taken.length);
      const total = [...match].reduce((sum, c, r) => sum + (c < 0 ? 0 : weights[r][c]), 0);
      expect(total).toBe(bestByEnumeration(weights));
    }),
    { numRuns: 400 },
  );
});

it('finds every id of the truth and no other', () => {
  const id = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const close = fc.bigInt({ min: (1n << 48n) - 40n, max: (1n << 48n) + 40n });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(id, close), { minLength: 1, maxLength: 80 }),
      fc.array(close),
      (ids, others) => {
        const sorted = BigUint64Array.from(ids).sort();
        const index = new IdIndex(sorted, 'ids');
        const probes = BigUint64Array.from([...sorted, ...others]);
        const words = new Uint32Array(probes.buffer);
        probes.forEach((probe, i) => {
          expect(index.rowOf(words, i)).toBe(sorted.indexOf(probe));
        });
      },
    ),
  );
});

it('draws from an alias table as often as the weights say, and never what has none', () => {
  const weights = fc
    .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 12 })
    .filter((list) => list.some((w) => w > 0));
  fc.assert(
    fc.property(weights, (list) => {
      const table = new AliasTable(Float64Array.from(list));
      const total = list.reduce((sum, w) => sum + w, 0);
      const hits = new Array(list.length).fill(0);
      const n = 12_000;
      for (let i = 0; i < n; i++) hits[table.draw((i + 0.5) / n)]++;
      list.forEach((w, i) => {
        expect(Math.abs(hits[i] / n - w / total)).toBeLessThan(0.003);
        if (w === 0) expect(hits[i]).toBe(0);
      });
    }),
  );
});

it('judges the same whatever the cells are called and in whatever order rows come', async () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), {
    minLength: 2,
    maxLength: 120,
  });
  await fc.assert(
    fc.asyncProperty(pairs, fc.integer({ min: 1, max: 1000 }), async (rows, offset) => {
      const truth = truthOf(rows.map(([cell]) => cell));
      const result = rows.map(([, q]) => q);
      const plain = await evaluateAssignment(verdicts(result), truth);
      const renamed = result.map((q) => (q === 0 ? 0 : offset + 13 * (7 - q)));
      const reversed = rows.map((_, i) => rows.length - 1 - i);
      const other = await evaluateAssignment(verdicts(renamed, reversed), truth);
      expect(other).toEqual(plain);
      if (plain.scores.recall !== null) expect(plain.scores.recall).toBeLessThanOrEqual(1);
    }),
    { numRuns: 60 },
  );
});

it('calls exactly the right transcripts missing or doubled', async () => {
  const times = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(times, async (counts) => {
      const truth = truthOf(counts.map(() => 1));
      const rows = counts.flatMap((n, row) => new Array(n).fill(row));
      const { conservation } = await evaluateAssignment(
        verdicts(
          counts.map(() => 1),
          rows,
        ),
        truth,
      );
      expect(conservation.missing).toBe(counts.filter((n) => n === 0).length);
      expect(conservation.duplicated).toBe(counts.filter((n) => n > 1).length);
      expect(conservation.conserved).toBe(counts.every((n) => n === 1));
      expect(FIRST_ID).toBeGreaterThan(1n << 53n);
    }),
    { numRuns: 60 },
  );
});

it('says no less of a result when a wrong transcript is made right', async () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 })), {
    minLength: 2,
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(pairs, fc.nat(), async (rows, which) => {
      const truth = truthOf(rows.map(([cell]) => cell));
      const result = rows.map(([, q]) => q);
      const before = await evaluateInDetail(resultOf(result), truth);
      const { match } = before.detail.cells;
      // Its matched cell, background, or, for a cell without a match, a cell of its own.
      const right = rows.map(([cell]) => (cell === 0 ? 0 : match[cell] || 100 + cell));
      const wrong = rows.flatMap((_, row) => (result[row] === right[row] ? [] : [row]));
      if (wrong.length === 0) return;
      const row = wrong[which % wrong.length];
      const mended = result.map((q, i) => (i === row ? right[i] : q));
      const after = (await evaluateInDetail(resultOf(mended), truth)).evaluation.scores;
      const { f1, recall } = before.evaluation.scores;
      // Without transcripts of cells there is no F1 while none is put in one.
      if (f1 !== null && after.f1 !== null) expect(after.f1).toBeGreaterThanOrEqual(f1);
      if (recall !== null) expect(after.recall).toBeGreaterThanOrEqual(recall);
      for (const score of [f1, recall, before.evaluation.scores.precision, after.f1]) {
        if (score === null) continue;
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 100 },
  );
});

it('tells of cells and areas what adds up to the scores', async () => {
  const rows = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 300 }),
    ),
    { minLength: 1, maxLength: 150 },
  );
  await fc.assert(
    fc.asyncProperty(rows, async (list) => {
      const x = Float32Array.from(list, ([, , at]) => at);
      const y = Float32Array.from(list, ([, , at]) => (at * 7) % 190);
      const truth = truthOf(
        list.map(([cell]) => cell),
        { x, y },
      );
      const { evaluation, detail } = await evaluateInDetail(resultOf(list.map(([, q]) => q)), truth);
      const { scores } = evaluation;
      const sum = (values: Uint32Array): number => values.reduce((total, n) => total + n, 0);
      expect(sum(detail.cells.transcripts.subarray(1))).toBe(scores.fromCells);
      expect(sum(detail.grid.fromCells)).toBe(scores.fromCells);
      expect(sum(detail.grid.background) + scores.fromCells).toBe(scores.transcripts);
      if (scores.recall !== null) {
        expect(sum(detail.grid.home) / scores.fromCells).toBeCloseTo(scores.recall, 12);
      }
      if (scores.precision !== null) {
        expect(sum(detail.grid.home) / sum(detail.grid.assigned)).toBeCloseTo(scores.precision, 12);
      }
      expect(detail.cells.match.reduce((n, q) => n + (q > 0 ? 1 : 0), 0)).toBe(evaluation.cells.matched);
      expect(detail.grid.f1.length).toBe(detail.grid.columns * detail.grid.rows);
    }),
    { numRuns: 60 },
  );
});
