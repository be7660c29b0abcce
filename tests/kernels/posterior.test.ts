import { describe, expect, it } from 'vitest';
import { logPosterior, type ModelTile, rate } from '../../worker/kernels/reference/assign-model.ts';
import { mismatchPairs, proposalProbability } from '../../worker/kernels/reference/assign-moves.ts';
import { aliasTable, displacementTable, mirrored } from '../../worker/src/assign/proseg/displacement.ts';
import { bound, emptyTile, labelsOf } from './small-tile.ts';

/** Upper 0.999 quantile of chi-square (Wilson and Hilferty). */
function chiSquareLimit(freedom: number): number {
  const a = 2 / (9 * freedom);
  return freedom * (1 - a + 3.0902 * Math.sqrt(a)) ** 3;
}

/**
 * Chi-square of visits against probabilities. `samples` are one every so many moves, nearly independent; classes below 8
 * expected visits are joined.
 */
function chiSquare(
  visits: Map<string, number>,
  exact: Map<string, number>,
  samples: number,
): { value: number; freedom: number } {
  let value = 0;
  let classes = 0;
  let [restSeen, restWanted] = [0, 0];
  for (const [key, p] of exact) {
    const wanted = p * samples;
    const seen = visits.get(key) ?? 0;
    if (wanted < 8) {
      restSeen += seen;
      restWanted += wanted;
      continue;
    }
    value += (seen - wanted) ** 2 / wanted;
    classes++;
  }
  if (restWanted > 1) {
    value += (restSeen - restWanted) ** 2 / restWanted;
    classes++;
  }
  return { value, freedom: classes - 1 };
}

/** All labelings of the free voxels in which every cell has a voxel, with their exact probabilities. */
function enumerate(t: ModelTile, cells: number): Map<string, number> {
  const free = t.label.flatMap((_, v) => (t.locked[v] ? [] : [v]));
  const logs = new Map<string, number>();
  const saved = [...t.label];
  for (let code = 0; code < (cells + 1) ** free.length; code++) {
    let rest = code;
    for (const v of free) {
      t.label[v] = rest % (cells + 1);
      rest = Math.floor(rest / (cells + 1));
    }
    let whole = true;
    for (let c = 1; c <= cells; c++) whole &&= t.label.includes(c);
    if (whole) logs.set(free.map((v) => t.label[v]).join(''), logPosterior(t));
  }
  t.label.splice(0, saved.length, ...saved);
  const top = Math.max(...logs.values());
  const sum = [...logs.values()].reduce((total, l) => total + Math.exp(l - top), 0);
  return new Map([...logs].map(([key, l]) => [key, Math.exp(l - top) / sum]));
}

async function visit(t: ModelTile, samples: number, sweeps: number, seed = 0): Promise<Map<string, number>> {
  const b = await bound(t);
  const free = t.label.flatMap((_, v) => (t.locked[v] ? [] : [v]));
  const visits = new Map<string, number>();
  b.setInteger('tileKey1', 500 + seed);
  for (let i = 0; i < samples; i++) {
    b.kernel.moveLabels(b.tile, i, sweeps, 1);
    const label = labelsOf(b, t);
    const key = free.map((v) => label[v]).join('');
    visits.set(key, (visits.get(key) ?? 0) + 1);
  }
  b.release();
  return visits;
}

/** 2x3 free voxels in a ring of locked background, two cells of different expression, a few transcripts. */
function ringTile(bubble: number): ModelTile {
  const [width, height] = [5, 4];
  const label = new Array<number>(width * height).fill(0);
  label[width + 1] = 1;
  label[2 * width + 3] = 2;
  const t = emptyTile({ width, height, label, cells: 2 });
  t.locked = label.map((_, v) => v % width === 0 || v % width === 4 || v < width || v >= 3 * width);
  t.bubble = bubble;
  t.sigmaQ = 1.5;
  t.mu = [Math.log(2.5)];
  t.sigma2 = [0.5];
  t.privateGenes = 2;
  t.cells[1].loading = [Math.fround(0.9), Math.fround(0.2)];
  t.cells[2].loading = [Math.fround(0.3), Math.fround(0.7)];
  [
    [1, 1, 0],
    [2, 1, 0],
    [2, 2, 1],
    [3, 2, 1],
    [1, 2, 1],
    [3, 1, 0],
  ].forEach(([x, y, gene], row) => {
    t.transcripts.push({ row, gene, observed: [x, y, 0], voxel: y * width + x, beta: 0.5 });
  });
  t.trust[2 * width + 2] = 0.8;
  t.preferred[2 * width + 2] = 1;
  return t;
}

