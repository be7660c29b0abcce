import { type Graph, mistake, type Tensor } from './graph.ts';
import { reshape, sum } from './shape.ts';

/** Arithmetic element by element with the broadcasting of ONNX, each operation with its gradient. */

/** Shape of two operands brought together; sizes are equal or 1. */
function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw mistake(`shapes [${a}] and [${b}] do not go together`);
    return x === 1 ? y : x;
  });
}

/** A gradient summed over what was broadcast, in the shape of the operand. */
function reduceTo(graph: Graph, gradient: Tensor, shape: readonly number[]): Tensor {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((size, i) => {
    const own = i < lead ? 0 : shape[i - lead];
    return i < lead || (own === 1 && size !== 1) ? [i] : [];
  });
  return reshape(graph, axes.length === 0 ? gradient : sum(graph, gradient, axes), shape);
}

/** Gradient for one operand; nothing is computed for one that no gradient reaches. */
const toOperand = (graph: Graph, operand: Tensor, gradient: () => Tensor): Tensor | null =>
  operand.differentiable ? reduceTo(graph, gradient(), operand.shape) : null;

const plain = (graph: Graph, op: string, a: Tensor, b: Tensor): Tensor =>
  graph.node(op, [a, b], broadcastShape(a.shape, b.shape));

export function add(graph: Graph, a: Tensor, b: Tensor): Tensor {
  return graph.passing(plain(graph, 'Add', a, b), [a, b], (d) => [
    toOperand(graph, a, () => d),
    toOperand(graph, b, () => d),
  ]);
}

export function subtract(graph: Graph, a: Tensor, b: Tensor): Tensor {
  return graph.passing(plain(graph, 'Sub', a, b), [a, b], (d) => [
    toOperand(graph, a, () => d),
    toOperand(graph, b, () => negate(graph, d)),
  ]);
}

export function multiply(graph: Graph, a: Tensor, b: Tensor): Tensor {
  return graph.passing(plain(graph, 'Mul', a, b), [a, b], (d) => [
    toOperand(graph, a, () => multiply(graph, d, b)),
    toOperand(graph, b, () => multiply(graph, d, a)),
  ]);
}

export function divide(graph: Graph, a: Tensor, b: Tensor): Tensor {
  const quotient = plain(graph, 'Div', a, b);
  return graph.passing(quotient, [a, b], (d) => [
    toOperand(graph, a, () => divide(graph, d, b)),
    toOperand(graph, b, () => negate(graph, divide(graph, multiply(graph, d, quotient), b))),
  ]);
}

/** a times a number. */
export const scale = (graph: Graph, a: Tensor, factor: number): Tensor =>
  multiply(graph, a, graph.scalar(factor));

/** a plus a number. */
export const shift = (graph: Graph, a: Tensor, by: number): Tensor => add(graph, a, graph.scalar(by));

function unary(graph: Graph, op: string, a: Tensor, pull: (d: Tensor, result: Tensor) => Tensor): Tensor {
  const result = graph.node(op, [a], a.shape);
  return graph.passing(result, [a], (d) => [pull(d, result)]);
}

export const negate = (graph: Graph, a: Tensor): Tensor => unary(graph, 'Neg', a, (d) => negate(graph, d));

export const exp = (graph: Graph, a: Tensor): Tensor =>
  unary(graph, 'Exp', a, (d, result) => multiply(graph, d, result));

/** Natural logarithm; callers keep a above 0. */
export const log = (graph: Graph, a: Tensor): Tensor => unary(graph, 'Log', a, (d) => divide(graph, d, a));

export const sqrt = (graph: Graph, a: Tensor): Tensor =>
  unary(graph, 'Sqrt', a, (d, result) => divide(graph, scale(graph, d, 0.5), result));

export const sigmoid = (graph: Graph, a: Tensor): Tensor =>
  unary(graph, 'Sigmoid', a, (d, result) =>
    multiply(graph, d, multiply(graph, result, subtract(graph, graph.scalar(1), result))),
  );

/** max(a, 0), whose gradient is 0 at 0. */
export const relu = (graph: Graph, a: Tensor): Tensor =>
  unary(graph, 'Relu', a, (d, result) => multiply(graph, d, graph.node('Sign', [result], result.shape)));

/** min(a, most); no gradient where a is above. */
export function atMost(graph: Graph, a: Tensor, most: number): Tensor {
  const result = graph.node('Min', [a, graph.scalar(most)], a.shape);
  return graph.passing(result, [a], (d) => [multiply(graph, d, below(graph, result, most))]);
}

/** 1 where a < most, else 0, for a <= most. */
const below = (graph: Graph, a: Tensor, most: number): Tensor =>
  graph.node('Sign', [subtract(graph, graph.scalar(most), a)], a.shape);
