import type { RandomStream } from '@spatile/random/stream';
import { logPosterior, type ModelTile, rate } from '../../worker/kernels/reference/assign-model.ts';
import type { AliasTable } from '../../worker/src/assign/proseg/displacement.ts';

/**
 * A tile drawn from the very model that the sampler assumes, labels and all: labels and components from their joint prior (by
 * enumeration, so the tile is tiny), loadings from theirs, Poisson counts, displacement, background. Its state is the truth.
 */

/** Every labeling of the free voxels with every choice of components, and how likely each is before any transcript. */
export interface LabelPrior {
  free: number[];
  states: { labels: number[]; components: number[] }[];
  weights: number[];
}

/** All ways to choose one of `choices` in each of `places`. */
function combinations(choices: number, places: number): number[][] {
  return Array.from({ length: choices ** places }, (_, code) =>
    Array.from({ length: places }, (_, k) => Math.floor(code / choices ** k) % choices),
  );
}

/** The prior of labels and components of a tile without rates; each cell has a voxel. */
export function labelPrior(t: ModelTile): LabelPrior {
  const free = t.label.flatMap((_, v) => (t.locked[v] ? [] : [v]));
  const cells = t.cells.length - 1;
  const blank: ModelTile = {
    ...t,
    label: [...t.label],
    transcripts: [],
    cells: t.cells.map((cell) => ({ ...cell, loading: cell.loading.map(() => 0) })),
  };
  const states: LabelPrior['states'] = [];
  const logs: number[] = [];
  for (const labels of combinations(cells + 1, free.length)) {
    if (new Set(labels.filter((label) => label > 0)).size < cells) continue;
    free.forEach((v, k) => {
      blank.label[v] = labels[k];
    });
    for (const components of combinations(t.pi.length, cells)) {
      let log = 0;
      components.forEach((z, c) => {
        blank.cells[c + 1].component = z;
        log += Math.log(t.pi[z]) - 0.5 * Math.log(t.sigma2[z]);
      });
      states.push({ labels, components });
      logs.push(log + logPosterior(blank));
    }
  }
  const top = logs.reduce((a, b) => Math.max(a, b));
  return { free, states, weights: logs.map((log) => Math.exp(log - top)) };
}

/** Probability of every labeling of the free voxels in which each cell has a voxel, given all else; keys are the labels of the free voxels. */
export function enumerateLabels(t: ModelTile): Map<string, number> {
  const free = t.label.flatMap((_, v) => (t.locked[v] ? [] : [v]));
  const cells = t.cells.length - 1;
  const work: ModelTile = { ...t, label: [...t.label] };
  const logs = new Map<string, number>();
  for (const labels of combinations(cells + 1, free.length)) {
    if (new Set(labels.filter((label) => label > 0)).size < cells) continue;
    free.forEach((v, k) => {
      work.label[v] = labels[k];
    });
    logs.set(labels.join(''), logPosterior(work));
  }
  const top = [...logs.values()].reduce((a, b) => Math.max(a, b));
  const sum = [...logs.values()].reduce((total, log) => total + Math.exp(log - top), 0);
  return new Map([...logs].map(([key, log]) => [key, Math.exp(log - top) / sum]));
}

/** The displacement law of a tile with one layer: probability of each shift of an axis, near and far, and the share of far. */
export interface Shifts {
  near: number[];
  far: number[];
  farShare: number;
}

/** Probabilities that an alias table stands for. */
export function probabilitiesOf({ threshold, alias }: AliasTable): number[] {
  const out = new Array<number>(threshold.length).fill(0);
  threshold.forEach((limit, i) => {
    out[i] += limit / 2 ** 32 / out.length;
    out[alias[i]] += (1 - limit / 2 ** 32) / out.length;
  });
  return out;
}

/** Fills `t` with a draw from the model: its labels, components, loadings, transcripts and birth places. Returns the foreground flags. */
export function drawTile(
  t: ModelTile,
  prior: LabelPrior,
  beta: readonly number[],
  shifts: Shifts,
  stream: RandomStream,
): boolean[] {
  const { labels, components } = prior.states[stream.categorical(prior.weights)];
  prior.free.forEach((v, k) => {
    t.label[v] = labels[k];
  });
  for (let c = 1; c < t.cells.length; c++) {
    const z = components[c - 1];
    t.cells[c].component = z;
    t.cells[c].loading = t.r[z].map((r, k) => Math.fround(stream.gamma(r) * t.s[z][k]));
  }
  t.transcripts = [];
  const foreground: boolean[] = [];
  /** One transcript; `from` is where the shift starts, `born` where it is thought to come from. */
  const add = (gene: number, born: number, seen: number, isForeground: boolean): void => {
    const observed: [number, number, number] = [seen % t.width, Math.floor(seen / t.width), 0];
    t.transcripts.push({ row: t.transcripts.length, gene, observed, voxel: born, beta: beta[gene] });
    foreground.push(isForeground);
  };
  t.label.forEach((label, q) => {
    beta.forEach((background, gene) => {
      // A cell's transcript is seen a shift away. Cells lie so far inside that this is always on the tile.
      for (let n = stream.poisson(t.u * rate(t, label, gene)); n > 0; n--)
        add(gene, q, shifted(t, q, shifts, stream)!, true);
      // Background belongs to where it is seen; where it comes from is a shift away, and must be on the tile.
      for (let n = stream.poisson(t.u * background); n > 0; n--) {
        const born = shifted(t, q, shifts, stream);
        if (born !== null) add(gene, born, q, false);
      }
    });
  });
  return foreground;
}

function shifted(t: ModelTile, voxel: number, shifts: Shifts, stream: RandomStream): number | null {
  const table = stream.uniform() < shifts.farShare ? shifts.far : shifts.near;
  const step = (): number => stream.categorical(table) - (table.length - 1) / 2;
  const [x, y] = [(voxel % t.width) + step(), Math.floor(voxel / t.width) + step()];
  return x < 0 || y < 0 || x >= t.width || y >= t.height ? null : y * t.width + x;
}
