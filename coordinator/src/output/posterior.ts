import { ASSIGN_RESULT, type ExpectedCounts } from '@spatile/formats/tile/assign';
import { SAMPLED_PIECE, type Sampled, sampledIn } from '@spatile/formats/tile/parts';
import { ASSIGN_ROUND } from '../assign/geometric.ts';
import { readStrays, type Strays } from '../assign/strays.ts';
import { StoredPieces } from '../run/pieces.ts';
import { featuresByGene } from '../run/slide.ts';
import type { RunStore } from '../run/store.ts';
import type { ExpectedRow, ExpectedRows } from './expected-layers.ts';

/** What the samples of a run say of its cells. Memory grows with cells, and with the entries of `rows`. */
export interface SlidePosterior {
  /** By slide cell (cell c at c - 1): expected transcripts, their variance, and how often voxels changed hands. */
  expected: Float32Array;
  variance: Float32Array;
  flips: Float32Array;
  /** Expected counts of cells by feature, columns ascending; null when they are not wanted. */
  rows: ExpectedRows | null;
}

const BORDER_ROUND = /^assign-border-(\d+)$/;

/** What has to be known of a slide to read its posterior. */
export interface PosteriorSlide {
  /** Number of slide cells. */
  cells: number;
  /** Slide feature -> model gene, and the number of these. */
  modelGene: Uint32Array;
  modelGenes: number;
}

/**
 * Gathers the posterior of all cells from the committed results: that of the last round in which a cell was sampled, less what
 * was taken out of it afterwards. Null where no result has one.
 *
 * @param counts whether the expected counts by gene are wanted too.
 */
export async function collectPosterior(
  store: RunStore,
  { cells, modelGene, modelGenes }: PosteriorSlide,
  counts: boolean,
): Promise<SlidePosterior | null> {
  const found = {
    expected: new Float32Array(cells),
    variance: new Float32Array(cells),
    flips: new Float32Array(cells),
  };
  const taken = new Uint8Array(cells + 1);
  const lost = new Float64Array(cells);
  const strays = await readStrays(store);
  const featureOf = featuresByGene({ modelGene, modelGenes });
  const kept = counts ? new KeptCounts(cells) : null;
  for await (const { cells: table, posterior, expected } of lastRoundsFirst(store)) {
    if (posterior === undefined) continue;
    const fresh = new Set<number>();
    table.cell.forEach((cell, i) => {
      if (taken[cell] === 1) return;
      taken[cell] = 1;
      fresh.add(cell);
      found.expected[cell - 1] = posterior.expected[i];
      found.variance[cell - 1] = posterior.variance[i];
      found.flips[cell - 1] = posterior.flips[i];
    });
    if (expected === undefined || fresh.size === 0) continue;
    const spans = spansOf(expected.cell).filter(({ cell }) => fresh.has(cell));
    for (const span of spans) lost[span.cell - 1] = lostOf(span.cell, entriesAt(expected, span), strays);
    kept?.add(expected, spans);
  }
  if (taken.every((flag) => flag === 0)) return null;
  for (let cell = 1; cell <= cells; cell++) {
    const before = found.expected[cell - 1];
    const share = keptShare(before, lost[cell - 1]);
    found.expected[cell - 1] = share * before;
    found.variance[cell - 1] = thinned(found.variance[cell - 1], before, share);
  }
  const rows: ExpectedRows | null = kept && {
    of: (cell) => rowOf(cell, kept.of(cell), featureOf, strays),
    room: (cell) => kept.of(cell).gene.length,
    clear: () => kept.clear(),
  };
  return { ...found, rows };
}

/** Share of an expected count that stays. */
const keptShare = (mean: number, lost: number): number => (mean > 0 ? Math.max(0, 1 - lost / mean) : 1);

/** Variance of a count of which every transcript stays with probability `kept`. */
const thinned = (variance: number, mean: number, kept: number): number =>
  kept * kept * variance + kept * (1 - kept) * mean;

/** Committed results: border rounds from the last to the first, then the tiles. */
async function* lastRoundsFirst(store: RunStore): AsyncGenerator<Sampled> {
  const phases = (await store.list('results')).flatMap((round) => {
    const match = BORDER_ROUND.exec(round);
    return match === null ? [] : [{ round, phase: Number(match[1]) }];
  });
  phases.sort((a, b) => b.phase - a.phase);
  const results = new StoredPieces(store, ASSIGN_RESULT);
  for (const round of [...phases.map((entry) => entry.round), ASSIGN_ROUND]) {
    for (const file of await store.list(`results/${round}`)) {
      const { frame, as } = await results.one(`results/${round}/${file}`, SAMPLED_PIECE);
      yield sampledIn(frame, as);
    }
  }
}

