import type { StardistManifest } from '@spatile/formats/model/manifest';
import { invalid } from '@spatile/formats/model/read';
import type { Dense } from '../../network/session.ts';
import type { Strip } from '../../network/strips.ts';

/** Shortest ray: a network may predict none or a negative one. */
const SHORTEST_PX = 1e-3;
/** A candidate's rank is its probability's bits and then its number, in one exactly ordered number. */
const PLACES = 2 ** 26;
const BITS_OF_ONE = 0x3f800000;

/** Candidates of a tile, as they come; `ranked` puts them in order. */
export interface Candidates {
  /** Row and column of the centre in pixels of the tile, in reading order. */
  place: Int32Array;
  prob: Float32Array;
  /** Ray lengths of all candidates one after another. */
  dist: Float32Array;
}

/** Collects the candidates of a tile, strip by strip, so that no map outlives its strip. */
export class CandidateCollector {
  private readonly manifest: StardistManifest;
  private readonly columns: number;
  private readonly longest: number;
  private count = 0;
  private room = 4096;
  private place = new Int32Array(2 * this.room);
  private prob = new Float32Array(this.room);
  private dist: Float32Array;

  /** `longestPx`: rays are cut there, so that the reach of a candidate is bounded. */
  constructor(manifest: StardistManifest, columns: number, longestPx: number) {
    this.manifest = manifest;
    this.columns = columns;
    this.longest = Math.fround(longestPx);
    this.dist = new Float32Array(this.room * manifest.decode.rays);
  }

  /** Takes the grid cells of a strip whose probability is above the threshold. Errors: `MODEL_INVALID` by shape. */
  take(maps: Record<string, Dense>, { firstRow, endRow, window }: Strip): void {
    const { grid, rays, probability } = this.manifest.decode;
    const { prob, dist } = this.split(maps, window.rows, window.columns);
    const width = window.columns / grid;
    const threshold = Math.fround(probability);
    const { data, step } = dist;
    const { longest } = this;
    const endColumn = Math.ceil(this.columns / grid);
    const first = Math.ceil((firstRow - window.row) / grid);
    const end = Math.ceil((endRow - window.row) / grid);
    for (let r = first; r < end; r++) {
      for (let c = 0; c < endColumn; c++) {
        const p = prob.data[prob.at(r, c, width)];
        if (!(p > threshold)) continue;
        if (this.count === this.room) this.grow();
        const at = this.count * rays;
        const from = dist.at(r, c, width);
        const to = this.dist;
        for (let k = 0, next = from; k < rays; k++, next += step) {
          const d = data[next];
          to[at + k] = d > SHORTEST_PX ? (d < longest ? d : longest) : SHORTEST_PX;
        }
        this.place[2 * this.count] = window.row + r * grid;
        this.place[2 * this.count + 1] = window.column + c * grid;
        this.prob[this.count++] = Math.min(1, p);
      }
    }
  }

  candidates(): Candidates {
    const { count, manifest } = this;
    return {
      place: this.place.subarray(0, 2 * count),
      prob: this.prob.subarray(0, count),
      dist: this.dist.subarray(0, count * manifest.decode.rays),
    };
  }

  private grow(): void {
    this.room *= 2;
    const { place, prob, dist } = this;
    this.place = new Int32Array(2 * this.room);
    this.place.set(place);
    this.prob = new Float32Array(this.room);
    this.prob.set(prob);
    this.dist = new Float32Array(this.room * this.manifest.decode.rays);
    this.dist.set(dist);
  }

  /** Where to find probability and rays of a grid cell in the outputs, whatever their layout. */
  private split(maps: Record<string, Dense>, rows: number, columns: number) {
    const { outputs, rays, grid } = this.manifest.decode;
    const last = this.manifest.input.axes.endsWith('C');
    const cells = (rows / grid) * (columns / grid);
    if (outputs.layout === 'native') {
      const prob = maps[outputs.prob];
      const dist = maps[outputs.dist];
      this.expect(prob, outputs.prob, cells);
      this.expect(dist, outputs.dist, cells * rays);
      return {
        prob: { data: prob.data, at: (r: number, c: number, width: number) => r * width + c },
        dist: {
          data: dist.data,
          step: last ? 1 : cells,
          at: (r: number, c: number, width: number) => (r * width + c) * (last ? rays : 1),
        },
      };
    }
    // One tensor at full resolution: what lies between the grid's points repeats or is zero.
    const { data } = maps[outputs.maps];
    const pixels = rows * columns;
    this.expect(maps[outputs.maps], outputs.maps, pixels * (1 + rays));
    const place = (r: number, c: number) => (r * columns + c) * grid * (last ? 1 + rays : 1);
    const step = last ? 1 : pixels;
    return {
      prob: { data, at: (r: number, c: number) => place(r, c) },
      dist: { data, step, at: (r: number, c: number) => place(r, c) + step },
    };
  }

  private expect(map: Dense, name: string, values: number): void {
    if (map.data.length === values) return;
    throw invalid(
      this.manifest.weights.file,
      `the output ${name} has another shape`,
      map.shape.join(' x '),
      `${values} values for its grid and rays`,
    );
  }
}

/** Order of candidates: probability falling, then the order they came in, which is by row and column. */
export function ranks({ prob }: Candidates): Uint32Array {
  const bits = new Uint32Array(Float32Array.from(prob).buffer);
  const key = new Float64Array(prob.length);
  for (let i = 0; i < key.length; i++) key[i] = (BITS_OF_ONE - bits[i]) * PLACES + i;
  key.sort();
  const order = new Uint32Array(key.length);
  for (let rank = 0; rank < order.length; rank++) order[rank] = key[rank] % PLACES;
  return order;
}
