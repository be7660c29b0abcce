import { add, exp, log, multiply, relu, shift } from '@spatile/formats/onnx/arithmetic';
import type { Graph, Tensor } from '@spatile/formats/onnx/graph';
import { layerNorm, linear, softmax } from '@spatile/formats/onnx/layers';
import { detached, reshape, split } from '@spatile/formats/onnx/shape';
import type { ResolviSize } from '@spatile/formats/tile/resolvi';
import { layoutOf, lengthOf } from './parameters.ts';

/** Parameters by name, as parts of one graph. */
export type Parameters = ReadonlyMap<string, Tensor>;

/** The packed vector as an input of the graph, and the parameters that it holds. */
export function packedParameters(
  graph: Graph,
  size: ResolviSize,
  learned: boolean,
): { packed: Tensor; parameters: Parameters } {
  const layout = layoutOf(size);
  const packed = graph.input('packed', [lengthOf(layout)], learned);
  const sizes = layout.map((entry) => entry.size);
  const parts = split(graph, packed, 0, sizes);
  return {
    packed,
    parameters: new Map(layout.map(({ name, shape }, i) => [name, reshape(graph, parts[i], shape)])),
  };
}

/** Parameters that no gradient reaches. */
export const frozen = (parameters: Parameters): Parameters =>
  new Map([...parameters].map(([name, value]) => [name, detached(value)]));

const VARIANCE_FLOOR = 1e-4;
const SHARE_FLOOR = 1e-3;
/** Added to the share of diffusion, which keeps it from closing early in training. */
const DIFFUSION_FLOOR = 0.01;

function dense(graph: Graph, p: Parameters, name: string, a: Tensor): Tensor {
  return linear(graph, a, p.get(`${name}.weights`)!, p.get(`${name}.offsets`)!);
}

function block(graph: Graph, p: Parameters, name: string, a: Tensor, mask: Tensor | null): Tensor {
  const active = relu(graph, layerNorm(graph, dense(graph, p, name, a)));
  return mask === null ? active : multiply(graph, active, mask);
}

/**
 * Mean and variance of the latent state, cells x latent.
 * @param relative counts over their mean in the cell; @param masks of dropout, after each hidden layer, or null.
 */
export function encodeState(
  graph: Graph,
  p: Parameters,
  relative: Tensor,
  masks: readonly [Tensor, Tensor] | null,
): { mean: Tensor; variance: Tensor } {
  const first = block(graph, p, 'z1', log(graph, shift(graph, relative, 1)), masks?.[0] ?? null);
  const hidden = block(graph, p, 'z2', first, masks?.[1] ?? null);
  return {
    mean: dense(graph, p, 'zMean', hidden),
    variance: shift(graph, exp(graph, dense(graph, p, 'zVariance', hidden)), VARIANCE_FLOOR),
  };
}

/** Shares of own, diffused and background counts, cells x 3; they sum to 1.013, as in the original. */
export function encodeShares(graph: Graph, p: Parameters, counts: Tensor): Tensor {
  const first = block(graph, p, 'a1', log(graph, shift(graph, counts, 1)), null);
  const logits = dense(graph, p, 'aShares', block(graph, p, 'a2', first, null));
  const floor = graph.constant([3], [SHARE_FLOOR, SHARE_FLOOR + DIFFUSION_FLOOR, SHARE_FLOOR]);
  return add(graph, softmax(graph, logits), floor);
}

/** Expression shares of latent states: the last axis becomes genes and sums to 1. */
export function decode(graph: Graph, p: Parameters, state: Tensor): Tensor {
  const hidden = block(graph, p, 'd2', block(graph, p, 'd1', state, null), null);
  return softmax(graph, dense(graph, p, 'dGenes', hidden));
}

/** Logits of the labels of latent states. */
export const classify = (graph: Graph, p: Parameters, state: Tensor): Tensor =>
  dense(graph, p, 'labels', state);
