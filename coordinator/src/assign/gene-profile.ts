import { ln1p } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';

/** Directions of the projection: enough to tell tissues apart, few enough to cluster thousands of tiles. */
const WIDTH = 25;

/**
 * Random projection of gene profiles: distances between projected ln(1 + 100 * share) are close to those between the profiles
 * themselves (Johnson and Lindenstrauss, 1984). A function of the seed and the number of genes alone.
 */
export class ProfileProjection {
  private readonly directions: Float64Array;

  constructor(genes: number, seed: number) {
    const stream = new RandomStream(seed, 'assign.pilots.projection');
    this.directions = Float64Array.from({ length: genes * WIDTH }, () => stream.normal() / Math.sqrt(WIDTH));
  }

  /** Projection of one profile; `counts` by model gene. All 0 without counts. */
  project(counts: Float64Array): Float64Array {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const out = new Float64Array(WIDTH);
    if (total === 0) return out;
    for (let g = 0; g < counts.length; g++) {
      if (counts[g] === 0) continue;
      const value = ln1p((100 * counts[g]) / total);
      for (let d = 0; d < WIDTH; d++) out[d] += value * this.directions[g * WIDTH + d];
    }
    return out;
  }
}
