/**
 * RCTD in doublet mode written down straight from its equations, with plain arrays and no attention to speed: direct
 * quadrature, a dense spline, Jacobi eigenvalues, coordinate descent, damped steps for every fit.
 */

const NODES = (() => {
  const nodes: number[] = [];
  const m = (l: number) =>
    Math.min(l - 9, 40) + Math.max(Math.ceil(Math.sqrt(4 * Math.max(l - 48.7499, 0))) - 2, 0);
  for (let l = 10; l <= 40000; l++) if (m(l) === nodes.length + 1) nodes.push(l * l * 1e-6);
  return [...nodes, 1600];
})();

function density(u: number, sigma: number): number {
  const phi = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const z = Math.abs(u) / sigma;
  const a = (4 / 9) * phi(3);
  const c = 1 / (1 + 2 * (a / (3 - 7 / 3) - 0.0013498980316300933));
  return ((z < 3 ? phi(z) : a / (z - 7 / 3) ** 2) * c) / sigma;
}

/** ln of the integral of Poisson(k | rate e^u) f(u) du as a plain sum in steps of `step`. */
export function directQ(k: number, rate: number, sigma: number, step = 0.004): number {
  let lnFactorial = 0;
  for (let i = 2; i <= k; i++) lnFactorial += Math.log(i);
  let sum = 0;
  for (let u = -20; u <= 20; u += step)
    sum += Math.exp(k * (Math.log(rate) + u) - rate * Math.exp(u) - lnFactorial) * density(u, sigma);
  return Math.log(sum * step);
}

/** Q and its first two derivatives by a natural cubic spline over the nodes. */
export function splineOf(k: number, sigma: number): (rate: number) => [number, number, number] {
  const n = NODES.length;
  const q = NODES.map((rate) => directQ(k, rate, sigma, 0.02));
  const d = NODES.slice(1).map((x, i) => x - NODES[i]);
  // Gaussian elimination of the tridiagonal system for the second derivatives.
  const diagonal = new Array(n).fill(1);
  const right = new Array(n).fill(0);
  const upper = new Array(n).fill(0);
  for (let m = 1; m < n - 1; m++) {
    const below = m === 1 ? 0 : d[m - 1];
    diagonal[m] = 2 * (d[m - 1] + d[m]) - (below * upper[m - 1]) / diagonal[m - 1];
    upper[m] = d[m];
    right[m] =
      6 * ((q[m + 1] - q[m]) / d[m] - (q[m] - q[m - 1]) / d[m - 1]) -
      (below * right[m - 1]) / diagonal[m - 1];
  }
  const s = new Array(n).fill(0);
  for (let m = n - 2; m > 0; m--) s[m] = (right[m] - upper[m] * s[m + 1]) / diagonal[m];
  return (rate) => {
    let m = 0;
    while (m < n - 2 && rate >= NODES[m + 1]) m++;
    const w = d[m];
    const [a, b] = [rate - NODES[m], NODES[m + 1] - rate];
    const high = q[m + 1] / w - (s[m + 1] * w) / 6;
    const low = q[m] / w - (s[m] * w) / 6;
    return [
      (s[m + 1] * a ** 3) / (6 * w) + (s[m] * b ** 3) / (6 * w) + high * a + low * b,
      (s[m + 1] * a ** 2) / (2 * w) - (s[m] * b ** 2) / (2 * w) + high - low,
      (s[m + 1] * a) / w + (s[m] * b) / w,
    ];
  };
}

/** Raises eigenvalues below 1e-3 and gives the largest, by Jacobi rotations. */
function repaired(h: number[][]): { h: number[][]; norm: number } {
  const n = h.length;
  const a = h.map((row) => [...row]);
  const v = h.map((_, i) => h.map((__, j): number => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 50; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p][q]) < 1e-300) continue;
        const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let k = 0; k < n; k++)
          [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < n; k++)
          [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
        for (let k = 0; k < n; k++)
          [v[k][p], v[k][q]] = [c * v[k][p] - s * v[k][q], s * v[k][p] + c * v[k][q]];
      }
    }
  }
  const values = a.map((row, i) => Math.max(row[i], 1e-3));
  return {
    h: v.map((vi) => v.map((vj) => values.reduce((sum, value, k) => sum + value * vi[k] * vj[k], 0))),
    norm: Math.max(...values),
  };
}

