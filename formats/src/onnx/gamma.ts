import { add, divide, log, multiply, scale, shift, subtract } from './arithmetic.ts';
import type { Graph, Tensor } from './graph.ts';

/**
 * Logarithm of the gamma function and its derivative for x > 0, which ONNX lacks: Stirling's series at x + 6, brought back
 * by the recurrence (Abramowitz and Stegun 1964, 6.1.41, 6.3.18, 6.1.15). In float32 the error of lnGamma is below 4e-6
 * of max(1, |lnGamma|) between 1e-3 and 1e6.
 */

const STEPS = 6;
const HALF_LN_2PI = 0.9189385332046728;
const GAMMA_SERIES = [1 / 12, -1 / 360, 1 / 1260];
const DIGAMMA_SERIES = [1 / 12, -1 / 120, 1 / 252];

/** Sum of coefficients times odd powers (1, 3, 5) of r, or even ones (2, 4, 6). */
function series(graph: Graph, r: Tensor, coefficients: readonly number[], even: boolean): Tensor {
  const r2 = multiply(graph, r, r);
  const inner = coefficients.reduceRight<Tensor | null>(
    (sum, c) => (sum === null ? graph.scalar(c) : shift(graph, multiply(graph, r2, sum), c)),
    null,
  );
  return multiply(graph, even ? r2 : r, inner!);
}

/** ln of the gamma function, with `digamma` as its gradient. */
export function lnGamma(graph: Graph, x: Tensor): Tensor {
  const fixed = { ...x, differentiable: false };
  const y = shift(graph, fixed, STEPS);
  const r = divide(graph, graph.scalar(1), y);
  let steps = log(graph, fixed);
  for (let j = 1; j < STEPS; j++) steps = add(graph, steps, log(graph, shift(graph, fixed, j)));
  const stirling = subtract(graph, multiply(graph, shift(graph, y, -0.5), log(graph, y)), y);
  const corrected = add(graph, shift(graph, stirling, HALF_LN_2PI), series(graph, r, GAMMA_SERIES, false));
  const result = subtract(graph, corrected, steps);
  return graph.passing(result, [x], (d) => [multiply(graph, d, digamma(graph, fixed))]);
}

/** Derivative of lnGamma; no gradient passes it. */
export function digamma(graph: Graph, x: Tensor): Tensor {
  const y = shift(graph, x, STEPS);
  const r = divide(graph, graph.scalar(1), y);
  let steps = divide(graph, graph.scalar(1), x);
  for (let j = 1; j < STEPS; j++)
    steps = add(graph, steps, divide(graph, graph.scalar(1), shift(graph, x, j)));
  const asymptotic = subtract(graph, log(graph, y), scale(graph, r, 0.5));
  return subtract(graph, subtract(graph, asymptotic, series(graph, r, DIGAMMA_SERIES, true)), steps);
}
