import { embedCells } from '@spatile/coordinator/assign/proseg/cell-embedding';
import type { KindCells } from '@spatile/coordinator/assign/proseg/kind-cells';
import { symmetricEigen } from '@spatile/coordinator/assign/proseg/symmetric-eigen';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';

const GENES = 3000;
const TYPES = 3;
const CELLS = 150;

/** Cells of 120 transcripts of thousands of genes, a third of which comes from the tenth of the genes that its type makes most. */
function slide(seed: number): { cells: KindCells; type: number[]; share: Float64Array } {
  const stream = new RandomStream(seed, 'embed');
  const type = Array.from({ length: CELLS }, () => stream.integer(TYPES));
  const start = [0];
  const gene: number[] = [];
  const count: number[] = [];
  const share = new Float64Array(GENES).fill(0.5);
  for (const own of type) {
    const held = new Map<number, number>();
    for (let i = 0; i < 120; i++) {
      const special = stream.uniform() < 1 / 3;
      const g = special ? own * 300 + stream.integer(300) : stream.integer(GENES);
      held.set(g, (held.get(g) ?? 0) + 1);
      share[g]++;
    }
    for (const [g, n] of [...held].sort(([a], [b]) => a - b)) {
      gene.push(g);
      count.push(n);
    }
    start.push(gene.length);
  }
  const total = share.reduce((sum, n) => sum + n, 0);
  const cells = {
    start: Uint32Array.from(start),
    gene: Uint32Array.from(gene),
    count: Uint32Array.from(count),
    total: new Float64Array(CELLS).fill(120),
    nearStart: new Uint32Array(CELLS + 1),
    near: new Uint32Array(0),
    weight: new Float64Array(0),
  };
  return { cells, type, share: share.map((n) => n / total) };
}

describe('cells by what they hold', () => {
  const { cells, type, share } = slide(4);
  const width = 4;
  const at = embedCells(cells, share, width, new RandomStream(1, 'test'));
  const likeness = (a: number, b: number): number => {
    let sum = 0;
    for (let d = 0; d < width; d++) sum += at[a * width + d] * at[b * width + d];
    return sum;
  };

  it('lie at length 1', () => {
    for (let c = 0; c < CELLS; c++) expect(likeness(c, c)).toBeCloseTo(1, 10);
  });

  it('lie by their type, though two of a type share few genes', () => {
    const mean = (isSame: boolean): number => {
      let [sum, n] = [0, 0];
      for (let a = 0; a < CELLS; a++)
        for (let b = 0; b < a; b++)
          if ((type[a] === type[b]) === isSame) [sum, n] = [sum + likeness(a, b), n + 1];
      return sum / n;
    };
    expect(mean(true)).toBeGreaterThan(0.6);
    expect(mean(false)).toBeLessThan(0);
  });

  it('lie the same way whatever vector the directions are looked for from', () => {
    const other = embedCells(cells, share, 2, new RandomStream(2, 'test'));
    const first = embedCells(cells, share, 2, new RandomStream(1, 'test'));
    const cosine = (a: number, b: number, of: Float64Array): number =>
      of[2 * a] * of[2 * b] + of[2 * a + 1] * of[2 * b + 1];
    for (let c = 1; c < CELLS; c++) expect(cosine(0, c, other)).toBeCloseTo(cosine(0, c, first), 4);
  });

  it('may be none, one, or empty', () => {
    const none = { ...cells, start: Uint32Array.of(0), total: new Float64Array(0) };
    expect(embedCells(none, share, 3, new RandomStream(1, 'test'))).toHaveLength(0);
    const one = { ...cells, start: cells.start.slice(0, 2), total: cells.total.slice(0, 1) };
    expect(embedCells(one, share, 3, new RandomStream(1, 'test')).every(Number.isFinite)).toBe(true);
  });
});

describe('eigenvectors of a symmetric matrix', () => {
  it('are found, largest value first', () => {
    const n = 12;
    const stream = new RandomStream(1, 'eigen');
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = stream.normal();
    const { values, vectors } = symmetricEigen(matrix, n);
    for (let k = 0; k < n; k++) {
      if (k > 0) expect(values[k]).toBeLessThanOrEqual(values[k - 1]);
      for (let i = 0; i < n; i++) {
        let image = 0;
        for (let j = 0; j < n; j++) image += matrix[i * n + j] * vectors[k * n + j];
        expect(image).toBeCloseTo(values[k] * vectors[k * n + i], 9);
      }
    }
  });

  it('are those of the axes for a diagonal matrix, and none for none', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 0, 0, 5), 2);
    expect([...values]).toEqual([5, 2]);
    expect([...vectors]).toEqual([0, 1, 1, 0]);
    expect(symmetricEigen(new Float64Array(0), 0).values).toHaveLength(0);
  });
});
