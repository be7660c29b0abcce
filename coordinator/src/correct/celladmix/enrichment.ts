import type { CorrectConfig } from '@spatile/formats/config/schema';
import type { Factors } from '@spatile/formats/tile/celladmix';
import { RandomStream } from '@spatile/random/stream';
import { falseDiscoveryRates } from './significance.ts';

type Settings = CorrectConfig['celladmix']['enrichment'];

/** Types with fewer markers are not tested (Mitchel et al.). */
const FEWEST_MARKERS = 3;

/** What the markers of a type say of a factor. */
export interface EnrichmentTest {
  factor: number;
  type: number;
  markers: number;
  p: number;
  q: number;
}

/**
 * Markers of each type: genes that are `foldChange` times as frequent as in any other type, the strongest first.
 * @param profiles shares of genes, types x genes.
 */
export function markersOf(
  profiles: Float64Array,
  types: number,
  { markers, foldChange }: Settings,
): number[][] {
  const genes = profiles.length / types;
  const found: { gene: number; ratio: number }[][] = Array.from({ length: types }, () => []);
  for (let gene = 0; gene < genes; gene++) {
    let [best, next, owner] = [0, 0, -1];
    for (let t = 0; t < types; t++) {
      const share = profiles[t * genes + gene];
      if (share > best) [next, best, owner] = [best, share, t];
      else next = Math.max(next, share);
    }
    if (owner >= 0 && best >= foldChange * next)
      found[owner].push({ gene, ratio: best / Math.max(next, 1e-12) });
  }
  return found.map((list) =>
    list
      .sort((a, b) => b.ratio - a.ratio || a.gene - b.gene)
      .slice(0, markers)
      .map(({ gene }) => gene),
  );
}

/**
 * Tests for every factor and type whether the factor holds more of the type's markers than of random sets of as many genes
 * (Mitchel et al., bioRxiv 2025.01.02.631135). The false discovery rate is that among the types of one factor.
 */
export function testEnrichment(
  { loadings, factors }: Factors,
  markers: readonly number[][],
  { permutations }: Settings,
  seed: number,
): EnrichmentTest[] {
  const genes = loadings.length / factors;
  const sumOf = (set: ArrayLike<number>, f: number): number => {
    let sum = 0;
    for (let i = 0; i < set.length; i++) sum += loadings[set[i] * factors + f];
    return sum;
  };
  const tested = markers.flatMap((set, type) => (set.length >= FEWEST_MARKERS ? [{ set, type }] : []));
  const p = tested.map(({ set, type }) => {
    const own = Array.from({ length: factors }, (_, f) => sumOf(set, f));
    const above = new Uint32Array(factors);
    const stream = new RandomStream(seed, 'correct.celladmix.enrichment', type);
    const all = Uint32Array.from({ length: genes }, (_, g) => g);
    for (let draw = 0; draw < permutations; draw++) {
      // The first places of a shuffle that is not finished are a random set, whatever the order before.
      for (let i = 0; i < set.length; i++) {
        const j = i + stream.integer(genes - i);
        [all[i], all[j]] = [all[j], all[i]];
      }
      const drawn = all.subarray(0, set.length);
      for (let f = 0; f < factors; f++) if (sumOf(drawn, f) >= own[f]) above[f]++;
    }
    return Array.from(above, (n) => (n + 1) / (permutations + 1));
  });
  return Array.from({ length: factors }, (_, factor) => {
    const q = falseDiscoveryRates(p.map((row) => row[factor]));
    return tested.map(({ set, type }, i) => ({
      factor,
      type,
      markers: set.length,
      p: p[i][factor],
      q: q[i],
    }));
  }).flat();
}
