import { RandomStream } from '@spatile/random/stream';
import { describe, expect, it } from 'vitest';
import type { ModelTile } from '../../../worker/kernels/reference/assign-model.ts';
import { drawExpression, rebucket, refresh } from '../../../worker/src/assign/proseg/iterate.ts';
import type { Sampler } from '../../../worker/src/assign/proseg/sampler.ts';
import { bound, emptyTile, labelsOf, randomTile } from '../../kernels/small-tile.ts';
import { enumerateLabels } from '../../support/model-slide.ts';
import { chiSquareLimit, twoSamples } from '../../support/rank-test.ts';

/** Two cells and eight voxels in two layers, all free; transcripts of two genes, a prior for one column. */
function layeredTile(): ModelTile {
  const t = emptyTile({ width: 2, height: 2, layers: 2, label: [1, 0, 0, 0, 0, 0, 0, 2], cells: 2 });
  t.sigmaQ = 1.2;
  t.bubble = 0.1;
  t.u = 0.5;
  t.mu = [Math.log(1.2)];
  t.sigma2 = [0.5];
  t.privateGenes = 2;
  t.cells[1].loading = [1.5, 0.3].map(Math.fround);
  t.cells[2].loading = [0.4, 1.1].map(Math.fround);
  [0, 1, 3, 4, 6, 7, 7].forEach((voxel, row) => {
    const observed: [number, number, number] = [voxel % 2, Math.floor(voxel / 2) % 2, Math.floor(voxel / 4)];
    t.transcripts.push({ row, gene: row % 2, observed, voxel, beta: Math.fround(0.4) });
  });
  for (const v of [1, 5]) [t.trust[v], t.preferred[v]] = [0.8, 2];
  return t;
}

/** The same tile with genes and cells called otherwise: what was gene 0 is gene 1, what was cell 1 is cell 2. */
function renamed(t: ModelTile): ModelTile {
  const other = structuredClone(t);
  const swapped = (label: number): number => (label === 0 ? 0 : 3 - label);
  other.label = t.label.map(swapped);
  other.preferred = t.preferred.map(swapped);
  other.cells = [t.cells[0], t.cells[2], t.cells[1]].map((cell, c) => ({
    ...cell,
    id: 700 - c,
    loading: cell.loading.length === 2 ? [cell.loading[1], cell.loading[0]] : cell.loading,
  }));
  other.transcripts = t.transcripts.map((transcript) => ({ ...transcript, gene: 1 - transcript.gene }));
  return other;
}

const keyOf = (labels: readonly number[]): string => labels.join('');

/** Between two samples of the labels; five visit every voxel once. */
const SWEEPS = 20;

