import type { RectUm } from '@spatile/formats/space';
import { type Picture, pngDataUrl } from './png.ts';

/** A picture of polygons: one palette index per pixel, filled by scanlines. Index 0 is left transparent. */
export class PolygonRaster {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly #pixels: Uint8Array;
  readonly #frame: RectUm;
  readonly #pxPerUm: number;

  /** `frame` is what the picture covers, in microns. */
  constructor(frame: RectUm, pxPerUm: number) {
    this.#frame = frame;
    this.#pxPerUm = pxPerUm;
    this.widthPx = Math.max(1, Math.round((frame.x1 - frame.x0) * pxPerUm));
    this.heightPx = Math.max(1, Math.round((frame.y1 - frame.y0) * pxPerUm));
    this.#pixels = new Uint8Array(this.widthPx * this.heightPx);
  }

  /** Sets the pixels whose centres lie inside the closed rings (x, y pairs in microns) by the even-odd rule. */
  fill(rings: readonly Float64Array[], index: number): void {
    const crossings = new Map<number, number[]>();
    for (const ring of rings)
      this.#eachEdge(ring, (ax, ay, bx, by) => this.#cross(crossings, ax, ay, bx, by));
    for (const [row, xs] of crossings) {
      xs.sort((a, b) => a - b);
      for (let i = 0; i + 1 < xs.length; i += 2) {
        const from = Math.max(0, Math.ceil(xs[i] - 0.5));
        const to = Math.min(this.widthPx, Math.ceil(xs[i + 1] - 0.5));
        if (from < to) this.#pixels.fill(index, row * this.widthPx + from, row * this.widthPx + to);
      }
    }
  }

  /** Sets the pixels under the edges of the rings, in steps of half a pixel. */
  stroke(rings: readonly Float64Array[], index: number): void {
    const most = 4 * (this.widthPx + this.heightPx);
    for (const ring of rings) {
      this.#eachEdge(ring, (ax, ay, bx, by) => {
        const steps = Math.max(1, Math.ceil(2 * Math.max(Math.abs(bx - ax), Math.abs(by - ay))));
        if (steps > most) return;
        for (let k = 0; k <= steps; k++) {
          const x = Math.floor(ax + ((bx - ax) * k) / steps);
          const y = Math.floor(ay + ((by - ay) * k) / steps);
          if (x >= 0 && y >= 0 && x < this.widthPx && y < this.heightPx)
            this.#pixels[y * this.widthPx + x] = index;
        }
      });
    }
  }

  /** The index at a pixel. */
  at(x: number, y: number): number {
    return this.#pixels[y * this.widthPx + x];
  }

  /** As a PNG in a data URL; `palette` gives index 1 and on as red, green, blue, alpha. */
  toDataUrl(palette: NonNullable<Picture['palette']>): Promise<string> {
    const { widthPx, heightPx } = this;
    return pngDataUrl({ widthPx, heightPx, pixels: this.#pixels, palette: [[0, 0, 0, 0], ...palette] });
  }

  /** Edges in pixels; those with a coordinate that is no number are left out. */
  #eachEdge(ring: Float64Array, edge: (ax: number, ay: number, bx: number, by: number) => void): void {
    const { x0, y0 } = this.#frame;
    for (let i = 2; i + 1 < ring.length; i += 2) {
      const ax = (ring[i - 2] - x0) * this.#pxPerUm;
      const ay = (ring[i - 1] - y0) * this.#pxPerUm;
      const bx = (ring[i] - x0) * this.#pxPerUm;
      const by = (ring[i + 1] - y0) * this.#pxPerUm;
      if (Number.isFinite(ax + ay + bx + by)) edge(ax, ay, bx, by);
    }
  }

  /** Where an edge crosses the centre lines of the rows. */
  #cross(crossings: Map<number, number[]>, ax: number, ay: number, bx: number, by: number): void {
    const from = Math.max(0, Math.ceil(Math.min(ay, by) - 0.5));
    const to = Math.min(this.heightPx, Math.ceil(Math.max(ay, by) - 0.5));
    for (let row = from; row < to; row++) {
      const x = ax + ((row + 0.5 - ay) / (by - ay)) * (bx - ax);
      const xs = crossings.get(row);
      if (xs === undefined) crossings.set(row, [x]);
      else xs.push(x);
    }
  }
}
