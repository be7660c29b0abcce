import { adam } from '@spatile/formats/onnx/adam';
import { add, log, multiply, negate, scale, shift, sqrt, subtract } from '@spatile/formats/onnx/arithmetic';
import { gradients } from '@spatile/formats/onnx/gradient';
import { Graph, type Tensor } from '@spatile/formats/onnx/graph';
import { logSoftmax } from '@spatile/formats/onnx/layers';
import { concat, detached, expand, matmul, reshape, split, sum, total } from '@spatile/formats/onnx/shape';
import type { ResolviPriors, ResolviSize } from '@spatile/formats/tile/resolvi';
import {
  classify,
  decode,
  encodeShares,
  encodeState,
  frozen,
  type Parameters,
  packedParameters,
} from './networks.ts';
import {
  dirichletLog,
  globalPriors,
  mixtureLog,
  neighbourConcentration,
  neighbourShares,
  pointEstimates,
} from './priors.ts';

export interface TrainingSize extends ResolviSize {
  /** Cells of a step, and draws of the latent state of each. */
  batch: number;
  particles: number;
  /** How much the counts weigh beside the priors. */
  likelihoodWeight: number;
}

const SHARES_WEIGHT = 5;
const LABEL_WEIGHT = 50;
const ADAM_EPSILON = 1e-4;
/** Keeps the logarithm of a rate finite. */
const RATE_FLOOR = 1e-11;

/**
 * One step of training of ResolVI (Ergen and Yosef 2025) as the bytes of an ONNX graph: the evidence lower bound of a batch,
 * its gradient and Adam. Inputs and outputs: `TRAINING_INPUTS`, and `loss`, `parameters`, `first`, `second`,
 * `neighbourGradient`. The loss leaves out what depends on counts alone (`countConstant`).
 */
export function trainingGraph(
  size: TrainingSize,
  priors: Pick<ResolviPriors, 'backgroundRatio'>,
): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  const { packed, neighbourLogits, loss } = trainingLoss(graph, size, priors);
  const [gradient, neighbourGradient] = gradients(graph, loss, [packed, neighbourLogits]);
  const length = packed.shape[0];
  const state = {
    parameters: packed,
    first: graph.input('firstMoment', [length]),
    second: graph.input('secondMoment', [length]),
  };
  const step = {
    gradient,
    rate: rates(graph, size, length),
    rootCorrection: graph.input('rootCorrection', []),
    epsilon: ADAM_EPSILON,
  };
  const next = adam(graph, state, step);
  graph.output('loss', loss);
  graph.output('neighbourGradient', neighbourGradient);
  graph.output('parameters', next.parameters);
  graph.output('first', next.first);
  graph.output('second', next.second);
  return graph.bytes();
}

/** Rate of each parameter: the prior's means at the end of the vector have their own. */
function rates(graph: Graph, size: ResolviSize, length: number): Tensor {
  const means = size.components * size.latent;
  const rate = graph.input('rate', [1]);
  const meansRate = graph.input('meansRate', [1]);
  return concat(graph, [expand(graph, rate, [length - means]), expand(graph, meansRate, [means])], 0);
}

/** The loss and what it depends on, on a graph of either precision. */
export function trainingLoss(
  graph: Graph,
  size: TrainingSize,
  priors: Pick<ResolviPriors, 'backgroundRatio'>,
): { packed: Tensor; neighbourLogits: Tensor; loss: Tensor } {
  const { batch, particles, neighbours, genes } = size;
  const { packed, parameters } = packedParameters(graph, size, true);
  const counts = graph.input('counts', [batch, genes]);
  const weight = graph.input('weight', [batch, 1]);
  const distance = graph.input('distance', [batch, neighbours]);
  const neighbourLogits = graph.input('neighbourLogits', [batch, neighbours], true);
  const points = pointEstimates(graph, parameters);

  const shares = encodeShares(graph, parameters, counts);
  const beta = neighbourShares(graph, neighbourLogits, distance);
  const ofNeighbours = dirichletLog(graph, beta, neighbourConcentration(graph, points, distance));
  // The original passes no gradient from here to the concentrations: they follow their own priors.
  const ofShares = dirichletLog(graph, shares, detached(points.shareConcentration));
  const labels = labelsOf(graph, size);
  const { state, latentTerm } = latent(graph, size, parameters, labels);
  const likelihood = countLikelihood(graph, size, parameters, {
    counts,
    shares,
    beta,
    state,
    background: points.background,
  });

  const drawn = scale(
    graph,
    sum(graph, add(graph, latentTerm, scale(graph, likelihood, size.likelihoodWeight)), [0]),
    1 / particles,
  );
  let perCell = add(graph, reshape(graph, drawn, [batch, 1]), ofNeighbours);
  perCell = add(graph, perCell, scale(graph, ofShares, SHARES_WEIGHT));
  if (labels !== null) perCell = add(graph, perCell, labelTerm(graph, size, parameters, state, labels));
  const bound = add(
    graph,
    total(graph, multiply(graph, weight, perCell)),
    globalPriors(graph, points, priors),
  );
  return { packed, neighbourLogits, loss: negate(graph, bound) };
}

