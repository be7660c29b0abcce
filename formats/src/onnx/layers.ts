import { add, divide, exp, multiply, scale, shift, sqrt, subtract } from './arithmetic.ts';
import type { Graph, Tensor } from './graph.ts';
import { matmul, sum } from './shape.ts';

/** What networks are made of, each with its gradient; all work on the last axis. */

const last = (a: Tensor): number[] => [a.shape.length - 1];

/** a times the weights (in x out) plus the offsets (out). */
export const linear = (graph: Graph, a: Tensor, weights: Tensor, offsets: Tensor): Tensor =>
  add(graph, matmul(graph, a, weights), offsets);

export function softmax(graph: Graph, a: Tensor): Tensor {
  const y = graph.node('Softmax', [a], a.shape, { axis: { int: -1 } });
  return graph.passing(y, [a], (d) => {
    const product = multiply(graph, d, y);
    return [subtract(graph, product, multiply(graph, y, sum(graph, product, last(a))))];
  });
}

export function logSoftmax(graph: Graph, a: Tensor): Tensor {
  const y = graph.node('LogSoftmax', [a], a.shape, { axis: { int: -1 } });
  return graph.passing(y, [a], (d) => [
    subtract(graph, d, multiply(graph, exp(graph, y), sum(graph, d, last(a)))),
  ]);
}

/** Logarithm of the sum of exponentials, without overflow; the axis stays with size 1. */
export function logSumExp(graph: Graph, a: Tensor): Tensor {
  const shape = [...a.shape.slice(0, -1), 1];
  const axes = graph.integers(last(a));
  const y = graph.node('ReduceLogSumExp', [a, axes], shape, { keepdims: { int: 1 } });
  return graph.passing(y, [a], (d) => [multiply(graph, d, exp(graph, subtract(graph, a, y)))]);
}

const NORM_EPSILON = 1e-5;

/** Values less their mean, over their standard deviation (Ba et al. 2016), without learned scale and offset. */
export function layerNorm(graph: Graph, a: Tensor): Tensor {
  const size = a.shape[a.shape.length - 1];
  const mean = (t: Tensor): Tensor => scale(graph, sum(graph, t, last(t)), 1 / size);
  // The runtime's own operation holds deviations as float32 whatever the type.
  if (graph.type === 'float64') return normOfParts(graph, a, mean);
  const ones = graph.constant([size], new Float64Array(size).fill(1));
  const rows = [...a.shape.slice(0, -1), 1];
  const [y, , inverse] = graph.nodes('LayerNormalization', [a, ones], [a.shape, rows, rows], {
    axis: { int: -1 },
    epsilon: NORM_EPSILON,
  });
  return graph.passing(y, [a], (d) => {
    const along = multiply(graph, y, mean(multiply(graph, d, y)));
    return [multiply(graph, inverse, subtract(graph, subtract(graph, d, mean(d)), along))];
  });
}

function normOfParts(graph: Graph, a: Tensor, mean: (t: Tensor) => Tensor): Tensor {
  const centred = subtract(graph, a, mean(a));
  const variance = mean(multiply(graph, centred, centred));
  return divide(graph, centred, sqrt(graph, shift(graph, variance, NORM_EPSILON)));
}
