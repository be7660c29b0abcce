import { add, divide, multiply } from '@spatile/formats/onnx/arithmetic';
import { Graph } from '@spatile/formats/onnx/graph';
import { softmax } from '@spatile/formats/onnx/layers';
import { matmul, reshape, split } from '@spatile/formats/onnx/shape';
import type { ResolviSize } from '@spatile/formats/tile/resolvi';
import { classify, decode, encodeShares, encodeState, packedParameters } from './networks.ts';
import { neighbourShares, pointEstimates } from './priors.ts';

/** Latent means, shares and chances of labels of a batch of cells, as the bytes of an ONNX graph. */
export function encodeGraph(size: ResolviSize, batch: number): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  const { parameters } = packedParameters(graph, size, false);
  const counts = graph.input('counts', [batch, size.genes]);
  const relative = graph.input('relative', [batch, size.genes]);
  const { mean } = encodeState(graph, parameters, relative, null);
  graph.output('state', mean);
  graph.output('shares', encodeShares(graph, parameters, counts));
  if (size.supervised) graph.output('labels', softmax(graph, classify(graph, parameters, mean)));
  return graph.bytes();
}

/** Share of a cell's own counts in what is expected of each gene, as the bytes of an ONNX graph. */
export function attributeGraph(size: ResolviSize, batch: number): Uint8Array<ArrayBuffer> {
  const graph = new Graph();
  const { neighbours, genes, latent } = size;
  const { parameters } = packedParameters(graph, size, false);
  const state = graph.input('state', [batch, latent]);
  const others = graph.input('neighbourState', [batch * neighbours, latent]);
  const distance = graph.input('distance', [batch, neighbours]);
  const logits = graph.input('logits', [batch, neighbours]);
  const [own, diffused, background] = split(graph, graph.input('shares', [batch, 3]), 1, [1, 1, 1]);
  const beta = reshape(graph, neighbourShares(graph, logits, distance), [batch, 1, neighbours]);
  const around = reshape(graph, decode(graph, parameters, others), [batch, neighbours, genes]);
  const fromNeighbours = reshape(graph, matmul(graph, beta, around), [batch, genes]);
  const ownRates = multiply(graph, own, decode(graph, parameters, state));
  const ambient = multiply(graph, background, pointEstimates(graph, parameters).background);
  const rates = add(graph, add(graph, ownRates, multiply(graph, diffused, fromNeighbours)), ambient);
  graph.output('own', divide(graph, ownRates, rates));
  return graph.bytes();
}
