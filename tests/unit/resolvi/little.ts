import type { SparseRows } from '@spatile/formats/tile/correct';
import type { TrainInput } from '@spatile/formats/tile/resolvi';
import { RandomStream } from '@spatile/random/stream';

export const NEIGHBOURS = 3;
export const GENES = 12;

/**
 * Cells on a line, of two types with markers of their own, that receive a part of their counts from the cells beside them.
 * @param spill share of a cell's transcripts that its neighbours made.
 */
export function littleSlide(
  cells: number,
  spill: number,
): { rows: SparseRows; type: Int16Array; own: number[] } {
  const type = Int16Array.from({ length: cells }, (_, i) => Math.floor(i / 3) % 2);
  const lengths: number[] = [];
  const gene: number[] = [];
  const count: number[] = [];
  /** Of each entry, what the cell itself made. */
  const own: number[] = [];
  for (let i = 0; i < cells; i++) {
    const stream = new RandomStream(5, 'little', i);
    const made = new Int32Array(GENES);
    const came = new Int32Array(GENES);
    for (let t = 0; t < 60; t++) {
      const from = stream.uniform() < spill ? Math.min(cells - 1, Math.max(0, i + (t % 2 ? 1 : -1))) : i;
      const g = type[from] * (GENES / 2) + stream.integer(GENES / 2);
      (from === i ? made : came)[g]++;
    }
    let n = 0;
    for (let g = 0; g < GENES; g++) {
      if (made[g] + came[g] === 0) continue;
      gene.push(g);
      count.push(made[g] + came[g]);
      own.push(made[g]);
      n++;
    }
    lengths.push(n);
  }
  return {
    rows: { length: Uint32Array.from(lengths), gene: Uint32Array.from(gene), count: Uint32Array.from(count) },
    type,
    own,
  };
}

/** Neighbours on the line, nearest first. */
export function lineNeighbours(cells: number): { neighbour: Uint32Array; distance: Float32Array } {
  const neighbour = new Uint32Array(cells * NEIGHBOURS);
  const distance = new Float32Array(cells * NEIGHBOURS);
  for (let i = 0; i < cells; i++) {
    const near = [i - 1, i + 1, i - 2, i + 2, i + 3, i - 3]
      .filter((j) => j >= 0 && j < cells)
      .slice(0, NEIGHBOURS);
    near.forEach((j, k) => {
      neighbour[i * NEIGHBOURS + k] = j;
      distance[i * NEIGHBOURS + k] = 100 * (i - j) * (i - j);
    });
  }
  return { neighbour, distance };
}

/** The first stretch of a training on a little slide. */
export function littleTraining(cells: number, spill: number, over: Partial<TrainInput> = {}): TrainInput {
  const { rows, type } = littleSlide(cells, spill);
  const empty = { parameters: new Float32Array(0), first: new Float32Array(0), second: new Float32Array(0) };
  const zero = (): Float32Array => new Float32Array(cells * NEIGHBOURS);
  return {
    size: {
      ...{ genes: GENES, neighbours: NEIGHBOURS, latent: 4, hidden: 8, encoderHidden: 16 },
      ...{ components: 2, supervised: true },
    },
    priors: { medianDistance: 100, backgroundRatio: 0.2, meanLogCounts: 4.1, stdLogCounts: 0.2 },
    settings: {
      ...{
        seed: 3,
        batch: 32,
        particles: 2,
        likelihoodWeight: 2,
        rate: 0.003,
        freeRate: 0.01,
        dropout: 0.05,
      },
      ...{ warmupEpochs: 4, resample: true, provider: 'cpu' },
    },
    ...{ fromEpoch: 0, toEpoch: 4, pool: 0, step: 0, poolStep: 0, trained: cells },
    checkpoint: empty,
    logits: { logit: zero(), first: zero(), second: zero() },
    cells: rows,
    label: Int16Array.from(type, (t, i) => (i % 3 === 0 ? t : -1)),
    ...lineNeighbours(cells),
    ...over,
  };
}
