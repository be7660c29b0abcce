import type { RefineSettings } from '@spatile/formats/tile/proseg';
import { growLabels } from '../../raster/distance.ts';
import { geneShares } from './gene-shares.ts';
import { type Neighbourhood, neighbourhoodOf } from './neighbourhood.ts';
import type { Sampler } from './sampler.ts';
import { CLASS_NUCLEUS, localIndex, startColumns } from './start.ts';

const SLOTS = 3;

/**
 * Last word on the transcripts of a finished chain: each goes to the cell that is most likely given which cells the
 * transcripts around it belong to and how often cells of those components hold its gene,
 *
 *     p(cell c) ~ (share of c among the neighbours + w [c has the nearest nucleus]) * share of the gene in c's component
 *     p(background) ~ (b * share of background among the neighbours + e) * share of the gene on the slide
 *
 * for a few rounds in which all transcripts change at once. Where the chain gives every cell rates of its own, which learn
 * whatever the cell swallowed, a component speaks for many cells; and transcripts say more precisely than voxels where a cell
 * ends. Rewrites the records (`recordCell`, `recordWeight`, `recordBackground`) and the components of cells that are not frozen.
 * Independent of the order of transcripts. Why, and what it brings: docs/decisions/refine.md.
 */
export function refine(sampler: Sampler, settings: RefineSettings, recorded: number): void {
  if (settings.rounds === 0) return;
  const shares = geneShares(sampler);
  const around = neighbourhoodOf(sampler, settings.bandwidthUm, settings.neighbours);
  const near = nearestNuclei(sampler, settings.nucleusUm);
  const weigh = new Weigher(sampler, settings, shares, around, near);
  let label = hardest(sampler);
  for (let round = 0; round < settings.rounds; round++) {
    retype(sampler, shares, label);
    const next = new Uint16Array(label.length);
    for (let i = 0; i < label.length; i++) next[i] = weigh.at(i, label).best;
    label = next;
  }
  retype(sampler, shares, label);
  const { recordCell, recordWeight, recordBackground } = sampler.arrays;
  for (let i = 0; i < label.length; i++) {
    const { cells, weights, background, total } = weigh.at(i, label);
    const scale = total > 0 ? recorded / total : 0;
    recordBackground[i] = total > 0 ? background * scale : recorded;
    for (let slot = 0; slot < SLOTS; slot++) {
      recordCell[i * SLOTS + slot] = cells[slot];
      recordWeight[i * SLOTS + slot] = weights[slot] * scale;
    }
  }
}

/** The cell (or background) with most of the recorded samples; ties to the background, then to the cell met first. */
function hardest({ arrays, source }: Sampler): Uint16Array {
  const { recordCell, recordWeight, recordBackground } = arrays;
  return Uint16Array.from(source, (_, i) => {
    let most = recordBackground[i];
    let cell = 0;
    for (let slot = i * SLOTS; slot < (i + 1) * SLOTS; slot++)
      if (recordWeight[slot] > most) [cell, most] = [recordCell[slot], recordWeight[slot]];
    return cell;
  });
}

/**
 * Local cell with the nearest nucleus (or outline, of cells without a nucleus) within `reachUm` of each transcript; 0 = none.
 * Cells without a voxel do not speak: nothing of them is in the result.
 */
function nearestNuclei(sampler: Sampler, reachUm: number): Uint16Array {
  const { grid, observed, source, task, cells, arrays } = sampler;
  const { priorLabel, priorClass } = startColumns(task.tile, { ...grid, coarseFactor: 1 }, observed);
  const local = localIndex(cells);
  const listed = Int32Array.from(task.tile.cells.cell, (cell) => {
    const c = local(cell);
    return arrays.size[c] > 0 ? c : 0;
  });
  const hasNucleus = new Uint8Array(listed.length + 1);
  priorLabel.forEach((cell, at) => {
    if (priorClass[at] === CLASS_NUCLEUS) hasNucleus[cell] = 1;
  });
  const labels = Int32Array.from(priorLabel, (cell, at) =>
    cell > 0 && (priorClass[at] === CLASS_NUCLEUS || hasNucleus[cell] === 0) ? listed[cell - 1] : 0,
  );
  const reach = Math.floor((reachUm / grid.voxelUm) ** 2);
  const grown = growLabels(labels, grid.width, grid.height, reach);
  return Uint16Array.from(source, (at) => grown[observed.y[at] * grid.width + observed.x[at]]);
}