/** Expected counts of one cell or several, without the cells. */
type Entries = Pick<ExpectedCounts, 'gene' | 'mean' | 'variance'>;

/** Entries [from, to) of a table, all of one cell. */
interface Span {
  cell: number;
  from: number;
  to: number;
}

/**
 * Expected counts of the cells of a slide: 10 bytes by entry, 12 by cell. It copies what it keeps, since the columns of a decoded
 * result are views on the whole file and would hold it in memory.
 */
class KeptCounts {
  private readonly parts: Entries[] = [];
  /** By cell (cell c at c - 1): its part, counted from 1 (0: no entries), and where its entries begin and end there. */
  private readonly part: Uint32Array;
  private readonly from: Uint32Array;
  private readonly to: Uint32Array;

  constructor(cells: number) {
    this.part = new Uint32Array(cells);
    this.from = new Uint32Array(cells);
    this.to = new Uint32Array(cells);
  }

  /** Copies the entries of some cells out of a result. */
  add(counts: Entries, spans: readonly Span[]): void {
    const n = spans.reduce((sum, { from, to }) => sum + to - from, 0);
    if (n === 0) return;
    const part = { gene: new Uint16Array(n), mean: new Float32Array(n), variance: new Float32Array(n) };
    this.parts.push(part);
    let at = 0;
    for (const span of spans) {
      const { gene, mean, variance } = entriesAt(counts, span);
      part.gene.set(gene, at);
      part.mean.set(mean, at);
      part.variance.set(variance, at);
      this.part[span.cell - 1] = this.parts.length;
      this.from[span.cell - 1] = at;
      at += gene.length;
      this.to[span.cell - 1] = at;
    }
  }

  clear(): void {
    this.parts.length = 0;
    this.to.set(this.from);
  }

  /** The entries of a cell, by model gene. */
  of(cell: number): Entries {
    const [from, to] = [this.from[cell - 1], this.to[cell - 1]];
    return from === to ? NO_ENTRIES : entriesAt(this.parts[this.part[cell - 1] - 1], { from, to });
  }
}

const NO_ENTRIES: Entries = {
  gene: new Uint16Array(0),
  mean: new Float32Array(0),
  variance: new Float32Array(0),
};

/** Runs of equal cells. */
function spansOf(cell: Uint32Array): Span[] {
  const spans: Span[] = [];
  for (let from = 0; from < cell.length; from = spans[spans.length - 1].to) {
    let to = from + 1;
    while (to < cell.length && cell[to] === cell[from]) to++;
    spans.push({ cell: cell[from], from, to });
  }
  return spans;
}

const entriesAt = ({ gene, mean, variance }: Entries, { from, to }: Pick<Span, 'from' | 'to'>): Entries => ({
  gene: gene.subarray(from, to),
  mean: mean.subarray(from, to),
  variance: variance.subarray(from, to),
});

/** How much of a cell's expected counts strayed: of no entry more than there is. */
function lostOf(cell: number, { gene, mean }: Entries, strays: Strays): number {
  let lost = 0;
  for (let i = 0; i < gene.length; i++) lost += Math.min(mean[i], strays.of(cell, gene[i]));
  return lost;
}

/** More entries than a cell can have. */
const PLACES = 2 ** 20;

/** One cell's entries by feature, ascending, less what strayed; entries of which nothing is left are dropped. */
function rowOf(cell: number, counts: Entries, featureOf: Uint32Array, strays: Strays): ExpectedRow {
  const n = counts.gene.length;
  // One sortable number each: the feature above, the place in the list below.
  const order = new Float64Array(n);
  for (let i = 0; i < n; i++) order[i] = featureOf[counts.gene[i]] * PLACES + i;
  order.sort();
  const out = { column: new Int32Array(n), mean: new Float32Array(n), variance: new Float32Array(n) };
  let filled = 0;
  for (const key of order) {
    const i = key % PLACES;
    const column = (key - i) / PLACES;
    const kept = keptShare(counts.mean[i], strays.of(cell, counts.gene[i]));
    const mean = kept * counts.mean[i];
    if (!(mean > 0)) continue;
    out.column[filled] = column;
    out.mean[filled] = mean;
    out.variance[filled++] = thinned(counts.variance[i], counts.mean[i], kept);
  }
  return {
    column: out.column.subarray(0, filled),
    mean: out.mean.subarray(0, filled),
    variance: out.variance.subarray(0, filled),
  };
}
