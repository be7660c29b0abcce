import { type ModelTile, rate, thetaSums } from './assign-model.ts';
import { expDigamma, gamma, lnGamma, philox, stream, unit } from './assign-random.ts';

const KIND_FOREGROUND = 3;
const KIND_COMPONENT = 4;
const KIND_LOADING = 5;

/** Steps 2 and 3 of 1.7: foreground flags and latent counts, cells x K'. */
export function drawForeground(
  t: ModelTile,
  key: number[],
  iteration: number,
): { foreground: boolean[]; counts: number[][] } {
  const latent = thetaSums(t).length;
  const counts = t.cells.map(() => new Array<number>(latent).fill(0));
  const foreground = t.transcripts.map(({ row, gene, voxel, beta }) => {
    const cell = t.label[voxel];
    const lambda = rate(t, cell, gene);
    const words = philox(key, [iteration, KIND_FOREGROUND, row, 0]);
    if (!(unit(words[0]) < lambda / (lambda + beta))) return false;
    let k = gene;
    if (gene >= t.privateGenes) {
      const theta = t.theta[gene - t.privateGenes];
      let left = unit(words[1]) * lambda;
      let factor = 0;
      for (; factor < theta.length - 1; factor++) {
        left -= theta[factor] * t.cells[cell].loading[t.privateGenes + factor];
        if (left < 0) break;
      }
      k = t.privateGenes + factor;
    }
    counts[cell][k]++;
    return true;
  });
  return { foreground, counts };
}

const volumeOf = (t: ModelTile, cell: number): number =>
  t.u * t.label.filter((label) => label === cell).length;

/** Log weights of the components of a cell (step 4 of 1.7) with the negative binomial written out, up to a constant. */
export function componentWeights(t: ModelTile, cell: number, counts: number[][]): number[] {
  const volume = volumeOf(t, cell);
  const sums = thetaSums(t);
  return t.pi.map((pi, z) => {
    let sum =
      Math.log(pi) - (Math.log(volume) - t.mu[z]) ** 2 / (2 * t.sigma2[z]) - 0.5 * Math.log(t.sigma2[z]);
    sums.forEach((theta, k) => {
      const r = t.r[z][k];
      const odds = t.s[z][k] * volume * theta;
      const p = Math.min(0.999999, odds / (1 + odds));
      const x = counts[cell][k];
      sum += lnGamma(r + x) - lnGamma(r) + x * Math.log(p) + r * Math.log(1 - p);
    });
    return sum;
  });
}

export function drawComponents(t: ModelTile, counts: number[][], key: number[], iteration: number): void {
  for (let c = 1; c < t.cells.length; c++) {
    if (t.cells[c].frozen || volumeOf(t, c) === 0) continue;
    const logs = componentWeights(t, c, counts);
    const top = Math.max(...logs);
    const weights = logs.map((w) => Math.exp(w - top));
    let left =
      unit(stream(key, iteration, KIND_COMPONENT, 0, t.cells[c].id)()[0]) *
      weights.reduce((a, b) => a + b, 0);
    let z = 0;
    for (; z < weights.length - 1; z++) {
      left -= weights[z];
      if (left < 0) break;
    }
    t.cells[c].component = z;
  }
}

/** Step 7 of 1.7. `place` gives the position of a latent dimension in the kernel's padded row, which keys its draws. */
export function drawLoadings(
  t: ModelTile,
  counts: number[][],
  key: number[],
  iteration: number,
  place: (k: number) => number,
): void {
  const sums = thetaSums(t);
  for (let c = 1; c < t.cells.length; c++) {
    const volume = volumeOf(t, c);
    if (t.cells[c].frozen || volume === 0) continue;
    const { id, component, loading } = t.cells[c];
    sums.forEach((theta, k) => {
      const s = t.s[component][k];
      const draw = gamma(
        stream(key, iteration, KIND_LOADING, place(k), id),
        t.r[component][k] + counts[c][k],
      );
      loading[k] = Math.fround((draw * s) / (1 + s * volume * theta));
    });
  }
}

/** Point loadings in place of draws, and the totals that go with them (means). */
export function pointLoadings(t: ModelTile, counts: number[][]): number[] {
  const sums = thetaSums(t);
  return t.cells.map(({ frozen, component, loading }, c) => {
    const volume = volumeOf(t, c);
    if (c === 0 || frozen || volume === 0) return 0;
    let total = 0;
    sums.forEach((theta, k) => {
      const count = t.r[component][k] + counts[c][k];
      const unit = t.s[component][k] / (1 + t.s[component][k] * volume * theta);
      loading[k] = Math.fround(unit * (k < t.privateGenes ? Math.sqrt(count * expDigamma(count)) : count));
      total += count * unit * theta;
    });
    return total;
  });
}
