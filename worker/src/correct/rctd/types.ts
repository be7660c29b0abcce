import {
  CELL_CLASSES,
  readTypesInput,
  type TypedCells,
  type TypeModel,
  type TypesInput,
  typedFrame,
} from '@spatile/formats/tile/correct';
import type { Handler } from '../../handler.ts';
import { fitDoublet } from './doublet.ts';
import { listedCounts, placesOf } from './fit.ts';
import { LikelihoodTables } from './likelihood.ts';
import { fitMulti } from './multi.ts';
import { ScoreList } from './scored.ts';
import { Solver } from './solver.ts';

const PROGRESS_EVERY = 64;

/** Cell types of a block of cells, given the model of the slide (`rctd`, Cable et al. 2022). */
export const typeCells: Handler = async (frame, context) => {
  const input = readTypesInput(frame);
  const { model, cells, settings } = input;
  const solver = await solverOf(input);
  const n = cells.length.length;
  const typed = untyped(n, model.types, settings.mode);
  const scores = new ScoreList(n);
  const genes = [...model.bulkList, ...model.list].reduce((a, b) => Math.max(a, b), -1);
  const shared = cells.gene.reduce((a, b) => Math.max(a, b), genes) + 1;
  const place = placesOf(model.list, shared);
  const inBulk = placesOf(model.bulkList, shared);
  let at = 0;
  let fitted = 0;
  for (let i = 0; i < n; i++) {
    const end = at + cells.length[i];
    const cell = listedCounts(cells.gene, cells.count, at, end, place);
    let bulk = 0;
    for (let e = at; e < end; e++) if (inBulk[cells.gene[e]] >= 0) bulk += cells.count[e];
    at = end;
    if (cell.umi < Math.max(settings.umiMin, settings.countsMin) || cell.umi > settings.umiMax) continue;
    if (bulk < settings.countsMin) continue;
    solver.setCell(cell.gene, cell.count, cell.umi);
    fitOne(solver, input, i, typed, scores);
    fitted++;
    if (i % PROGRESS_EVERY === 0) context.progress(i / n);
  }
  context.count({ wasmPages: solver.wasmPages, cellsFitted: fitted });
  return typedFrame(typed, scores.cells());
};

/** The solver of the last model: blocks of one slide come one after the other. */
let last: { model: TypeModel; solver: Solver } | null = null;

async function solverOf({ model }: TypesInput): Promise<Solver> {
  if (last !== null && sameModel(last.model, model)) return last.solver;
  const tables = new LikelihoodTables(model.largestCount + 1);
  const genes = model.list.length;
  const solver = await Solver.create({ types: model.types, genes, shares: model.profiles }, tables.rows);
  solver.setLikelihood(tables.table(model.sigma));
  last = { model: { ...model, profiles: model.profiles.slice() }, solver };
  return solver;
}

function sameModel(a: TypeModel, b: TypeModel): boolean {
  return (
    a.sigma === b.sigma &&
    a.types === b.types &&
    a.largestCount === b.largestCount &&
    a.profiles.length === b.profiles.length &&
    a.profiles.every((share, i) => share === b.profiles[i])
  );
}

function untyped(n: number, types: number, mode: TypesInput['settings']['mode']): TypedCells {
  const sub = mode === 'multi' ? n * types : 0;
  return {
    cellClass: new Uint8Array(n).fill(CELL_CLASSES.indexOf('filtered')),
    first: new Int16Array(n).fill(-1),
    second: new Int16Array(n).fill(-1),
    firstCertain: new Uint8Array(n),
    secondCertain: new Uint8Array(n),
    firstWeight: new Float32Array(n).fill(Number.NaN),
    secondWeight: new Float32Array(n).fill(Number.NaN),
    minScore: new Float32Array(n).fill(Number.NaN),
    singletScore: new Float32Array(n).fill(Number.NaN),
    convergedAll: new Uint8Array(n),
    convergedDoublet: new Uint8Array(n),
    weights: new Float32Array(n * types).fill(Number.NaN),
    subWeights: new Float32Array(sub),
    confident: new Uint8Array(sub),
  };
}

function fitOne(
  solver: Solver,
  { model, groupOf, settings }: TypesInput,
  i: number,
  out: TypedCells,
  scores: ScoreList,
): void {
  const { types } = model;
  if (settings.mode === 'doublet') {
    const result = fitDoublet(solver, groupOf, settings);
    out.cellClass[i] = CELL_CLASSES.indexOf(result.cellClass);
    for (const key of ['first', 'second', 'firstWeight', 'secondWeight', 'minScore', 'singletScore'] as const)
      out[key][i] = result[key];
    for (const key of ['firstCertain', 'secondCertain', 'convergedAll', 'convergedDoublet'] as const)
      out[key][i] = Number(result[key]);
    out.weights.set(result.weights, i * types);
    scores.add(i, result.scores);
    return;
  }
  if (settings.mode === 'full') {
    const { weights, converged } = solver.weights(Array.from({ length: types }, (_, k) => k));
    out.convergedAll[i] = Number(converged);
    out.weights.set(weights, i * types);
    out.minScore[i] = solver.scoreOfWeights(types);
  } else {
    const result = fitMulti(solver, types, settings, settings.maxTypes);
    result.types.forEach((k, at) => {
      out.subWeights[i * types + k] = result.subWeights[at];
      out.confident[i * types + k] = Number(result.confident[at]);
    });
    out.weights.set(result.weights, i * types);
    out.minScore[i] = result.minScore;
    out.convergedAll[i] = Number(result.converged);
  }
  takeLargest(out, i, types, settings.mode);
}

/** In the modes without a doublet the first type is that of the largest weight. */
function takeLargest(out: TypedCells, i: number, types: number, mode: 'full' | 'multi'): void {
  const source = mode === 'multi' ? out.subWeights : out.weights;
  let first = -1;
  let sum = 0;
  for (let k = 0; k < types; k++) {
    const w = source[i * types + k];
    sum += w;
    if (w > 0 && (first < 0 || w > source[i * types + first])) first = k;
  }
  out.cellClass[i] = CELL_CLASSES.indexOf(first < 0 ? 'reject' : 'singlet');
  out.first[i] = first;
  if (first >= 0) out.firstWeight[i] = source[i * types + first] / sum;
}
