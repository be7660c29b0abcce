import type { RectUm } from '@spatile/formats/space';
import { PIXEL_SIZE_UM } from '../manifest.ts';

/** A factor on the light at a pixel of the slide. */
export type Level = (x: number, y: number) => number;

/**
 * A window of the slide with, for each channel, the light that is in focus and the light that is not: planes of
 * `widthPx * heightPx` values row by row, in arrays that may be longer. What is drawn outside the window is cut off.
 */
export class Canvas {
  readonly sharp: readonly Float32Array[];
  readonly soft: readonly Float32Array[];
  /** Where a rim is drawn before it is added; zero in between. */
  readonly #scratch: Float32Array;
  readonly #crossings = new Float64Array(256);
  /** Pixel of the slide in the upper left corner. */
  left = 0;
  top = 0;
  widthPx = 0;
  heightPx = 0;

  /** `mostPx`: pixels of the largest window. */
  constructor(mostPx: number, channels: number) {
    const plane = (): Float32Array => new Float32Array(mostPx);
    this.sharp = Array.from({ length: channels }, plane);
    this.soft = Array.from({ length: channels }, plane);
    this.#scratch = plane();
  }

  /** Moves the window, gives it a size and makes it dark. */
  clear(left: number, top: number, widthPx: number, heightPx: number): void {
    this.left = left;
    this.top = top;
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    for (const plane of [...this.sharp, ...this.soft]) plane.fill(0, 0, widthPx * heightPx);
  }

  get rect(): RectUm {
    const { left, top, widthPx, heightPx } = this;
    const um = (px: number): number => px * PIXEL_SIZE_UM;
    return { x0: um(left), y0: um(top), x1: um(left + widthPx), y1: um(top + heightPx) };
  }

  /** Whether a disc may show in the window. */
  touches(x: number, y: number, radiusUm: number): boolean {
    const { x0, y0, x1, y1 } = this.rect;
    return x + radiusUm > x0 && x - radiusUm < x1 && y + radiusUm > y0 && y - radiusUm < y1;
  }