describe('label moves leave the posterior invariant', () => {
  it.each([0, 0.05, 0.5])(
    '2x3 grid with two cells, bubbles %f: frequencies against enumeration',
    async (bubble) => {
      const t = ringTile(bubble);
      const exact = enumerate(t, 2);
      let [total, degrees] = [0, 0];
      const samples = 2000;
      for (let seed = 0; seed < 20; seed++) {
        const { value, freedom } = chiSquare(await visit(t, samples, 150, seed), exact, samples);
        total += value;
        degrees += freedom;
      }
      expect(exact.size).toBeGreaterThan(300);
      expect(total).toBeLessThan(chiSquareLimit(degrees));
      // Not so close either that nothing was counted.
      expect(total).toBeGreaterThan(0.8 * degrees);
    },
  );

  it('the proposal formula equals the mechanism: acceptance of a flat target is the ratio of brute-force proposal probabilities', async () => {
    const t = ringTile(0.05);
    t.transcripts = [];
    for (const [v, axis] of mismatchPairs(t)) {
      const ends = [v, v + [1, t.width, 20][axis]];
      for (const q of ends) {
        if (t.locked[q]) continue;
        for (let label = 0; label <= 2; label++) {
          if (label === t.label[q]) continue;
          const A = t.label[q];
          const neighbours = [q - 1, q + 1, q - t.width, q + t.width];
          const k = (l: number): number => neighbours.filter((n) => t.label[n] === l).length;
          const b = t.bubble;
          const proposing = (from: number, to: number): number =>
            k(from) === 4 ? 0 : ((1 - b) * k(to) + (to === 0 ? b * (4 - k(from)) : 0)) / (4 - k(from));
          const forward = proposing(A, label);
          const reverse = proposing(label, A);
          expect(proposalProbability(t, q, label)).toBeCloseTo(forward, 14);
          t.label[q] = label;
          expect(proposalProbability(t, q, A)).toBeCloseTo(reverse, 14);
          t.label[q] = A;
        }
      }
    }
  });

  it('no transcripts, no rates: volumes on a 3x3 grid follow the volume and compactness priors', async () => {
    const t = emptyTile({ width: 3, height: 3, label: [0, 0, 0, 0, 1, 0, 0, 0, 0], cells: 1 });
    t.sigmaQ = 0.5;
    t.sigma2 = [0.6];
    const exact = enumerate(t, 1);
    const byVolume = (of: Map<string, number>): Map<string, number> => {
      const out = new Map<string, number>();
      for (const [key, value] of of) {
        const n = String([...key].filter((l) => l === '1').length);
        out.set(n, (out.get(n) ?? 0) + value);
      }
      return out;
    };
    const samples = 12_000;
    const { value, freedom } = chiSquare(byVolume(await visit(t, samples, 100)), byVolume(exact), samples);
    expect(value).toBeLessThan(chiSquareLimit(freedom));
  });
});

describe('the toy of two cells', () => {
  /** 20x10 cells area in a ring of 4: gene X only left, gene Y only right; the border begins 3 voxels off. */
  function toy(seed: number): ModelTile {
    const [width, height] = [28, 18];
    const inside = (x: number, y: number): boolean => x >= 4 && x < 24 && y >= 4 && y < 14;
    const label = Array.from({ length: width * height }, (_, v) =>
      inside(v % width, Math.floor(v / width)) ? (v % width < 17 ? 1 : 2) : 0,
    );
    const t = emptyTile({ width, height, label, cells: 2 });
    t.privateGenes = 2;
    t.cells[1].loading = [2, 0];
    t.cells[2].loading = [0, 2];
    t.mu = [Math.log(100)];
    t.sigma2 = [0.09];
    const uniform = lcg(seed);
    let row = 0;
    for (let y = 4; y < 14; y++) {
      for (let x = 4; x < 24; x++) {
        for (let k = poisson(2, uniform); k > 0; k--) {
          t.transcripts.push({
            row: row++,
            gene: x < 14 ? 0 : 1,
            observed: [x, y, 0],
            voxel: y * width + x,
            beta: 1e-3,
          });
        }
      }
    }
    return t;
  }

  function lcg(seed: number): () => number {
    let state = BigInt(seed + 1) * 0x9e3779b97f4a7c15n;
    return () => {
      state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
      return (Number(state >> 11n) + 0.5) / 2 ** 53;
    };
  }

  function poisson(mean: number, uniform: () => number): number {
    let n = 0;
    for (let p = uniform(); p > Math.exp(-mean); p *= uniform()) n++;
    return n;
  }

  it('finds the border: mean >= 97.5 %, worst >= 90 % of occupied voxels of columns 7 to 12', async () => {
    const shares: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const t = toy(seed);
      const b = await bound(t);
      b.setInteger('tileKey1', 1000 + seed);
      const occupied = [...new Set(t.transcripts.map(({ voxel }) => voxel))].filter(
        (v) => v % 28 >= 11 && v % 28 <= 16,
      );
      let right = 0;
      for (let sweep = 0; sweep < 200; sweep++) {
        b.kernel.moveLabels(b.tile, sweep, 5, 1);
        if (sweep < 100) continue;
        const label = labelsOf(b, t);
        right += occupied.filter((v) => label[v] === (v % 28 < 14 ? 1 : 2)).length;
      }
      b.release();
      shares.push(right / (100 * occupied.length));
    }
    const mean = shares.reduce((a, s) => a + s, 0) / shares.length;
    expect(mean).toBeGreaterThanOrEqual(0.975);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.9);
  });
});

