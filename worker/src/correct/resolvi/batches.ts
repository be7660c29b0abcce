import type { TrainInput } from '@spatile/formats/tile/resolvi';
import { RandomStream } from '@spatile/random/stream';
import { CellCounts } from './counts.ts';
import { fillDropout, fillNormal, resampledTotal } from './noise.ts';
import type { Fed } from './runtime.ts';

/** How a pool is cut into batches of equal size, the last one filled up by cells that weigh nothing. */
export function batchSizes(cells: number, most: number): { batch: number; steps: number } {
  const steps = Math.max(1, Math.ceil(cells / most));
  return { batch: Math.max(1, Math.ceil(cells / steps)), steps };
}

/** The inputs of a step, but for parameters and rates. */
export interface Batch {
  /** Rows of the pool; the first `real` are distinct, the others only fill. */
  rows: Int32Array;
  real: number;
  feeds: Record<string, Fed>;
}

/** Makes the batches of a pool: counts made dense, and all random numbers, by seed, pool, epoch and step. */
export class BatchMaker {
  readonly counts: CellCounts;
  readonly #input: TrainInput;
  readonly #batch: number;
  readonly #buffers: Record<string, Fed>;

  constructor(input: TrainInput, batch: number) {
    const { size, settings } = input;
    const { genes, neighbours, latent, encoderHidden, components, supervised } = size;
    const { particles } = settings;
    const shapes: Record<string, number[]> = {
      counts: [batch, genes],
      library: [batch, 1],
      weight: [batch, 1],
      resampled: [batch, genes],
      distance: [batch, neighbours],
      neighbourCounts: [batch * neighbours, genes],
      dropout1: [batch, encoderHidden],
      dropout2: [batch, encoderHidden],
      noise: [particles, batch, latent],
      neighbourNoise: [particles, batch * neighbours, latent],
      ...(supervised ? { labels: [batch, components] } : {}),
    };
    this.counts = new CellCounts(input.cells);
    this.#input = input;
    this.#batch = batch;
    this.#buffers = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { data: new Float32Array(shape.reduce((a, b) => a * b, 1)), shape },
      ]),
    );
  }

  /** Rows of the pool in the order of an epoch. */
  order(epoch: number): Int32Array {
    const { label, settings, pool } = this.#input;
    const rows = Int32Array.from(label, (_, row) => row);
    return new RandomStream(settings.seed, 'resolvi.order', pool, epoch).shuffle(rows);
  }

  /** The batch of a step of an epoch; its arrays are overwritten by the next one. */
  make(order: Int32Array, epoch: number, step: number): Batch {
    const { settings, pool } = this.#input;
    const taken = order.subarray(step * this.#batch, (step + 1) * this.#batch);
    const rows = Int32Array.from({ length: this.#batch }, (_, i) => taken[i < taken.length ? i : 0]);
    this.#fillCounts(rows, taken.length);
    this.#fillResampled(rows, [pool, epoch, step]);
    const { noise, neighbourNoise, dropout1, dropout2 } = this.#buffers;
    const { seed, dropout } = settings;
    fillNormal(noise.data, seed, 'resolvi.noise', pool, epoch, step);
    fillNormal(neighbourNoise.data, seed, 'resolvi.neighbours', pool, epoch, step);
    fillDropout(dropout1.data, dropout, seed, 'resolvi.dropout', pool, epoch, step, 1);
    fillDropout(dropout2.data, dropout, seed, 'resolvi.dropout', pool, epoch, step, 2);
    return { rows, real: taken.length, feeds: { ...this.#buffers } };
  }

  #fillCounts(rows: Int32Array, real: number): void {
    const { size, priors, neighbour, distance, label, trained } = this.#input;
    const { genes, neighbours, components } = size;
    const to = this.#buffers;
    to.counts.data.fill(0);
    to.neighbourCounts.data.fill(0);
    to.labels?.data.fill(0);
    rows.forEach((row, i) => {
      this.counts.into(to.counts.data, i * genes, row, 1);
      to.library.data[i] = this.counts.total[row];
      to.weight.data[i] = i < real ? trained / real : 0;
      if (label[row] >= 0)
        to.labels?.data.fill(1, i * components + label[row], i * components + label[row] + 1);
      for (let k = 0; k < neighbours; k++) {
        const other = neighbour[row * neighbours + k];
        const at = i * neighbours + k;
        to.distance.data[at] = distance[row * neighbours + k] / priors.medianDistance;
        this.counts.into(to.neighbourCounts.data, at * genes, other, this.counts.relative(other, genes));
      }
    });
  }

  /** Counts as the encoder sees them in training: resampled to one total for the batch, over their mean. */
  #fillResampled(rows: Int32Array, names: readonly number[]): void {
    const { size, settings, priors } = this.#input;
    const { data } = this.#buffers.resampled;
    data.fill(0);
    const total = resampledTotal(settings.seed, priors.meanLogCounts, priors.stdLogCounts, ...names);
    const stream = new RandomStream(settings.seed, 'resolvi.resample', ...names);
    rows.forEach((row, i) => {
      if (settings.resample)
        this.counts.resampleInto(data, i * size.genes, row, total, size.genes / total, stream);
      else this.counts.into(data, i * size.genes, row, this.counts.relative(row, size.genes));
    });
  }
}
