import type { ModelFrame, ProsegGlobals } from '@spatile/formats/tile/proseg';
import { ln } from '@spatile/random/elementary';
import type { RandomStream } from '@spatile/random/stream';
import { embedCells } from './cell-embedding.ts';
import type { KindCells } from './kind-cells.ts';
import { type KindMixture, STRAY_SHARE } from './kind-mixture.ts';
import { kmeans, squaredDistance } from './kmeans.ts';
import { specificShares } from './specific-shares.ts';

/** Average transcripts of the slide that are added to a cell that a kind starts from. */
const START_WORTH = 50;
/** What a component of the sampler holds of every gene at least, as a part of what the slide does. */
const LIKE_SLIDE = 1e-3;
/** Cells that are tried for each kind. */
const TRIES = 3;
/** Times that groups of cells are looked for. */
const GROUPINGS = 8;
/** Products of ratios are folded into a logarithm when they leave this range. */
const FOLD = 1e100;

/**
 * A start of the mixture: kinds like single cells, each the best of three that were drawn by how badly the kinds before explain
 * them (k-means++, Arthur and Vassilvitskii, SODA 2007, with the deviance of multinomials for the squared distance).
 * `slide`: share of each gene on the slide, above 0. `worth`: transcripts like the slide's that are added to every kind.
 */
export function startKinds(
  cells: KindCells,
  slide: Float64Array,
  kinds: number,
  worth: number,
  stream: RandomStream,
): KindMixture {
  const count = cells.total.length;
  const saturated = saturatedScores(cells, slide);
  const best = new Float64Array(count).fill(-Infinity);
  const share = new Float64Array(slide.length * kinds);
  for (let t = 0; t < kinds; t++) {
    const lacking = t === 0 ? cells.total : saturated.map((most, c) => Math.max(1e-9, most - best[c]));
    let found: { own: Float64Array; score: Float64Array; sum: number } | null = null;
    for (let k = 0; k < (t === 0 ? 1 : TRIES); k++) {
      const own = likeCell(cells, slide, stream.categorical(lacking));
      const score = best.map((value, c) => Math.max(value, scoreOf(cells, slide, own, c)));
      const sum = score.reduce((all, value) => all + value, 0);
      if (found === null || sum > found.sum) found = { own, score, sum };
    }
    best.set(found!.score);
    for (let g = 0; g < slide.length; g++) share[g * kinds + t] = found!.own[g];
  }
  const prior = share.map((_, i) => worth * slide[Math.floor(i / kinds)]);
  return startFrom(share, prior, kinds, count);
}

/** A start from known kinds (shares, genes x kinds, columns sum to 1) and what is added to them; every cell is of all alike. */
export function startFrom(
  share: Float64Array,
  prior: Float64Array | null,
  kinds: number,
  cells: number,
): KindMixture {
  return {
    share,
    prior,
    weight: new Float64Array(kinds).fill(1 / kinds),
    responsibility: new Float64Array(cells * kinds).fill(1 / kinds),
    strayed: new Float64Array(cells).fill(STRAY_SHARE),
    logLikelihood: -Infinity,
  };
}

/**
 * A start for panels of thousands of genes, of which a single cell shows too few: kinds like groups of cells that lie together
 * by `embedCells`, the tightest of eight groupings (k-means).
 */
export function startGroups(
  cells: KindCells,
  slide: Float64Array,
  kinds: number,
  stream: RandomStream,
): KindMixture {
  const count = cells.total.length;
  const group = tightest(embedCells(cells, slide, kinds, stream), kinds, stream);
  const responsibility = new Float64Array(count * kinds);
  const made = new Float64Array(slide.length * kinds);
  const weight = new Float64Array(kinds).fill(1 / (count + kinds));
  for (let c = 0; c < count; c++) {
    responsibility[c * kinds + group[c]] = 1;
    weight[group[c]] += 1 / (count + kinds);
    for (let i = cells.start[c]; i < cells.start[c + 1]; i++)
      made[cells.gene[i] * kinds + group[c]] += (1 - STRAY_SHARE) * cells.count[i];
  }
  const start = startFrom(specificShares(made, slide, kinds), null, kinds, count);
  return { ...start, weight, responsibility };
}

/** Group of each point (rows of `kinds` values) by the k-means of least squared distances among eight. */
function tightest(points: Float64Array, kinds: number, stream: RandomStream): Uint32Array {
  let least = Infinity;
  let best: Uint32Array = new Uint32Array(points.length / kinds);
  for (let k = 0; k < GROUPINGS; k++) {
    const { cluster, centres } = kmeans(points, kinds, kinds, stream);
    const spread = cluster.reduce((sum, g, c) => sum + squaredDistance(points, c, centres, g, kinds), 0);
    if (spread < least) [least, best] = [spread, cluster];
  }
  return best;
}

/** What the components of the sampler hold: expected rates over all genes, each column a thousandth like the slide. */
export function heldShares(
  { r, s, theta }: Pick<ProsegGlobals, 'r' | 's' | 'theta'>,
  slide: Float64Array,
  { components, privateGenes, factors }: Pick<ModelFrame, 'components' | 'privateGenes' | 'factors'>,
): Float64Array {
  const width = privateGenes + factors;
  const share = new Float64Array(slide.length * components);
  for (let t = 0; t < components; t++) {
    const rate = slide.map((_, g) => {
      if (g < privateGenes) return r[t * width + g] * s[t * width + g];
      let sum = 0;
      for (let k = 0; k < factors; k++) {
        const at = t * width + privateGenes + k;
        sum += r[at] * s[at] * theta[(g - privateGenes) * factors + k];
      }
      return sum;
    });
    const total = rate.reduce((sum, value) => sum + value, 0);
    for (let g = 0; g < slide.length; g++)
      share[g * components + t] = (1 - LIKE_SLIDE) * (rate[g] / total) + LIKE_SLIDE * slide[g];
  }
  return share;
}

/** Shares of one cell's genes, shrunk towards the slide. */
function likeCell({ start, gene, count, total }: KindCells, slide: Float64Array, c: number): Float64Array {
  const all = total[c] + START_WORTH;
  const own = slide.map((share) => (START_WORTH * share) / all);
  for (let i = start[c]; i < start[c + 1]; i++) own[gene[i]] += count[i] / all;
  return own;
}

/** Ln of how much better than the slide a kind with these shares explains a cell, strays (like the slide) included. */
function scoreOf(
  { start, gene, count }: KindCells,
  slide: Float64Array,
  own: Float64Array,
  c: number,
): number {
  let score = 0;
  let product = 1;
  for (let i = start[c]; i < start[c + 1]; i++) {
    const ratio = STRAY_SHARE + ((1 - STRAY_SHARE) * own[gene[i]]) / slide[gene[i]];
    for (let k = 0; k < count[i]; k++) {
      product *= ratio;
      if (product < FOLD && product > 1 / FOLD) continue;
      score += ln(product);
      product = 1;
    }
  }
  return score + ln(product);
}

/** The same for a kind exactly like the cell, without strays: no kind does better. */
function saturatedScores({ start, gene, count, total }: KindCells, slide: Float64Array): Float64Array {
  return total.map((all, c) => {
    let score = 0;
    for (let i = start[c]; i < start[c + 1]; i++) score += count[i] * ln(count[i] / all / slide[gene[i]]);
    return score;
  });
}
