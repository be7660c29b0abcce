import { RandomStream } from '@spatile/random/stream';

/** Cells made of one or two of many types, for the speed of typing alone. */
export interface Mixtures {
  types: number;
  genes: number;
  /** Expression shares, types x genes. */
  shares: Float64Array;
  cells: { gene: number[]; count: number[]; umi: number; first: number; second: number }[];
}

/**
 * Draws profiles (every type marked by a twentieth of the genes) and cells of a mean of `meanCounts` transcripts, a third of
 * them with a second type, with log-normal noise of 0.3 on every gene of a cell.
 */
export function drawMixtures(
  types: number,
  genes: number,
  cells: number,
  meanCounts: number,
  seed: number,
): Mixtures {
  const shares = profiles(types, genes, seed);
  return {
    types,
    genes,
    shares,
    cells: Array.from({ length: cells }, (_, i) => {
      const random = new RandomStream(seed, 'bench.mixture', i);
      const first = Math.floor(random.uniform() * types);
      const second = (first + 1 + Math.floor(random.uniform() * (types - 1))) % types;
      const share = random.uniform() < 1 / 3 ? 0.15 + 0.35 * random.uniform() : 0;
      const size = meanCounts * Math.exp(0.5 * random.normal() - 0.125);
      const gene: number[] = [];
      const count: number[] = [];
      for (let j = 0; j < genes; j++) {
        const mean = (1 - share) * shares[first * genes + j] + share * shares[second * genes + j];
        const n = random.poisson(size * mean * Math.exp(0.3 * random.normal()));
        if (n === 0) continue;
        gene.push(j);
        count.push(n);
      }
      return { gene, count, umi: count.reduce((a, b) => a + b, 0), first, second };
    }),
  };
}

function profiles(types: number, genes: number, seed: number): Float64Array {
  const shares = new Float64Array(types * genes);
  const base = new RandomStream(seed, 'bench.genes');
  const level = Float64Array.from({ length: genes }, () => Math.exp(base.normal()));
  for (let k = 0; k < types; k++) {
    const random = new RandomStream(seed, 'bench.type', k);
    const row = level.map((x) => x * (random.uniform() < 0.05 ? 8 : 1) * Math.exp(0.5 * random.normal()));
    const sum = row.reduce((a, b) => a + b, 0);
    shares.set(
      row.map((x) => x / sum),
      k * genes,
    );
  }
  return shares;
}
