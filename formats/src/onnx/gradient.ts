import { add } from './arithmetic.ts';
import { type Graph, mistake, type Tensor } from './graph.ts';

/**
 * Adds to the graph what computes the gradient of a number, by reverse accumulation over the tape (Linnainmaa 1976);
 * shapes are those of `of`.
 * @param loss a value without a shape; @param of values that it depends on.
 */
export function gradients(graph: Graph, loss: Tensor, of: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 0) throw mistake(`gradient of a value of shape [${loss.shape}]`);
  const found = new Map<string, Tensor>([[loss.name, graph.scalar(1)]]);
  // What gradients are made of is not differentiated again.
  for (const { operands, result, pull } of graph.tape.splice(0).reverse()) {
    const gradient = found.get(result.name);
    if (gradient === undefined) continue;
    const pulled = pull(gradient);
    operands.forEach((operand, i) => {
      const part = pulled[i];
      if (!operand.differentiable || part === null) return;
      const before = found.get(operand.name);
      found.set(operand.name, before === undefined ? part : add(graph, before, part));
    });
  }
  graph.tape.length = 0;
  return of.map(
    (value) =>
      found.get(value.name) ??
      (() => {
        throw mistake(`the loss does not depend on ${value.name}`);
      })(),
  );
}