  /**
   * Adds `level * texture` wherever a polygon (x, y pairs in microns, even-odd, not closed) covers the middle of a pixel,
   * with the share `soft` of it out of focus.
   */
  fill(channel: number, vertices: Float64Array, level: number, texture: Level, soft: number): void {
    const sharp = this.sharp[channel];
    const blurred = this.soft[channel];
    const places = vertices.map((um) => um / PIXEL_SIZE_UM - this.top - 0.5);
    const [first, last] = clipAround(places, 1, 0, this.heightPx);
    for (let row = first; row <= last; row++) {
      const n = this.#crossingsAt(vertices, (this.top + row + 0.5) * PIXEL_SIZE_UM);
      for (let k = 0; k + 1 < n; k += 2) {
        const from = Math.max(0, Math.ceil(this.#crossings[k] / PIXEL_SIZE_UM - 0.5) - this.left);
        const to = Math.min(
          this.widthPx,
          Math.ceil(this.#crossings[k + 1] / PIXEL_SIZE_UM - 0.5) - this.left,
        );
        for (let column = from; column < to; column++) {
          const light = level * texture(this.left + column, this.top + row);
          sharp[row * this.widthPx + column] += (1 - soft) * light;
          blurred[row * this.widthPx + column] += soft * light;
        }
      }
    }
  }

  /** Adds a disc with a soft edge: `level * (1 - (d / radius)^2)^2` at distance d from a place in microns. */
  disc(plane: Float32Array, x: number, y: number, radiusUm: number, level: number): void {
    const cx = x / PIXEL_SIZE_UM - this.left - 0.5;
    const cy = y / PIXEL_SIZE_UM - this.top - 0.5;
    const radius = radiusUm / PIXEL_SIZE_UM;
    const [x0, x1] = clip(cx - radius, cx + radius, this.widthPx);
    const [y0, y1] = clip(cy - radius, cy + radius, this.heightPx);
    const scale = 1 / (radius * radius);
    for (let row = y0; row <= y1; row++) {
      for (let column = x0; column <= x1; column++) {
        const depth = 1 - ((column - cx) * (column - cx) + (row - cy) * (row - cy)) * scale;
        if (depth > 0) plane[row * this.widthPx + column] += level * depth * depth;
      }
    }
  }

  /**
   * Adds a closed line along a polygon, `levels[k] * texture` bright at vertex k and `halfWidthUm` to each side, with the
   * share `soft` of it out of focus.
   */
  rim(
    channel: number,
    vertices: Float64Array,
    levels: Float64Array,
    halfWidthUm: number,
    texture: Level,
    soft: number,
  ): void {
    const width = halfWidthUm / PIXEL_SIZE_UM;
    const places = vertices.map((um, i) => um / PIXEL_SIZE_UM - (i % 2 === 0 ? this.left : this.top) - 0.5);
    for (let k = 0; k < levels.length; k++) this.#stroke(places, levels, k, width);
    const [x0, x1] = clipAround(places, 0, width, this.widthPx);
    const [y0, y1] = clipAround(places, 1, width, this.heightPx);
    for (let row = y0; row <= y1; row++) {
      for (let column = x0; column <= x1; column++) {
        const at = row * this.widthPx + column;
        if (this.#scratch[at] === 0) continue;
        const light = this.#scratch[at] * texture(this.left + column, this.top + row);
        this.sharp[channel][at] += (1 - soft) * light;
        this.soft[channel][at] += soft * light;
        this.#scratch[at] = 0;
      }
    }
  }

  /** Draws the edge behind vertex k of a rim; where edges meet, the brighter one counts. */
  #stroke(places: Float64Array, levels: Float64Array, k: number, width: number): void {
    const next = k + 1 === levels.length ? 0 : k + 1;
    const [ax, ay] = [places[2 * k], places[2 * k + 1]];
    const ex = places[2 * next] - ax;
    const ey = places[2 * next + 1] - ay;
    const rise = levels[next] - levels[k];
    const inverse = 1 / Math.max(1e-9, ex * ex + ey * ey);
    const [x0, x1] = clip(ax + Math.min(0, ex) - width, ax + Math.max(0, ex) + width, this.widthPx);
    const [y0, y1] = clip(ay + Math.min(0, ey) - width, ay + Math.max(0, ey) + width, this.heightPx);
    for (let row = y0; row <= y1; row++) {
      for (let column = x0; column <= x1; column++) {
        const t = Math.min(1, Math.max(0, ((column - ax) * ex + (row - ay) * ey) * inverse));
        const dx = column - ax - t * ex;
        const dy = row - ay - t * ey;
        const depth = 1 - (dx * dx + dy * dy) / (width * width);
        const at = row * this.widthPx + column;
        if (depth > 0)
          this.#scratch[at] = Math.max(this.#scratch[at], (levels[k] + t * rise) * depth * depth);
      }
    }
  }

  /** Sorted x of the polygon's crossings with a horizontal line, in microns; returns how many. */
  #crossingsAt(vertices: Float64Array, y: number): number {
    const found = this.#crossings;
    let n = 0;
    let px = vertices[vertices.length - 2];
    let py = vertices[vertices.length - 1];
    for (let k = 0; k < vertices.length; k += 2) {
      const qx = vertices[k];
      const qy = vertices[k + 1];
      if (qy > y !== py > y && n < found.length) {
        const x = ((px - qx) * (y - qy)) / (py - qy) + qx;
        let at = n++;
        for (; at > 0 && found[at - 1] > x; at--) found[at] = found[at - 1];
        found[at] = x;
      }
      px = qx;
      py = qy;
    }
    return n;
  }
}

/** First and last whole pixel of a range within 0..length - 1; first > last when there is none. */
function clip(from: number, to: number, length: number): [number, number] {
  return [Math.max(0, Math.ceil(from)), Math.min(length - 1, Math.floor(to))];
}

/** The same for the range of every second value from `first` on, widened. */
function clipAround(places: Float64Array, first: 0 | 1, width: number, length: number): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let k = first; k < places.length; k += 2) {
    least = Math.min(least, places[k]);
    most = Math.max(most, places[k]);
  }
  return clip(least - width, most + width, length);
}