describe('repositioning', () => {
  it('a transcript divides its time between cells as the displacement law times the intensities says', async () => {
    const [width, height] = [50, 41];
    const label = Array.from({ length: width * height }, (_, v) => (v % width < 25 ? 1 : 2));
    const t = emptyTile({ width, height, label, cells: 2 });
    t.cells[1].loading = [Math.fround(1.5)];
    t.cells[2].loading = [Math.fround(0.1)];
    const observed: [number, number, number] = [28, 20, 0];
    const beta = Math.fround(0.02);
    for (let row = 0; row < 200; row++)
      t.transcripts.push({ row, gene: 0, observed, voxel: 20 * width + 28, beta });
    const b = await bound(t);
    const near = mirrored(displacementTable(1, 1, b.kernel));
    const far = mirrored(displacementTable(4, 1, b.kernel));
    const along = (table: number[], toLeft: boolean): number =>
      table.reduce((sum, p, k) => sum + (28 + k - (table.length - 1) / 2 < 25 === toLeft ? p : 0), 0);
    const weight = (toLeft: boolean): number => 0.8 * along(near, toLeft) + 0.2 * along(far, toLeft);
    const left = weight(true) * (rate(t, 1, 0) + beta);
    const right = weight(false) * (rate(t, 2, 0) + beta);
    let inLeft = 0;
    const [burn, sweeps] = [100, 1500];
    for (let i = 0; i < burn + sweeps; i++) {
      b.kernel.movePlaces(b.tile, i);
      if (i < burn) continue;
      for (const v of b.arrays.current) if ((v % (width + 2)) - 1 < 25) inLeft++;
    }
    b.release();
    expect(Math.abs(inLeft / (200 * sweeps) - left / (left + right))).toBeLessThan(0.01);
  });

  it('alias tables give back their probabilities', () => {
    const p = [0.5, 0.125, 0.25, 0.0625, 0.0625];
    const { threshold, alias } = aliasTable(p);
    const back = p.map(() => 0);
    threshold.forEach((limit, i) => {
      back[i] += limit / 2 ** 32 / p.length;
      back[alias[i]] += (1 - limit / 2 ** 32) / p.length;
    });
    back.forEach((q, i) => {
      expect(q).toBeCloseTo(p[i], 8);
    });
  });
});

describe('rules of label moves', () => {
  it('frozen cells and locked voxels never change, and no cell loses its last voxel', async () => {
    const t = ringTile(0.5);
    t.cells[2].frozen = true;
    const b = await bound(t);
    for (let i = 0; i < 300; i++) {
      b.kernel.moveLabels(b.tile, i, 5, i % 2 === 0 ? 1 : 0.1);
      const label = labelsOf(b, t);
      expect(label.filter((l) => l === 2)).toHaveLength(1);
      expect(label[2 * 5 + 3]).toBe(2);
      expect(label.includes(1)).toBe(true);
      label.forEach((l, v) => {
        if (t.locked[v]) expect(l).toBe(0);
      });
    }
    b.release();
  });

  it('connectivity: articulation voxels are told from others, and cells stay in one piece', async () => {
    const line = emptyTile({
      width: 7,
      height: 5,
      label: Array.from({ length: 35 }, (_, v) =>
        Math.floor(v / 7) === 2 && v % 7 > 0 && v % 7 < 6 ? 1 : 0,
      ),
      cells: 1,
    });
    line.bubble = 0.5;
    line.sigmaQ = 5;
    const b = await bound(line, { connectivity: true });
    const at = (x: number, y: number): number => (y + 1) * 9 + x + 1;
    expect(b.kernel.separates(b.tile, at(3, 2), 0, 1)).toBe(1);
    expect(b.kernel.separates(b.tile, at(1, 2), 0, 1)).toBe(0);
    expect(b.kernel.separates(b.tile, at(3, 1), 0, 1)).toBe(0);
    for (let i = 0; i < 200; i++) {
      b.kernel.moveLabels(b.tile, i, 5, 1);
      expect(parts(labelsOf(b, line), 7)).toBe(1);
    }
    b.release();
  });

  /** Parts of label 1 by 8-connectivity in one layer. */
  function parts(label: number[], width: number): number {
    const seen = new Set<number>();
    let count = 0;
    label.forEach((l, v) => {
      if (l !== 1 || seen.has(v)) return;
      count++;
      const queue = [v];
      seen.add(v);
      for (let q = queue.pop(); q !== undefined; q = queue.pop()) {
        for (const dy of [-1, 0, 1]) {
          for (const dx of [-1, 0, 1]) {
            const [x, n] = [(q % width) + dx, q + dy * width + dx];
            if (x < 0 || x >= width || label[n] !== 1 || seen.has(n)) continue;
            seen.add(n);
            queue.push(n);
          }
        }
      }
    });
    return count;
  }
});
