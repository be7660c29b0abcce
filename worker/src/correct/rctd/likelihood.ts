import { exp, ln, lnGamma } from '@spatile/random/elementary';
import { noiseDensity } from './noise.ts';

/** Rates are tabulated by l = floor(sqrt(rate / 1e-6)) from 10 to 40000. */
const FIRST_L = 10;
const LAST_L = 40_000;
/**
 * Quadrature over the log-scale noise: -REACH..REACH in steps of STEP. The original takes steps of 0.004; values differ by less
 * than 1e-5.
 */
const REACH = 20;
const STEP = 0.01;
/** Log-probabilities this far below the mode of a count add nothing. */
const NEGLIGIBLE = -80;
/** Counts above are taken for it. */
export const LARGEST_COUNT = 1000;
/** Numbers kept of each interval: value and first, second and third derivative where it begins. */
const TAYLOR = 4;

/** Number (0-based) of the interval that holds the rates of l: every l up to 51, then in gaps of 2, 2, 3, 3, 4, 4, ... */
const intervalOfL = (l: number): number =>
  Math.min(l - 9, 40) + Math.max(Math.ceil(Math.sqrt(4 * Math.max(l - 48.7499, 0))) - 2, 0) - 1;

/** The grid of rates between 1e-4 and 1600 on which likelihoods are tabulated. */
export const RATE_GRID = rateGrid();

function rateGrid(): { nodes: Float64Array; intervalOfL: Uint16Array } {
  const table = new Uint16Array(LAST_L + 1);
  const nodes: number[] = [];
  for (let l = FIRST_L; l <= LAST_L; l++) {
    table[l] = intervalOfL(l);
    if (table[l] === nodes.length) nodes.push(l * l * 1e-6);
  }
  nodes.push(LAST_L * LAST_L * 1e-6);
  return { nodes: Float64Array.from(nodes), intervalOfL: table };
}

export const INTERVALS = RATE_GRID.nodes.length - 1;

/** Bytes of one count's row of a table. */
export const ROW_BYTES = INTERVALS * TAYLOR * 8;

/**
 * Tables of Q(count, rate) = ln of the integral of Poisson(count | rate e^u) f(u) du over the noise u, for counts
 * 0..rows - 1 and any sigma, as natural cubic splines in the rate. The quadrature runs over ln of the noisy rate, where
 * Poisson probabilities depend on neither rate nor sigma and are computed once.
 */
export class LikelihoodTables {
  readonly rows: number;
  readonly #origin: number;
  readonly #points: number;
  readonly #poisson: { from: number; values: Float64Array }[] = [];
  readonly #lnNodes: Float64Array;
  readonly #density: Float64Array;

  /** @param rows number of counts, at least 1. */
  constructor(rows: number) {
    this.rows = rows;
    this.#lnNodes = RATE_GRID.nodes.map(ln);
    this.#origin = this.#lnNodes[0] - REACH - STEP;
    // Beyond ln 4000 a count of at most 1000 has probability below e^-1600.
    this.#points = Math.ceil((ln(4000) - this.#origin) / STEP);
    this.#density = new Float64Array(this.#points);
    for (let count = 0; count < rows; count++) this.#poisson.push(this.#probabilities(count));
  }

  /** Q and its first three derivatives in the rate at the beginning of each interval: rows x intervals x 4. */
  table(sigma: number): Float64Array {
    const nodes = RATE_GRID.nodes.length;
    const q = new Float64Array(this.rows * nodes);
    for (let node = 0; node < nodes; node++) this.#column(sigma, node, q);
    const out = new Float64Array(this.rows * INTERVALS * TAYLOR);
    for (let row = 0; row < this.rows; row++)
      spline(q.subarray(row * nodes, (row + 1) * nodes), out.subarray(row * INTERVALS * TAYLOR));
    return out;
  }

  /** Q of all counts at one node. */
  #column(sigma: number, node: number, q: Float64Array): void {
    const density = this.#density;
    const first = Math.max(0, Math.ceil((this.#lnNodes[node] - REACH - this.#origin) / STEP));
    const last = Math.min(this.#points, Math.floor((this.#lnNodes[node] + REACH - this.#origin) / STEP) + 1);
    for (let i = first; i < last; i++)
      density[i] = noiseDensity(this.#origin + i * STEP - this.#lnNodes[node], sigma);
    for (let row = 0; row < this.rows; row++) {
      const { from, values } = this.#poisson[row];
      const begin = Math.max(from, first);
      const end = Math.min(from + values.length, last);
      let sum = 0;
      for (let i = begin; i < end; i++) sum += values[i - from] * density[i];
      q[row * RATE_GRID.nodes.length + node] = ln(sum * STEP);
    }
  }

  /** Poisson probabilities of a count over the grid of ln rates, where they are not negligible. */
  #probabilities(count: number): { from: number; values: Float64Array } {
    const lnFactorial = count < 2 ? 0 : lnGamma(count + 1);
    const logAt = (i: number): number => {
      const v = this.#origin + i * STEP;
      return count * v - exp(v) - lnFactorial;
    };
    const mode = Math.min(
      this.#points - 1,
      Math.max(0, Math.round(((count === 0 ? this.#origin : ln(count)) - this.#origin) / STEP)),
    );
    const least = logAt(mode) + NEGLIGIBLE;
    let from = mode;
    while (from > 0 && logAt(from - 1) > least) from--;
    let end = mode + 1;
    while (end < this.#points && logAt(end) > least) end++;
    return { from, values: Float64Array.from({ length: end - from }, (_, i) => exp(logAt(from + i))) };
  }
}

/** Natural cubic spline through `q` at the nodes, written as Taylor coefficients by interval. */
function spline(q: Float64Array, out: Float64Array): void {
  const { nodes } = RATE_GRID;
  const n = nodes.length;
  const bend = new Float64Array(n);
  const ratio = new Float64Array(n);
  for (let m = 1; m < n - 1; m++) {
    const left = nodes[m] - nodes[m - 1];
    const right = nodes[m + 1] - nodes[m];
    const pivot = 2 * (left + right) - left * ratio[m - 1];
    ratio[m] = right / pivot;
    bend[m] = (6 * ((q[m + 1] - q[m]) / right - (q[m] - q[m - 1]) / left) - left * bend[m - 1]) / pivot;
  }
  for (let m = n - 2; m > 0; m--) bend[m] -= ratio[m] * bend[m + 1];
  for (let m = 0; m < n - 1; m++) {
    const width = nodes[m + 1] - nodes[m];
    const at = m * TAYLOR;
    out[at] = q[m];
    out[at + 1] = (q[m + 1] - q[m]) / width - (width / 6) * (2 * bend[m] + bend[m + 1]);
    out[at + 2] = bend[m];
    out[at + 3] = (bend[m + 1] - bend[m]) / width;
  }
}
