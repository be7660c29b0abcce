import type { RandomStream } from '@spatile/random/stream';

/**
 * Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari and Gelman, arXiv 1804.06788): when data are made with parameters
 * drawn from the prior, the rank of the true value among posterior draws is uniform.
 */
export class Ranks {
  private readonly seen: number[];

  constructor(draws: number) {
    this.seen = new Array<number>(draws + 1).fill(0);
  }

  /** Adds the rank of `truth` among `draws`; ties are broken evenly. */
  add(truth: number, draws: readonly number[], stream: RandomStream): void {
    const below = draws.filter((value) => value < truth).length;
    const ties = draws.filter((value) => value === truth).length;
    this.seen[below + stream.integer(ties + 1)]++;
  }

  /** Chi-square of the ranks against the uniform law, with one degree of freedom fewer than there are ranks. */
  chiSquare(): { value: number; freedom: number } {
    const wanted = this.seen.reduce((sum, n) => sum + n, 0) / this.seen.length;
    const value = this.seen.reduce((sum, n) => sum + (n - wanted) ** 2 / wanted, 0);
    return { value, freedom: this.seen.length - 1 };
  }
}

/** Upper quantile of chi-square at 1 - alpha, by Wilson and Hilferty; alpha 0.001. */
export function chiSquareLimit(freedom: number): number {
  const a = 2 / (9 * freedom);
  return freedom * (1 - a + 3.0902 * Math.sqrt(a)) ** 3;
}

/** Chi-square of two samples against one law; classes with fewer than 20 of both are joined. */
export function twoSamples(
  a: ReadonlyMap<string, number>,
  b: ReadonlyMap<string, number>,
): { value: number; freedom: number } {
  const of = (counts: ReadonlyMap<string, number>): number =>
    [...counts.values()].reduce((sum, n) => sum + n, 0);
  const share = of(a) / (of(a) + of(b));
  const classes: [number, number][] = [[0, 0]];
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    const pair: [number, number] = [a.get(key) ?? 0, b.get(key) ?? 0];
    if (pair[0] + pair[1] >= 20) classes.push(pair);
    else classes[0] = [classes[0][0] + pair[0], classes[0][1] + pair[1]];
  }
  const used = classes.filter(([m, n]) => m + n > 0);
  const value = used.reduce(
    (sum, [m, n]) => sum + (m - share * (m + n)) ** 2 / (share * (1 - share) * (m + n)),
    0,
  );
  return { value, freedom: used.length - 1 };
}
