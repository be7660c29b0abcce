import { UNIT_BANDWIDTH_UM } from './density.ts';
import type { Sampler } from './sampler.ts';

/** Edge of the buckets in fine voxels. */
const BUCKET = 2;
/** Steps of the table of weights per squared bandwidth. */
const STEPS = 256;
/** No neighbourhood is narrower or wider, whatever the density. */
const LEAST_UM = 1.5;
const MOST_UM = 6;

/** The neighbours of one transcript; the arrays are reused by the next call. */
export interface Neighbours {
  item: Uint32Array;
  weight: Float64Array;
  count: number;
}

export interface Neighbourhood {
  /** Transcripts around transcript `i` (without itself) with Gaussian weights. */
  of(i: number): Neighbours;
}

/**
 * Finds the transcripts around each transcript, in x and y: within the radius that holds `neighbours` at the local density
 * (which looks at the slide, not at the tile, so that tiling does not show), weighed by a Gaussian of `bandwidthUm`.
 */
export function neighbourhoodOf(
  { grid, observed, source, density, task, bound }: Sampler,
  bandwidthUm: number,
  neighbours: number,
): Neighbourhood {
  const { x, y } = task.tile.transcripts;
  const across = Math.ceil(grid.width / BUCKET);
  const down = Math.ceil(grid.height / BUCKET);
  const start = new Uint32Array(across * down + 1);
  const bucketOf = (at: number): number =>
    Math.floor(observed.y[at] / BUCKET) * across + Math.floor(observed.x[at] / BUCKET);
  for (const at of source) start[bucketOf(at) + 1]++;
  for (let b = 0; b < across * down; b++) start[b + 1] += start[b];
  const items = new Uint32Array(source.length);
  const fill = start.slice();
  source.forEach((at, i) => {
    items[fill[bucketOf(at)]++] = i;
  });
  const px = Float32Array.from(source, (at) => x[at]);
  const py = Float32Array.from(source, (at) => y[at]);
  const table = Float64Array.from({ length: Math.ceil((MOST_UM / bandwidthUm) ** 2 * STEPS) + 2 }, (_, k) =>
    bound.kernel.exp(-(k + 0.5) / (2 * STEPS)),
  );
  const step = STEPS / (bandwidthUm * bandwidthUm);
  const perSquareUm = 1 / (2 * Math.PI * UNIT_BANDWIDTH_UM * UNIT_BANDWIDTH_UM);
  let room = 256;
  const out: Neighbours = { item: new Uint32Array(room), weight: new Float64Array(room), count: 0 };
  const edge = BUCKET * grid.voxelUm;
  return {
    of(i) {
      const at = source[i];
      const local = density[observed.y[at] * grid.width + observed.x[at]] * perSquareUm;
      const radius = Math.min(
        MOST_UM,
        Math.max(LEAST_UM, Math.sqrt(neighbours / (Math.PI * Math.max(local, 1e-9)))),
      );
      const limit = radius * radius;
      const reach = Math.ceil(radius / edge);
      const bx = Math.floor(observed.x[at] / BUCKET);
      const by = Math.floor(observed.y[at] / BUCKET);
      out.count = 0;
      for (let row = Math.max(0, by - reach); row <= Math.min(down - 1, by + reach); row++) {
        const from = start[row * across + Math.max(0, bx - reach)];
        const to = start[row * across + Math.min(across - 1, bx + reach) + 1];
        for (let k = from; k < to; k++) {
          const j = items[k];
          const dx = px[j] - px[i];
          const dy = py[j] - py[i];
          const d = dx * dx + dy * dy;
          if (d > limit || j === i) continue;
          if (out.count === room) {
            room *= 2;
            out.item = grown(out.item, new Uint32Array(room));
            out.weight = grown(out.weight, new Float64Array(room));
          }
          out.item[out.count] = j;
          out.weight[out.count++] = table[Math.floor(d * step)];
        }
      }
      return out;
    },
  };
}

function grown<A extends Uint32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