async function visits(
  t: ModelTile,
  samples: number,
  seed: number,
  name = keyOf,
): Promise<Map<string, number>> {
  const b = await bound(t);
  b.setInteger('tileKey1', seed);
  const seen = new Map<string, number>();
  for (let i = 0; i < samples; i++) {
    b.kernel.moveLabels(b.tile, i, SWEEPS, 1);
    const key = name(labelsOf(b, t));
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  b.release();
  return seen;
}

/** Total variation between frequencies and probabilities, and what independent samples would show on average. */
function totalVariation(seen: Map<string, number>, exact: Map<string, number>, samples: number) {
  let [found, expected] = [0, 0];
  for (const [key, p] of exact) {
    found += Math.abs((seen.get(key) ?? 0) / samples - p) / 2;
    // Mean absolute deviation of a binomial share (De Moivre), exact below one expected visit, else as of a normal.
    const rare = samples * p < 1;
    expected += (rare ? 2 * p * (1 - p) ** samples : Math.sqrt((2 * p * (1 - p)) / (Math.PI * samples))) / 2;
  }
  return { found, expected };
}

describe('labels at fixed rates, in two layers', () => {
  /** Largest total variation over that of independent samples (which the normal law puts a few per cent too low). */
  const correlated = 1.12;
  const samples = 40_000;

  it('visit every state as often as its probability says, whatever genes and cells are called', async () => {
    const t = layeredTile();
    const exact = enumerateLabels(t);
    expect(exact.size).toBeGreaterThan(5000);
    const seen = await visits(t, samples, 1);
    const { found, expected } = totalVariation(seen, exact, samples);
    expect(found).toBeLessThan(correlated * expected);
    // The names of the other tile back into those of this one.
    const back = (labels: readonly number[]): string =>
      keyOf(labels.map((label) => (label === 0 ? 0 : 3 - label)));
    const other = await visits(renamed(t), samples, 2, back);
    expect(totalVariation(other, exact, samples).found).toBeLessThan(correlated * expected);
  });

  it('miss by far the probabilities of a tile whose volume prior is another: the comparison can fail', async () => {
    const t = layeredTile();
    const exact = enumerateLabels({ ...t, mu: [Math.log(1.6)] });
    const { found, expected } = totalVariation(await visits(t, samples, 1), exact, samples);
    expect(found).toBeGreaterThan(1.3 * expected);
  });
});

/** Draws all that a tile draws, expression too; `seed` names the tile. */
async function sweep(
  t: ModelTile,
  iterations: number,
  look: (labels: number[], loading: (cell: number) => number) => void,
  seed = 0,
) {
  const b = await bound(t);
  b.setInteger('tileKey1', 900 + seed);
  b.setInteger('placeKey1', 900 + seed);
  const latent = b.integer('latent');
  const sampler = { bound: b } as Sampler;
  for (let k = 0; k < iterations; k++) {
    rebucket(sampler);
    b.kernel.moveLabels(b.tile, k, 5, 1);
    refresh(sampler, k, true);
    drawExpression(sampler, k);
    look(labelsOf(b, t), (cell) => b.arrays.loading[cell * latent]);
  }
  b.release();
}

describe('names do not matter', () => {
  /** Cells in another local order with their slide numbers, transcripts in another order in memory. */
  function reordered(t: ModelTile, order: number[], random: RandomStream): ModelTile {
    const place = [0, ...order];
    const other = structuredClone(t);
    other.cells = t.cells.map((_, c) => structuredClone(t.cells[place.indexOf(c)]));
    const local = (label: number): number => place[label];
    other.label = t.label.map(local);
    other.preferred = t.preferred.map(local);
    for (let i = other.transcripts.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      [other.transcripts[i], other.transcripts[j]] = [other.transcripts[j], other.transcripts[i]];
    }
    return other;
  }

  it.each([1, 2, 3])(
    'cells and transcripts in another order give the same tissue, draw by draw (tile %i)',
    async (seed) => {
      const t = randomTile(seed);
      const order = [3, 1, 4, 2];
      const other = reordered(t, order, new RandomStream(seed, 'order'));
      const first: number[][] = [];
      await sweep(t, 40, (labels, loading) => first.push([...labels, ...[1, 2, 3, 4].map(loading)]));
      const second: number[][] = [];
      await sweep(other, 40, (labels, loading) => {
        const back = labels.map((label) => (label === 0 ? 0 : order.indexOf(label) + 1));
        second.push([...back, ...order.map(loading)]);
      });
      expect(second).toEqual(first);
      expect(new Set(first.map((state) => keyOf(state))).size).toBeGreaterThan(30);
    },
  );

  it('another name of the tile, other slide numbers of cells and rows of transcripts give other draws of the same law', async () => {
    const t = randomTile(5);
    const other = structuredClone(t);
    for (const cell of other.cells) cell.id = 5000 - 7 * cell.id;
    for (const transcript of other.transcripts) transcript.row = 90_000 - transcript.row;
    const law = async (tile: ModelTile, seed: number) => {
      const sizes = new Map<string, number>();
      const loadings = new Map<string, number>();
      let k = 0;
      await sweep(
        tile,
        30_000,
        (labels, loading) => {
          if (k++ % 30 !== 0) return;
          const size = String(Math.floor(labels.filter((label) => label === 1).length / 3));
          const bin = String(Math.floor(4 * Math.min(2, loading(2))));
          sizes.set(size, (sizes.get(size) ?? 0) + 1);
          loadings.set(bin, (loadings.get(bin) ?? 0) + 1);
        },
        seed,
      );
      return { sizes, loadings };
    };
    const [a, b] = [await law(t, 1), await law(other, 2)];
    for (const name of ['sizes', 'loadings'] as const) {
      const { value, freedom } = twoSamples(a[name], b[name]);
      expect(freedom).toBeGreaterThan(2);
      expect(value).toBeLessThan(chiSquareLimit(freedom));
    }
  });
});
