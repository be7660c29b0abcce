import type { StardistManifest } from '@spatile/formats/model/manifest';
import { invalid } from '@spatile/formats/model/read';
import type { Dense } from '../../network/session.ts';
import type { Strip } from '../../network/strips.ts';

/** Candidates whose rays are copied together. */
const BLOCK = 256;

/** Candidates of a tile, as they come. */
export interface Candidates {
  /** Row and column of the centre in pixels of the tile, in reading order. */
  place: Int32Array;
  prob: Float32Array;
  /** Ray lengths of all candidates one after another, as the network gives them. */
  dist: Float32Array;
  /** Rays are cut there, so that the reach of a candidate is bounded. */
  longestPx: number;
}

/** Collects the candidates of a tile, strip by strip, so that no map outlives its strip. */
export class CandidateCollector {
  private readonly manifest: StardistManifest;
  private readonly columns: number;
  private readonly longestPx: number;
  private count = 0;
  private room = 0;
  private place = new Int32Array(0);
  private prob = new Float32Array(0);
  private dist = new Float32Array(0);

  constructor(manifest: StardistManifest, columns: number, longestPx: number) {
    this.manifest = manifest;
    this.columns = columns;
    this.longestPx = longestPx;
  }

  /** Takes the grid cells of a strip whose probability is above the threshold. Errors: `MODEL_INVALID` by shape. */
  take(maps: Record<string, Dense>, { firstRow, endRow, window }: Strip): void {
    const { grid, rays } = this.manifest.decode;
    const { prob, dist } = this.split(maps, window.rows, window.columns);
    const cells = Math.ceil(this.columns / grid);
    const first = Math.ceil((firstRow - window.row) / grid);
    const end = Math.ceil((endRow - window.row) / grid);
    let found = 0;
    for (let r = first; r < end; r++) found += this.above(prob, r, cells, null, 0);
    this.reserve(this.count + found);
    const places = new Int32Array(found);
    found = 0;
    for (let r = first; r < end; r++) {
      const before = found;
      found += this.above(prob, r, cells, places, found);
      for (let i = before; i < found; i++) {
        const at = this.count + i;
        const c = places[i];
        this.place[2 * at] = window.row + r * grid;
        this.place[2 * at + 1] = window.column + c * grid;
        this.prob[at] = Math.min(1, prob.data[r * prob.rowStep + c * prob.cellStep]);
        places[i] = r * dist.rowStep + c * dist.cellStep;
      }
    }
    const rows = this.dist.subarray(this.count * rays);
    for (let from = 0; from < found; from += BLOCK)
      copyRays(dist.data, dist.step, places, from, Math.min(found, from + BLOCK), rows, rays);
    this.count += found;
  }

  candidates(): Candidates {
    const { count, manifest, longestPx } = this;
    return {
      place: this.place.subarray(0, 2 * count),
      prob: this.prob.subarray(0, count),
      dist: this.dist.subarray(0, count * manifest.decode.rays),
      longestPx,
    };
  }

  /** How many cells of a row are candidates; writes which, from `at` of `found` on. */
  private above(
    { data, rowStep, cellStep }: Plane,
    r: number,
    cells: number,
    found: Int32Array | null,
    at: number,
  ): number {
    const threshold = Math.fround(this.manifest.decode.probability);
    let count = 0;
    for (let c = 0, from = r * rowStep; c < cells; c++, from += cellStep) {
      if (!(data[from] > threshold)) continue;
      if (found !== null) found[at + count] = c;
      count++;
    }
    return count;
  }

  private reserve(needed: number): void {
    if (needed <= this.room) return;
    this.room = this.room === 0 ? needed : Math.max(needed, 2 * this.room);
    const { place, prob, dist } = this;
    this.place = new Int32Array(2 * this.room);
    this.place.set(place);
    this.prob = new Float32Array(this.room);
    this.prob.set(prob);
    this.dist = new Float32Array(this.room * this.manifest.decode.rays);
    this.dist.set(dist);
  }

  /** Where to find probability and rays of a grid cell in the outputs, whatever their layout. */
  private split(
    maps: Record<string, Dense>,
    rows: number,
    columns: number,
  ): { prob: Plane; dist: Plane & { step: number } } {
    const { outputs, rays, grid } = this.manifest.decode;
    const last = this.manifest.input.axes.endsWith('C');
    const width = columns / grid;
    const cells = (rows / grid) * width;
    if (outputs.layout === 'native') {
      const prob = maps[outputs.prob];
      const dist = maps[outputs.dist];
      this.expect(prob, outputs.prob, cells);
      this.expect(dist, outputs.dist, cells * rays);
      const apart = last ? rays : 1;
      return {
        prob: { data: prob.data, rowStep: width, cellStep: 1 },
        dist: { data: dist.data, step: last ? 1 : cells, rowStep: width * apart, cellStep: apart },
      };
    }
    // One tensor at full resolution: what lies between the grid's points repeats or is zero.
    const { data } = maps[outputs.maps];
    const pixels = rows * columns;
    this.expect(maps[outputs.maps], outputs.maps, pixels * (1 + rays));
    const step = last ? 1 : pixels;
    const cellStep = grid * (last ? 1 + rays : 1);
    const rowStep = columns * cellStep;
    return {
      prob: { data, rowStep, cellStep },
      dist: { data: data.subarray(step), step, rowStep, cellStep },
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

/** Values of the grid cells of a map: cell (r, c) lies at `r * rowStep + c * cellStep`. */
interface Plane {
  data: Float32Array;
  rowStep: number;
  cellStep: number;
}

/**
 * Copies the rays of some candidates, ray by ray, so that both ends stay in the cache however the network writes its rays. No
 * number is looked at on the way, so that none is ever boxed.
 */
function copyRays(
  data: Float32Array,
  step: number,
  places: Int32Array,
  from: number,
  end: number,
  to: Float32Array,
  rays: number,
): void {
  for (let k = 0; k < rays; k++) {
    const first = k * step;
    for (let i = from, at = from * rays + k; i < end; i++, at += rays) to[at] = data[first + places[i]];
  }
}