/** Draws of the latent state (particles x cells x latent) and their term of the bound (particles x cells x 1). */
function latent(
  graph: Graph,
  size: TrainingSize,
  parameters: Parameters,
  labels: Tensor | null,
): { state: Tensor; latentTerm: Tensor } {
  const { batch, particles, latent: width, encoderHidden } = size;
  const resampled = graph.input('resampled', [batch, size.genes]);
  const masks = [
    graph.input('dropout1', [batch, encoderHidden]),
    graph.input('dropout2', [batch, encoderHidden]),
  ] as const;
  const noise = graph.input('noise', [particles, batch, width]);
  const { mean, variance } = encodeState(graph, parameters, resampled, masks);
  const state = add(graph, mean, multiply(graph, sqrt(graph, variance), noise));
  const spread = add(graph, log(graph, variance), multiply(graph, noise, noise));
  const logPosterior = scale(graph, sum(graph, spread, [2]), -0.5);
  const logPrior = mixtureLog(graph, size, parameters, state, labels);
  const weight = graph.input('latentWeight', []);
  return { state, latentTerm: multiply(graph, weight, subtract(graph, logPrior, logPosterior)) };
}

/** Labels of the cells, one 1 in each row, all 0 where unknown; null without labels. */
const labelsOf = (graph: Graph, { supervised, batch, components }: TrainingSize): Tensor | null =>
  supervised ? graph.input('labels', [batch, components]) : null;

/** Logarithm of the Poisson probability of the counts, particles x cells x 1, but for what depends on counts alone. */
function countLikelihood(
  graph: Graph,
  size: TrainingSize,
  parameters: Parameters,
  of: { counts: Tensor; shares: Tensor; beta: Tensor; state: Tensor; background: Tensor },
): Tensor {
  const { batch } = size;
  const library = graph.input('library', [batch, 1]);
  const [own, diffused, background] = split(graph, of.shares, 1, [1, 1, 1]);
  const byNeighbour = reshape(graph, multiply(graph, of.beta, diffused), [batch, 1, size.neighbours]);
  const fromNeighbours = neighbourRates(graph, size, parameters, byNeighbour);
  const ownRates = multiply(graph, own, decode(graph, parameters, of.state));
  const backgroundRates = shift(graph, multiply(graph, background, of.background), RATE_FLOOR);
  const rates = add(graph, add(graph, ownRates, fromNeighbours), backgroundRates);
  const seen = sum(graph, multiply(graph, of.counts, log(graph, rates)), [2]);
  // Rates of a part sum to its share, so the expected total needs no sum over genes.
  const expected = multiply(graph, library, sum(graph, of.shares, [1]));
  return subtract(graph, seen, expected);
}

/** What neighbours bring, particles x cells x genes; the networks learn nothing from it, only the shares do. */
function neighbourRates(
  graph: Graph,
  size: TrainingSize,
  parameters: Parameters,
  byNeighbour: Tensor,
): Tensor {
  const { batch, neighbours, particles, genes, latent: width } = size;
  const fixed = frozen(parameters);
  const counts = graph.input('neighbourCounts', [batch * neighbours, genes]);
  const noise = graph.input('neighbourNoise', [particles, batch * neighbours, width]);
  const { mean, variance } = encodeState(graph, fixed, counts, null);
  const draws = split(graph, noise, 0, new Array(particles).fill(1));
  const parts = draws.map((draw) => {
    const state = add(graph, mean, multiply(graph, sqrt(graph, variance), reshape(graph, draw, mean.shape)));
    const rates = reshape(graph, decode(graph, fixed, state), [batch, neighbours, genes]);
    return reshape(graph, matmul(graph, byNeighbour, rates), [1, batch, genes]);
  });
  return concat(graph, parts, 0);
}

/** Weighted logarithm of the probability of the known labels, cells x 1. */
function labelTerm(
  graph: Graph,
  size: TrainingSize,
  parameters: Parameters,
  state: Tensor,
  known: Tensor,
): Tensor {
  const { batch, particles } = size;
  const chances = logSoftmax(graph, classify(graph, parameters, state));
  const drawn = sum(graph, sum(graph, multiply(graph, known, chances), [2]), [0]);
  return scale(graph, reshape(graph, drawn, [batch, 1]), LABEL_WEIGHT / particles);
}
