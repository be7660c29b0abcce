import { type Graph, mistake, sizeOf, type Tensor } from './graph.ts';

/** Operations that move, sum and cut values, each with its gradient. */

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** The values of a in another shape of the same size; a itself when it has that shape. */
export function reshape(graph: Graph, a: Tensor, shape: readonly number[]): Tensor {
  if (same(a.shape, shape)) return a;
  if (sizeOf(a.shape) !== sizeOf(shape)) throw mistake(`cannot give [${a.shape}] the shape [${shape}]`);
  const result = graph.node('Reshape', [a, graph.integers(shape)], shape);
  return graph.passing(result, [a], (d) => [reshape(graph, d, a.shape)]);
}

/** Repeats a along axes of size 1, up to the shape. */
export function expand(graph: Graph, a: Tensor, shape: readonly number[]): Tensor {
  if (same(a.shape, shape)) return a;
  const axes = shape.flatMap((size, i) => (a.shape[i] === 1 && size !== 1 ? [i] : []));
  const result = graph.node('Expand', [a, graph.integers(shape)], shape);
  return graph.passing(result, [a], (d) => [sum(graph, d, axes)]);
}

/** Sum over axes, which stay with size 1. */
export function sum(graph: Graph, a: Tensor, axes: readonly number[]): Tensor {
  const shape = a.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  const result = graph.node('ReduceSum', [a, graph.integers(axes)], shape, { keepdims: { int: 1 } });
  return graph.passing(result, [a], (d) => [expand(graph, d, a.shape)]);
}

/** Sum of all values, without a shape. */
export const total = (graph: Graph, a: Tensor): Tensor =>
  reshape(
    graph,
    sum(
      graph,
      a,
      a.shape.map((_, i) => i),
    ),
    [],
  );

export function transpose(graph: Graph, a: Tensor): Tensor {
  const [rows, columns] = a.shape.slice(-2);
  const lead = a.shape.slice(0, -2);
  const order = [...lead.map((_, i) => i), lead.length + 1, lead.length];
  const result = graph.node('Transpose', [a], [...lead, columns, rows], { perm: order });
  return graph.passing(result, [a], (d) => [transpose(graph, d)]);
}

/** Cuts a along an axis into parts of these sizes. */
export function split(graph: Graph, a: Tensor, axis: number, sizes: readonly number[]): Tensor[] {
  const shapes = sizes.map((size) => a.shape.map((all, i) => (i === axis ? size : all)));
  const parts = graph.nodes('Split', [a, graph.integers(sizes)], shapes, { axis: { int: axis } });
  const before = sizes.map((_, i) => sizes.slice(0, i).reduce((x, y) => x + y, 0));
  return parts.map((part, i) =>
    graph.passing(part, [a], (d) => [
      padded(graph, d, axis, before[i], a.shape[axis] - before[i] - sizes[i]),
    ]),
  );
}

function padded(graph: Graph, a: Tensor, axis: number, before: number, after: number): Tensor {
  const rank = a.shape.length;
  const pads = new Array(2 * rank).fill(0);
  pads[axis] = before;
  pads[rank + axis] = after;
  const shape = a.shape.map((size, i) => (i === axis ? size + before + after : size));
  return graph.node('Pad', [a, graph.integers(pads)], shape);
}

/** Values one after the other along an axis. */
export function concat(graph: Graph, parts: readonly Tensor[], axis: number): Tensor {
  const along = parts.reduce((size, { shape }) => size + shape[axis], 0);
  const shape = parts[0].shape.map((size, i) => (i === axis ? along : size));
  const result = graph.node('Concat', parts, shape, { axis: { int: axis } });
  return graph.passing(result, parts, (d) =>
    split(
      graph,
      d,
      axis,
      parts.map((part) => part.shape[axis]),
    ),
  );
}

/** Matrix product over the last two axes; the others are equal, or absent in b. */
export function matmul(graph: Graph, a: Tensor, b: Tensor): Tensor {
  const [rows, inner] = a.shape.slice(-2);
  const columns = b.shape[b.shape.length - 1];
  if (b.shape[b.shape.length - 2] !== inner) throw mistake(`cannot multiply [${a.shape}] by [${b.shape}]`);
  const result = graph.node('MatMul', [a, b], [...a.shape.slice(0, -2), rows, columns]);
  return graph.passing(result, [a, b], (d) => [
    a.differentiable ? matmul(graph, d, transpose(graph, b)) : null,
    b.differentiable ? productOfRows(graph, a, d, b.shape) : null,
  ]);
}

/** Transpose of a times d; leading axes are folded into the rows where b has none. */
function productOfRows(graph: Graph, a: Tensor, d: Tensor, shape: readonly number[]): Tensor {
  if (shape.length > 2) return matmul(graph, transpose(graph, a), d);
  const flat = (t: Tensor): Tensor => {
    const last = t.shape[t.shape.length - 1];
    return reshape(graph, t, [sizeOf(t.shape) / last, last]);
  };
  return matmul(graph, transpose(graph, flat(a)), flat(d));
}

/** a as a value that no gradient passes. */
export const detached = (a: Tensor): Tensor => ({ ...a, differentiable: false });