/** Each cell takes the component that explains its transcripts best: the multinomial likelihood of its genes. */
function retype({ arrays, cells }: Sampler, { logShare, components }: Shares, label: Uint16Array): void {
  const score = new Float64Array((cells.length + 1) * components);
  const { gene, component, frozen } = arrays;
  for (let i = 0; i < label.length; i++) {
    if (label[i] === 0) continue;
    const from = gene[i] * components;
    const to = label[i] * components;
    for (let t = 0; t < components; t++) score[to + t] += logShare[from + t];
  }
  for (let c = 1; c <= cells.length; c++) {
    if (frozen[c] === 1 || score[c * components] === 0) continue;
    let best = 0;
    for (let t = 1; t < components; t++)
      if (score[c * components + t] > score[c * components + best]) best = t;
    component[c] = best;
  }
}

type Shares = ReturnType<typeof geneShares>;

/** What is weighed at one transcript; reused. */
interface Weighed {
  best: number;
  /** The three cells with most weight (0 = none), and their weights. */
  cells: Uint16Array;
  weights: Float64Array;
  background: number;
  total: number;
}

class Weigher {
  readonly #sampler: Sampler;
  readonly #settings: RefineSettings;
  readonly #shares: Shares;
  readonly #around: Neighbourhood;
  readonly #near: Uint16Array;
  readonly #sum: Float64Array;
  readonly #met: Uint16Array;
  readonly #out: Weighed = {
    best: 0,
    cells: new Uint16Array(SLOTS),
    weights: new Float64Array(SLOTS),
    background: 0,
    total: 0,
  };

  constructor(
    sampler: Sampler,
    settings: RefineSettings,
    shares: Shares,
    around: Neighbourhood,
    near: Uint16Array,
  ) {
    this.#sampler = sampler;
    this.#settings = settings;
    this.#shares = shares;
    this.#around = around;
    this.#near = near;
    this.#sum = new Float64Array(sampler.cells.length + 1);
    this.#met = new Uint16Array(sampler.cells.length + 1);
  }

  at(i: number, label: Uint16Array): Weighed {
    const sum = this.#sum;
    const met = this.#met;
    let n = 0;
    let all = 0;
    const { item, weight, count } = this.#around.of(i);
    for (let k = 0; k < count; k++) {
      const cell = label[item[k]];
      if (sum[cell] === 0) met[n++] = cell;
      sum[cell] += weight[k];
      all += weight[k];
    }
    const { background, ambient, nucleusWeight } = this.#settings;
    const { share, slide, components } = this.#shares;
    const { gene, component } = this.#sampler.arrays;
    const g = gene[i];
    const near = this.#near[i];
    const unit = all > 0 ? 1 / all : 0;
    const out = this.#out;
    out.cells.fill(0);
    out.weights.fill(0);
    out.background = (background * sum[0] * unit + ambient) * slide[g];
    out.total = out.background;
    sum[0] = 0;
    if (near > 0) {
      if (sum[near] === 0) met[n++] = near;
      sum[near] += all > 0 ? nucleusWeight * all : nucleusWeight;
    }
    const scale = all > 0 ? unit : 1;
    for (let k = 0; k < n; k++) {
      const cell = met[k];
      if (cell === 0) continue;
      const p = sum[cell] * scale * share[g * components + component[cell]];
      sum[cell] = 0;
      out.total += p;
      keep(out, cell, p);
    }
    out.best = out.weights[0] > out.background ? out.cells[0] : 0;
    return out;
  }
}

/** Inserts into the three best; of equals the lower cell comes first. */
function keep({ cells, weights }: Weighed, cell: number, p: number): void {
  let slot = SLOTS;
  while (slot > 0 && (p > weights[slot - 1] || (p === weights[slot - 1] && p > 0 && cell < cells[slot - 1])))
    slot--;
  if (slot === SLOTS) return;
  for (let k = SLOTS - 1; k > slot; k--) {
    cells[k] = cells[k - 1];
    weights[k] = weights[k - 1];
  }
  cells[slot] = cell;
  weights[slot] = p;
}
