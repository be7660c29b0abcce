import {
  type Checkpoint,
  readTrainInput,
  type TrainInput,
  trainedFrame,
} from '@spatile/formats/tile/resolvi';
import type { Handler, HandlerContext } from '../../handler.ts';
import { type Batch, BatchMaker, batchSizes } from './batches.ts';
import { corrections, NeighbourAdam } from './neighbour-adam.ts';
import { initialParameters } from './parameters.ts';
import { type OpenGraph, openGraph } from './runtime.ts';
import { trainingGraph } from './training-graph.ts';

/** A stretch of the training of ResolVI: some epochs over a pool of cells, from one checkpoint to the next. */
export const trainResolvi: Handler = async (frame, context) => {
  const input = readTrainInput(frame);
  const { size, settings, priors } = input;
  const cells = input.label.length;
  const { batch, steps } = batchSizes(cells, settings.batch);
  const graph = await openGraph(
    trainingGraph(
      { ...size, batch, particles: settings.particles, likelihoodWeight: settings.likelihoodWeight },
      priors,
    ),
    settings.provider,
  );
  try {
    return trainedFrame(await new Training(input, graph, batch, steps).run(context));
  } finally {
    await graph.close();
  }
};

const LEAST_LATENT_WEIGHT = 1e-6;

class Training {
  readonly #input: TrainInput;
  readonly #graph: OpenGraph;
  readonly #steps: number;
  readonly #maker: BatchMaker;
  readonly #adam: NeighbourAdam;
  readonly #width: number;
  readonly #logits: Float32Array;
  /** Term of the loss of each cell that the graph leaves out. */
  readonly #constant: Float64Array;
  #checkpoint: Checkpoint;
  #step: number;

  constructor(input: TrainInput, graph: OpenGraph, batch: number, steps: number) {
    this.#input = input;
    this.#graph = graph;
    this.#steps = steps;
    this.#maker = new BatchMaker(input, batch);
    this.#width = input.size.neighbours;
    this.#logits = new Float32Array(batch * this.#width);
    this.#constant = Float64Array.from(input.label, (_, row) => this.#maker.counts.constant(row));
    this.#checkpoint = input.step > 0 ? { ...input.checkpoint } : started(input);
    this.#step = input.step;
    // The arrays of a frame may be views that others hold.
    const { logit, first, second } = input.logits;
    input.logits = { logit: logit.slice(), first: first.slice(), second: second.slice() };
    this.#adam = new NeighbourAdam(input.logits, this.#width, input.settings.freeRate, input.poolStep);
  }

  async run(context: HandlerContext) {
    const { fromEpoch, toEpoch, logits } = this.#input;
    const loss = new Float64Array(toEpoch - fromEpoch);
    for (let epoch = fromEpoch; epoch < toEpoch; epoch++) {
      const order = this.#maker.order(epoch);
      for (let step = 0; step < this.#steps; step++) {
        loss[epoch - fromEpoch] +=
          (await this.#learn(this.#maker.make(order, epoch, step), epoch)) / this.#steps;
        context.progress((epoch - fromEpoch + (step + 1) / this.#steps) / loss.length);
      }
    }
    this.#adam.finish(this.#step);
    return { checkpoint: this.#checkpoint, logits, step: this.#step, loss };
  }

  /** One step; the loss of its cells, per cell. */
  async #learn({ rows, real, feeds }: Batch, epoch: number): Promise<number> {
    const { settings, trained } = this.#input;
    const step = ++this.#step;
    for (let i = 0; i < rows.length; i++) this.#adam.read(rows[i], step, this.#logits, i * this.#width);
    const [rate, root] = corrections(step, 1);
    const { parameters, first, second } = this.#checkpoint;
    const packed = [parameters.length];
    const one = (value: number, shape: readonly number[]) => ({ data: Float32Array.of(value), shape });
    const out = await this.#graph.run({
      ...feeds,
      neighbourLogits: { data: this.#logits, shape: [rows.length, this.#width] },
      packed: { data: parameters, shape: packed },
      firstMoment: { data: first, shape: packed },
      secondMoment: { data: second, shape: packed },
      rate: one(rate * settings.rate, [1]),
      meansRate: one(rate * settings.freeRate, [1]),
      rootCorrection: one(root, []),
      latentWeight: one(latentWeight(epoch, settings.warmupEpochs), []),
    });
    this.#checkpoint = { parameters: out.parameters, first: out.first, second: out.second };
    for (let i = 0; i < real; i++) this.#adam.move(rows[i], step, out.neighbourGradient, i * this.#width);
    let constant = 0;
    for (let i = 0; i < real; i++) constant += this.#constant[rows[i]] / real;
    return out.loss[0] / trained - settings.likelihoodWeight * constant;
  }
}

/** Weight of the latent term: it rises evenly over the first epochs. */
const latentWeight = (epoch: number, warmup: number): number =>
  warmup === 0 ? 1 : Math.min(1, Math.max(LEAST_LATENT_WEIGHT, epoch / warmup));

function started({ size, settings }: TrainInput): Checkpoint {
  const parameters = initialParameters(size, settings.seed);
  return {
    parameters,
    first: new Float32Array(parameters.length),
    second: new Float32Array(parameters.length),
  };
}
