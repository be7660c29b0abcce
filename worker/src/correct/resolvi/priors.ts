import {
  add,
  atMost,
  divide,
  exp,
  log,
  multiply,
  negate,
  scale,
  shift,
  sigmoid,
  sqrt,
  subtract,
} from '@spatile/formats/onnx/arithmetic';
import { lnGamma } from '@spatile/formats/onnx/gamma';
import type { Graph, Tensor } from '@spatile/formats/onnx/graph';
import { logSoftmax, logSumExp, softmax } from '@spatile/formats/onnx/layers';
import { concat, matmul, reshape, sum, total, transpose } from '@spatile/formats/onnx/shape';
import type { ResolviSize } from '@spatile/formats/tile/resolvi';
import { ln } from '@spatile/random/elementary';
import type { Parameters } from './networks.ts';
import { POSITIVE_FLOOR, SPARSITY_FLOOR } from './parameters.ts';

/** Densities of the model's priors, as parts of a graph. Constants that nothing depends on are left out of latent terms only. */

const PRIOR_RATE = 10;
const SPARSITY_MEAN = 3;
const TRUE_MEAN = 1;
const DIFFUSION_MEAN = 0.3;
const BACKGROUND_CONCENTRATION = 5;
const NEIGHBOUR_CONCENTRATION = 30;
const LEAST_CONCENTRATION = 1e-3;
const FARTHEST = 20;
const FARTHEST_ROOT = 10;
const LOGIT_BOUND = 10;
const KNOWN_LABEL_LOGIT = 10;
/** Standard deviation of the components of the latent prior: fixed in the original, exp(-1) + 1e-4 and exp(0) + 1e-4. */
const FREE_SPREAD = 0.3679794411714423;
const LABEL_SPREAD = 1.0001;

/** What the guide estimates as points. */
export interface PointEstimates {
  sparsity: Tensor;
  /** Concentrations of own, diffused and background shares, length 3. */
  shareConcentration: Tensor;
  distanceScale: Tensor;
  /** Share of each gene in the background. */
  background: Tensor;
  logBackground: Tensor;
}

export function pointEstimates(graph: Graph, p: Parameters): PointEstimates {
  const positive = (name: string, floor: number): Tensor => shift(graph, exp(graph, p.get(name)!), floor);
  const shares = ['trueShare', 'diffusionShare', 'backgroundShare'];
  return {
    sparsity: positive('sparsity', SPARSITY_FLOOR),
    shareConcentration: concat(
      graph,
      shares.map((name) => positive(name, POSITIVE_FLOOR)),
      0,
    ),
    distanceScale: positive('distanceScale', POSITIVE_FLOOR),
    background: softmax(graph, p.get('background')!),
    logBackground: logSoftmax(graph, p.get('background')!),
  };
}

/** How a cell's diffused counts split over its neighbours, cells x neighbours. */
export function neighbourShares(graph: Graph, logits: Tensor, distance: Tensor): Tensor {
  const bounded = shift(graph, scale(graph, sigmoid(graph, logits), 2 * LOGIT_BOUND), -LOGIT_BOUND);
  return softmax(graph, subtract(graph, bounded, atMost(graph, sqrt(graph, distance), FARTHEST_ROOT)));
}

/** Concentrations of the split over neighbours. @param distance squared, over the median. */
export function neighbourConcentration(graph: Graph, points: PointEstimates, distance: Tensor): Tensor {
  const scaled = atMost(graph, multiply(graph, points.distanceScale, distance), FARTHEST);
  const near = shift(graph, exp(graph, negate(graph, scaled)), LEAST_CONCENTRATION);
  return scale(graph, near, NEIGHBOUR_CONCENTRATION);
}

/** Logarithm of the Dirichlet density of each row, rows x 1; concentrations are rows too, or one for all. */
export function dirichletLog(graph: Graph, rows: Tensor, concentration: Tensor): Tensor {
  const c =
    concentration.shape.length === 1
      ? reshape(graph, concentration, [1, concentration.shape[0]])
      : concentration;
  const inner = sum(graph, multiply(graph, shift(graph, c, -1), log(graph, rows)), [1]);
  const norm = subtract(graph, lnGamma(graph, sum(graph, c, [1])), sum(graph, lnGamma(graph, c), [1]));
  return add(graph, inner, norm);
}

/**
 * Logarithm of the mixture prior of latent states (particles x cells x latent), particles x cells x 1, but for the
 * constant that it shares with the posterior's.
 */
export function mixtureLog(
  graph: Graph,
  { components, latent, supervised }: ResolviSize,
  p: Parameters,
  state: Tensor,
  labels: Tensor | null,
): Tensor {
  const spread = supervised ? LABEL_SPREAD : FREE_SPREAD;
  const means = p.get('means')!;
  const mixture = p.get('mixture')!;
  const logits = labels === null ? mixture : add(graph, mixture, scale(graph, labels, KNOWN_LABEL_LOGIT));
  const meanNorm = reshape(graph, sum(graph, multiply(graph, means, means), [1]), [components]);
  const cross = scale(graph, matmul(graph, state, transpose(graph, means)), 2);
  const stateNorm = sum(graph, multiply(graph, state, state), [2]);
  const squared = add(graph, subtract(graph, stateNorm, cross), meanNorm);
  const exponents = add(graph, scale(graph, squared, -0.5 / (spread * spread)), logSoftmax(graph, logits));
  return shift(graph, logSumExp(graph, exponents), -latent * ln(spread));
}

/** Logarithm of the Gamma density of shape 10 and the given mean. */
function gammaLog(graph: Graph, x: Tensor, mean: Tensor): Tensor {
  const rate = divide(graph, graph.scalar(PRIOR_RATE), mean);
  const power = add(
    graph,
    scale(graph, log(graph, rate), PRIOR_RATE),
    scale(graph, log(graph, x), PRIOR_RATE - 1),
  );
  return total(graph, shift(graph, subtract(graph, power, multiply(graph, rate, x)), -LN_GAMMA_10));
}

const LN_GAMMA_10 = 12.801827480081469;

/** Logarithm of the priors that belong to no cell. */
export function globalPriors(
  graph: Graph,
  points: PointEstimates,
  { backgroundRatio }: { backgroundRatio: number },
): Tensor {
  const factors = graph.constant([3], [TRUE_MEAN, DIFFUSION_MEAN, 10 * backgroundRatio * TRUE_MEAN + 1e-3]);
  const ofSparsity = gammaLog(graph, points.sparsity, graph.scalar(SPARSITY_MEAN));
  const ofShares = gammaLog(graph, points.shareConcentration, multiply(graph, points.sparsity, factors));
  const ofBackground = scale(graph, total(graph, points.logBackground), BACKGROUND_CONCENTRATION - 1);
  return subtract(
    graph,
    add(graph, add(graph, ofSparsity, ofShares), ofBackground),
    total(graph, points.distanceScale),
  );
}
