import { readFileSync } from 'node:fs';
import { gradients } from '@spatile/formats/onnx/gradient';
import { Graph } from '@spatile/formats/onnx/graph';
import { layoutOf } from '@spatile/worker/correct/resolvi/parameters';
import { type TrainingSize, trainingLoss } from '@spatile/worker/correct/resolvi/training-graph';
import { describe, expect, test } from 'vitest';
import { openedGraph, type Run } from '../onnx/run-graph.ts';

interface Step {
  size: TrainingSize;
  backgroundRatio: number;
  inputs: Record<string, number[]>;
  loss: number;
  gradient: number[];
  neighbourGradient: number[];
}

/** A step of a small network by PyTorch: network.py. */
const torch = JSON.parse(readFileSync(new URL('network.json', import.meta.url), 'utf8')) as Step;

const shapeOf = (
  name: string,
  { batch, neighbours, genes, latent, encoderHidden, components, particles }: TrainingSize,
) =>
  ({
    counts: [batch, genes],
    resampled: [batch, genes],
    neighbourCounts: [batch * neighbours, genes],
    distance: [batch, neighbours],
    neighbourLogits: [batch, neighbours],
    noise: [particles, batch, latent],
    neighbourNoise: [particles, batch * neighbours, latent],
    dropout1: [batch, encoderHidden],
    dropout2: [batch, encoderHidden],
    labels: [batch, components],
    library: [batch, 1],
    weight: [batch, 1],
    latentWeight: [],
  })[name] ?? null;

const opened = new Map<string, Promise<Run>>();

function openedStep(type: 'float32' | 'float64'): Promise<Run> {
  const graph = new Graph(type);
  const { packed, neighbourLogits, loss } = trainingLoss(graph, torch.size, torch);
  const [gradient, neighbourGradient] = gradients(graph, loss, [packed, neighbourLogits]);
  graph.output('loss', loss);
  graph.output('gradient', gradient);
  graph.output('neighbourGradient', neighbourGradient);
  return openedGraph(graph);
}

async function step(type: 'float32' | 'float64', inputs: Record<string, number[]>) {
  const open = opened.get(type) ?? openedStep(type);
  opened.set(type, open);
  const run = await open;
  const out = await run(
    Object.fromEntries(
      Object.entries(inputs).map(([name, values]) => [
        name,
        { shape: shapeOf(name, torch.size) ?? [values.length], values },
      ]),
    ),
  );
  return { loss: out.loss[0], gradient: out.gradient, neighbourGradient: out.neighbourGradient };
}

/** Parameters whose gradient passes through the neighbours alone in central differences, and not in training. */
const FED_BY_NEIGHBOURS = /^(z1|z2|zMean|zVariance|d1|d2|dGenes)\./;

describe('one step of training', () => {
  test('has the loss and the gradient of PyTorch', async () => {
    const ours = await step('float64', torch.inputs);
    expect(ours.loss).toBeCloseTo(torch.loss, 4);
    const largest = Math.max(...torch.gradient.map(Math.abs));
    expect(ours.gradient.length).toBe(torch.gradient.length);
    ours.gradient.forEach((value, i) => {
      expect(Math.abs(value - torch.gradient[i])).toBeLessThan(1e-6 * largest);
    });
    ours.neighbourGradient.forEach((value, i) => {
      expect(value).toBeCloseTo(torch.neighbourGradient[i], 5);
    });
  });

  test('gives in float32 what it gives in float64', async () => {
    const [single, double] = [await step('float32', torch.inputs), await step('float64', torch.inputs)];
    expect(Math.abs(single.loss - double.loss)).toBeLessThan(1e-4 * Math.abs(double.loss));
    const largest = Math.max(...double.gradient.map(Math.abs));
    single.gradient.forEach((value, i) => {
      expect(Math.abs(value - double.gradient[i])).toBeLessThan(1e-4 * largest);
    });
  });

  test('has the gradient of central differences where neighbours do not pass one', async () => {
    const { gradient, neighbourGradient } = await step('float64', torch.inputs);
    const change = async (name: string, i: number): Promise<number> => {
      const moved = async (by: number) => {
        const values = torch.inputs[name].slice();
        values[i] += by;
        return (await step('float64', { ...torch.inputs, [name]: values })).loss;
      };
      return ((await moved(1e-5)) - (await moved(-1e-5))) / 2e-5;
    };
    const detached = /^(trueShare|diffusionShare|backgroundShare)$/;
    for (const { name, offset, size } of layoutOf(torch.size)) {
      if (FED_BY_NEIGHBOURS.test(name) || detached.test(name)) continue;
      const expected = await change('packed', offset + size - 1);
      const found = gradient[offset + size - 1];
      expect(Math.abs(found - expected), name).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
    }
    expect(neighbourGradient[1]).toBeCloseTo(await change('neighbourLogits', 1), 4);
  });
});
