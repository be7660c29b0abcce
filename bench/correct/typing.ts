import { writeFileSync } from 'node:fs';
import { candidatesOf, fitDoublet } from '@spatile/worker/correct/rctd/doublet';
import { LikelihoodTables } from '@spatile/worker/correct/rctd/likelihood';
import { Solver } from '@spatile/worker/correct/rctd/solver';
import { correlation } from './correlation.ts';
import { drawMixtures } from './mixtures.ts';
import { Transcription } from './transcription.ts';

/** What this script measures of typing by `rctd` in doublet mode. */
export interface TypingFigures {
  cells: number;
  /** Processor time of all cells, likelihood tables apart. */
  seconds: number;
  /** Mean of the candidates of a cell. */
  candidates: number;
  /** Share of cells whose first type is the one most of the cell was drawn from. */
  right: number;
  /** The first cells once more by the equations written down straight; null without. */
  equations: Equality | null;
}

/** How two ways of typing the same cells agree. */
export interface Equality {
  cells: number;
  /** Processor time of the slow one, its tables apart. */
  seconds: number;
  weightsCorrelation: number;
  largestDifference: number;
  classEqual: number;
  firstEqual: number;
}

const THRESHOLDS = { confidence: 5, doublet: 20 };
const ROWS = 201;
const SIGMA = 0.3;
const MEAN_COUNTS = 150;
const SEED = 5;

const [types, genes, cells, compared] = process.argv.slice(2, 6).map(Number);
const mixtures = drawMixtures(types, genes, cells, MEAN_COUNTS, SEED);
const solver = await Solver.create(mixtures, ROWS);
solver.setSigma(new LikelihoodTables(ROWS), SIGMA);
const groupOf = Int32Array.from({ length: types }, (_, k) => k);
const pass = (): { right: number; candidates: number } => {
  let [right, candidates] = [0, 0];
  for (const { gene, count, umi, first } of mixtures.cells) {
    solver.setCell(gene, count, umi);
    const result = fitDoublet(solver, groupOf, THRESHOLDS);
    if (result.first === first) right++;
    candidates += candidatesOf(result.weights).length;
  }
  return { right: right / cells, candidates: candidates / cells };
};
// The first pass compiles.
pass();
const [seconds, said] = timed(pass);
const equations = compared > 0 ? compare(compared) : null;
const figures: TypingFigures = { cells, seconds, ...said, equations };
writeFileSync(process.argv[6], JSON.stringify(figures));

function timed<T>(work: () => T): [seconds: number, result: T] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1e6, result];
}

/** Types the first `n` cells both ways. */
function compare(n: number): Equality {
  const shares = Array.from({ length: types }, (_, k) =>
    Array.from(mixtures.shares.subarray(k * genes, (k + 1) * genes)),
  );
  const chosen = mixtures.cells.slice(0, n);
  const largest = chosen.reduce((most, { count }) => Math.max(most, ...count), 0);
  const slow = new Transcription(shares, SIGMA, largest);
  const [seconds, theirs] = timed(() =>
    chosen.map(({ gene, count, umi }) => {
      const dense: number[] = new Array(genes).fill(0);
      gene.forEach((j, e) => {
        dense[j] = count[e];
      });
      return slow.doublet(dense, umi);
    }),
  );
  const ours = chosen.map(({ gene, count, umi }) => {
    solver.setCell(gene, count, umi);
    return fitDoublet(solver, groupOf, THRESHOLDS);
  });
  const share = (equal: (i: number) => boolean): number => chosen.filter((_, i) => equal(i)).length / n;
  const [a, b] = [ours, theirs].map((results) => results.flatMap(({ weights }) => [...weights]));
  return {
    cells: n,
    seconds,
    weightsCorrelation: correlation(a, b),
    largestDifference: a.reduce((most, w, i) => Math.max(most, Math.abs(w - b[i])), 0),
    classEqual: share((i) => ours[i].cellClass === theirs[i].cellClass),
    firstEqual: share((i) => ours[i].first === theirs[i].first),
  };
}
