import { writeFileSync } from 'node:fs';
import { candidatesOf, fitDoublet } from '@spatile/worker/correct/rctd/doublet';
import { LikelihoodTables } from '@spatile/worker/correct/rctd/likelihood';
import { Solver } from '@spatile/worker/correct/rctd/solver';
import { drawMixtures } from './mixtures.ts';

/** What this script measures of typing by `rctd` in doublet mode. */
export interface TypingFigures {
  cells: number;
  /** Processor time of all cells, likelihood tables apart. */
  seconds: number;
  /** Mean of the candidates of a cell. */
  candidates: number;
  /** Share of cells whose first type is the one most of the cell was drawn from. */
  right: number;
}

const THRESHOLDS = { confidence: 5, doublet: 20 };
const ROWS = 201;
const SIGMA = 0.3;
const MEAN_COUNTS = 150;
const SEED = 5;

const [types, genes, cells] = process.argv.slice(2, 5).map(Number);
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
const before = process.cpuUsage();
const said = pass();
const { user, system } = process.cpuUsage(before);
const figures: TypingFigures = { cells, seconds: (user + system) / 1e6, ...said };
writeFileSync(process.argv[5], JSON.stringify(figures));
