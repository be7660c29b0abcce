import {
  add,
  atMost,
  divide,
  exp,
  log,
  multiply,
  negate,
  relu,
  scale,
  shift,
  sigmoid,
  sqrt,
  subtract,
} from '@spatile/formats/onnx/arithmetic';
import { digamma, lnGamma } from '@spatile/formats/onnx/gamma';
import { gradients } from '@spatile/formats/onnx/gradient';
import { Graph, type Tensor } from '@spatile/formats/onnx/graph';
import { layerNorm, linear, logSoftmax, logSumExp, softmax } from '@spatile/formats/onnx/layers';
import { concat, expand, matmul, reshape, split, sum, total, transpose } from '@spatile/formats/onnx/shape';
import { lnGamma as exactLnGamma } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { describe, expect, test } from 'vitest';
import { openedGraph, runGraph } from './run-graph.ts';

type Build = (graph: Graph, a: Tensor, b: Tensor) => Tensor;

const A = [2, 3, 4];
const B = [4];

/** Each operation on a (2 x 3 x 4) and b (4), both positive. */
const OPERATIONS: Record<string, Build> = {
  add: (g, a, b) => add(g, a, b),
  'add, the short one first': (g, a, b) => add(g, b, a),
  subtract: (g, a, b) => subtract(g, b, a),
  multiply: (g, a, b) => multiply(g, a, b),
  divide: (g, a, b) => divide(g, b, a),
  'one value twice': (g, a, b) => multiply(g, add(g, a, b), add(g, a, a)),
  'scale, shift, negate': (g, a) => negate(g, shift(g, scale(g, a, 3), -1)),
  exp: (g, a) => exp(g, a),
  log: (g, a, b) => log(g, multiply(g, a, b)),
  sqrt: (g, a) => sqrt(g, a),
  sigmoid: (g, a, b) => sigmoid(g, subtract(g, a, b)),
  relu: (g, a, b) => relu(g, subtract(g, a, b)),
  atMost: (g, a, b) => atMost(g, multiply(g, a, b), 1),
  softmax: (g, a, b) => softmax(g, multiply(g, a, b)),
  logSoftmax: (g, a, b) => logSoftmax(g, multiply(g, a, b)),
  logSumExp: (g, a, b) => logSumExp(g, multiply(g, a, b)),
  layerNorm: (g, a, b) => multiply(g, layerNorm(g, multiply(g, a, b)), b),
  lnGamma: (g, a) => lnGamma(g, a),
  'sum, expand': (g, a, b) => multiply(g, expand(g, sum(g, a, [1]), A), b),
  'reshape, transpose': (g, a, b) => multiply(g, transpose(g, reshape(g, a, [2, 4, 3])), b),
  'split, concat': (g, a, b) => {
    const [first, second] = split(g, a, 1, [1, 2]);
    return multiply(g, concat(g, [second, first, first], 1), b);
  },
  'matrices by one matrix': (g, a, b) => linear(g, a, reshape(g, concat(g, [b, b, b, b], 0), [4, 4]), b),
  'matrices by matrices': (g, a, b) => matmul(g, multiply(g, a, b), transpose(g, a)),
};

const values = (shape: readonly number[], seed: number): number[] => {
  const stream = new RandomStream(seed, 'gradients');
  return Array.from({ length: shape.reduce((x, y) => x * y, 1) }, () => 0.3 + 1.5 * stream.uniform());
};

async function evaluator(build: Build, type: 'float32' | 'float64') {
  const graph = new Graph(type);
  const [x, y] = [graph.input('a', A, true), graph.input('b', B, true)];
  const result = build(graph, x, y);
  // Weights that differ, so that no gradient cancels; every input counts.
  const weights = graph.constant(result.shape, values(result.shape, 9));
  const weighted = total(graph, multiply(graph, result, weights));
  const loss = add(graph, weighted, add(graph, total(graph, x), scale(graph, total(graph, y), 0.1)));
  const [da, db] = gradients(graph, loss, [x, y]);
  graph.output('loss', loss);
  graph.output('da', da);
  graph.output('db', db);
  const run = await openedGraph(graph);
  return async (a: number[], b: number[]) => {
    const out = await run({ a: { shape: A, values: a }, b: { shape: B, values: b } });
    return { loss: out.loss[0], da: out.da, db: out.db };
  };
}

describe('the gradient of each operation is that of central differences', () => {
  for (const [name, build] of Object.entries(OPERATIONS)) {
    test(name, async () => {
      const [a, b] = [values(A, 1), values(B, 2)];
      const double = await evaluator(build, 'float64');
      const { da, db } = await double(a, b);
      const step = 1e-5;
      for (const [own, gradient] of [
        [a, da],
        [b, db],
      ] as const) {
        for (const i of [0, 1, own.length - 1]) {
          const at = own[i];
          own[i] = at + step;
          const above = (await double(a, b)).loss;
          own[i] = at - step;
          const below = (await double(a, b)).loss;
          own[i] = at;
          const expected = (above - below) / (2 * step);
          expect(Math.abs(gradient[i] - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
        }
      }
      const single = await (await evaluator(build, 'float32'))(a, b);
      single.da.forEach((value, i) => {
        expect(Math.abs(value - da[i])).toBeLessThan(1e-3 * Math.max(1, Math.abs(da[i])));
      });
    });
  }
});

test('lnGamma and digamma are right from 1e-3 to 1e6', async () => {
  const x = [1e-3, 0.02, 0.5, 1, 1.7, 3, 30, 1e4, 1e6];
  const graph = new Graph('float32');
  const input = graph.input('x', [x.length]);
  graph.output('gamma', lnGamma(graph, input));
  graph.output('digamma', digamma(graph, input));
  const out = await runGraph(graph, { x: { shape: [x.length], values: x } });
  x.forEach((value, i) => {
    const exact = exactLnGamma(value);
    expect(Math.abs(out.gamma[i] - exact)).toBeLessThan(5e-6 * Math.max(1, Math.abs(exact)));
  });
  // Values of Abramowitz and Stegun, table 6.1: digamma(1) and digamma(0.5).
  expect(out.digamma[3]).toBeCloseTo(-0.5772156649, 5);
  expect(out.digamma[2]).toBeCloseTo(-1.963510026, 5);
});

test('shapes that do not go together are told when the graph is made', () => {
  const graph = new Graph();
  const [a, b] = [graph.input('a', [2, 3]), graph.input('b', [4])];
  expect(() => add(graph, a, b)).toThrow(/do not go together/);
  expect(() => matmul(graph, a, a)).toThrow(/cannot multiply/);
  expect(() => reshape(graph, a, [7])).toThrow(/cannot give/);
  expect(() => gradients(graph, a, [a])).toThrow(/gradient of a value of shape/);
});

test('the bytes of a graph are a function of how it was made', () => {
  const made = (): Uint8Array => {
    const graph = new Graph();
    graph.output('y', softmax(graph, scale(graph, graph.input('x', [3]), 2)));
    return graph.bytes();
  };
  expect(Buffer.compare(made(), made())).toBe(0);
});
