import {
  type ExpressionSpace,
  readSpaceInput,
  type SpaceInput,
  spaceFrame,
} from '@spatile/formats/tile/shift';
import { RandomStream } from '@spatile/random/stream';
import type { Handler } from '../../handler.ts';
import { normalised, placesIn, project, type Rows, standardise, totalsOf } from './expression.ts';

/** Rounds of the iteration: the components that tell cell types apart are settled after a few. */
const ROUNDS = 8;

/** The space of expression of a slide, from a sample of its cells (for SPLIT-shift). */
export const fitSpace: Handler = async (frame, context) =>
  spaceFrame(expressionSpace(readSpaceInput(frame), (share) => context.progress(share)));

/**
 * Principal components of standardised ln(1 + scaled counts) by orthogonal iteration: the space that they span, in which
 * distances are all that counts, so its axes are left as they come.
 */
export function expressionSpace(input: SpaceInput, progress: (share: number) => void): ExpressionSpace {
  const { cells, seed } = input;
  const totals = totalsOf(cells).sort();
  const scale = totals[totals.length >> 1];
  const all = Int32Array.from({ length: input.genes }, (_, j) => j);
  const { gene, mean, deviation } = variableGenes(normalised(cells, scale, all), input);
  const rows = normalised(cells, scale, placesIn(gene, input.genes));
  standardise(rows, mean, deviation);
  const components = Math.min(input.components, gene.length, cells.length.length);
  const random = new RandomStream(seed, 'correct.space');
  let loading: Float64Array = Float64Array.from({ length: gene.length * components }, () => random.normal());
  orthonormalise(loading, components);
  for (let round = 0; round < ROUNDS; round++) {
    loading = multipliedBack(
      rows,
      { mean, deviation },
      project(rows, { mean, deviation }, loading, components),
      components,
    );
    orthonormalise(loading, components);
    progress((round + 1) / ROUNDS);
  }
  const place = Float32Array.from(project(rows, { mean, deviation }, loading, components));
  return { components, scale, gene, mean, deviation, loading: Float32Array.from(loading), place };
}

/** The genes of largest variance, ascending, with mean and deviation of their values. */
function variableGenes(
  { start, column, value }: Rows,
  { genes, mostGenes }: SpaceInput,
): Pick<ExpressionSpace, 'gene' | 'mean' | 'deviation'> {
  const cells = start.length - 1;
  const [sum, squares] = [new Float64Array(genes), new Float64Array(genes)];
  for (let e = 0; e < start[cells]; e++) {
    sum[column[e]] += value[e];
    squares[column[e]] += value[e] * value[e];
  }
  const variance = sum.map((s, g) => squares[g] / cells - (s / cells) * (s / cells));
  const gene = Int32Array.from(variance, (_, g) => g)
    .filter((g) => variance[g] > 1e-12)
    .sort((a, b) => variance[b] - variance[a] || a - b)
    .slice(0, mostGenes)
    .sort();
  return {
    gene,
    mean: Float64Array.from(gene, (g) => sum[g] / cells),
    deviation: Float64Array.from(gene, (g) => Math.sqrt(variance[g])),
  };
}

/** Transposed centred rows times places, genes x components. */
function multipliedBack(
  { start, column, value }: Rows,
  { mean, deviation }: Pick<ExpressionSpace, 'mean' | 'deviation'>,
  places: Float64Array,
  components: number,
): Float64Array {
  const out = new Float64Array(mean.length * components);
  const sums = new Float64Array(components);
  for (let i = 0; i + 1 < start.length; i++) {
    for (let c = 0; c < components; c++) sums[c] += places[i * components + c];
    for (let e = start[i]; e < start[i + 1]; e++)
      for (let c = 0; c < components; c++)
        out[column[e] * components + c] += value[e] * places[i * components + c];
  }
  for (let g = 0; g < mean.length; g++)
    for (let c = 0; c < components; c++) out[g * components + c] -= (mean[g] / deviation[g]) * sums[c];
  return out;
}

/** Makes the columns orthonormal, in place (modified Gram-Schmidt, twice); columns without a rest become 0. */
function orthonormalise(columns: Float64Array, width: number): void {
  const rows = columns.length / width;
  const dot = (a: number, b: number): number => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += columns[r * width + a] * columns[r * width + b];
    return sum;
  };
  for (let c = 0; c < width; c++) {
    const before = Math.sqrt(dot(c, c));
    for (let pass = 0; pass < 2; pass++)
      for (let b = 0; b < c; b++) {
        const along = dot(b, c);
        for (let r = 0; r < rows; r++) columns[r * width + c] -= along * columns[r * width + b];
      }
    const length = Math.sqrt(dot(c, c));
    const factor = length > 1e-9 * before ? 1 / length : 0;
    for (let r = 0; r < rows; r++) columns[r * width + c] *= factor;
  }
}