type Spline = (rate: number) => [number, number, number];

export class Transcription {
  readonly shares: number[][];
  readonly splines: Spline[];

  /** @param shares types x genes. */
  constructor(shares: number[][], sigma: number, largest: number) {
    this.shares = shares;
    this.splines = Array.from({ length: largest + 1 }, (_, k) => splineOf(k, sigma));
  }

  fit(counts: number[], umi: number, types: number[], rounds: number): { weights: number[]; score: number } {
    let w = types.map(() => 1 / types.length);
    const floor = Math.max(1e-4, umi * 1e-7);
    const s = types.map((k) => this.shares[k].map((m) => m * umi));
    const rates = () =>
      counts.map((_, j) =>
        Math.min(1600 - 1e-4, Math.max(floor, Math.abs(w.reduce((sum, wk, k) => sum + wk * s[k][j], 0)))),
      );
    for (let round = 0; round < rounds; round++) {
      const q = rates().map((rate, j) => this.splines[counts[j]](rate));
      const gradient = s.map((sk) => -sk.reduce((sum, x, j) => sum + x * q[j][1], 0));
      const { h, norm } = repaired(
        s.map((a) => s.map((b) => -a.reduce((sum, x, j) => sum + x * b[j] * q[j][2], 0))),
      );
      const d = w.map(() => 0);
      for (let sweep = 0; sweep < 5000; sweep++) {
        let largest = 0;
        for (let a = 0; a < d.length; a++) {
          const slope =
            d.reduce((sum, db, b) => sum + (h[a][b] / norm) * db, gradient[a] / norm) + 1e-7 * d[a];
          const next = Math.max(-w[a], d[a] - slope / (h[a][a] / norm + 1e-7));
          largest = Math.max(largest, Math.abs(next - d[a]));
          d[a] = next;
        }
        if (largest < 1e-13) break;
      }
      w = w.map((wk, k) => Math.max(0, wk + 0.3 * d[k]));
      if (d.reduce((sum, dk) => sum + 0.3 * Math.abs(dk), 0) <= 0.001) break;
    }
    return {
      weights: w,
      score: -rates().reduce((sum, rate, j) => sum + this.splines[counts[j]](rate)[0], 0),
    };
  }

  /** Class, types and full weights at thresholds 5 and 20, every type a class of its own. */
  doublet(counts: number[], umi: number) {
    const all = this.shares.map((_, k) => k);
    const { weights } = this.fit(counts, umi, all, 50);
    let candidates = all.filter((k) => weights[k] > 0.01);
    if (candidates.length === 0) candidates = all.slice(0, 3);
    if (candidates.length === 1) candidates.push(candidates[0] === 0 ? 1 : 0);
    const single = new Map(candidates.map((k) => [k, this.fit(counts, umi, [k], 25).score]));
    const pairs = candidates.flatMap((a, i) =>
      candidates.slice(i + 1).map((b) => ({ a, b, score: this.fit(counts, umi, [a, b], 25).score })),
    );
    const best = pairs.reduce((x, y) => (y.score < x.score ? y : x));
    const near = pairs.filter(({ score }) => score < best.score + 5);
    const certain = [best.a, best.b].filter((k) => near.every(({ a, b }) => a === k || b === k));
    const first =
      certain.length === 1
        ? certain[0]
        : single.get(best.a)! <= single.get(best.b)! || certain.length === 0
          ? best.a
          : best.b;
    const singlet = certain.length === 0 ? best.score + 40 : single.get(first)!;
    const cellClass =
      singlet - best.score < 20
        ? 'singlet'
        : (['reject', 'doublet_uncertain', 'doublet_certain'] as const)[certain.length];
    return { weights, cellClass, first, second: first === best.a ? best.b : best.a, minScore: best.score };
  }
}
