import { add, divide, multiply, scale, shift, sqrt, subtract } from './arithmetic.ts';
import type { Graph, Tensor } from './graph.ts';

export interface AdamState {
  parameters: Tensor;
  /** Running means of the gradient and of its square. */
  first: Tensor;
  second: Tensor;
}

export interface AdamStep {
  gradient: Tensor;
  /** Rate over 1 - beta1^t, and the root of 1 - beta2^t. */
  rate: Tensor;
  rootCorrection: Tensor;
  epsilon: number;
}

export const ADAM_BETA1 = 0.9;
export const ADAM_BETA2 = 0.999;

/** One step of Adam (Kingma and Ba 2015), the small number added after the correction, as PyTorch does. */
export function adam(graph: Graph, state: AdamState, step: AdamStep): AdamState {
  const { gradient, rate, rootCorrection, epsilon } = step;
  const mix = (old: Tensor, now: Tensor, beta: number): Tensor =>
    add(graph, scale(graph, old, beta), scale(graph, now, 1 - beta));
  const first = mix(state.first, gradient, ADAM_BETA1);
  const second = mix(state.second, multiply(graph, gradient, gradient), ADAM_BETA2);
  const spread = shift(graph, divide(graph, sqrt(graph, second), rootCorrection), epsilon);
  const move = divide(graph, multiply(graph, rate, first), spread);
  return { parameters: subtract(graph, state.parameters, move), first, second };
}
