import { type RectUm, rectsIntersect } from '@spatile/formats/space';

/**
 * Rectangles of about one size in a grid of buckets about as large, so that those which meet another are found without a look
 * at all of them.
 */
export class RectIndex {
  readonly #rects: readonly RectUm[];
  readonly #x0: number;
  readonly #y0: number;
  readonly #edgeUm: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #buckets: number[][];

  constructor(rects: readonly RectUm[]) {
    this.#rects = rects;
    const [x0, x1] = [least(rects, 'x0'), -least(rects, 'x1', -1)];
    const [y0, y1] = [least(rects, 'y0'), -least(rects, 'y1', -1)];
    const [width, height] = [Math.max(0, x1 - x0), Math.max(0, y1 - y0)];
    // As many buckets as rectangles, but no strip of area zero.
    this.#edgeUm =
      Math.max(Math.sqrt((width * height) / Math.max(1, rects.length)), (width + height) / 1e4) || 1;
    this.#x0 = x0;
    this.#y0 = y0;
    this.#columns = Math.floor(width / this.#edgeUm) + 1;
    this.#rows = Math.floor(height / this.#edgeUm) + 1;
    this.#buckets = Array.from({ length: rects.length === 0 ? 0 : this.#columns * this.#rows }, () => []);
    rects.forEach((rect, i) => {
      for (const bucket of this.#bucketsOf(rect)) bucket.push(i);
    });
  }

  /** Numbers of the rectangles that have an area in common with `rect`, ascending. */
  meeting(rect: RectUm): number[] {
    const found = new Set<number>();
    for (const bucket of this.#bucketsOf(rect))
      for (const i of bucket) if (rectsIntersect(this.#rects[i], rect)) found.add(i);
    return [...found].sort((a, b) => a - b);
  }

  *#bucketsOf(rect: RectUm): Generator<number[]> {
    if (this.#buckets.length === 0) return;
    const cell = (value: number, from: number, n: number): number =>
      Math.min(n - 1, Math.max(0, Math.floor((value - from) / this.#edgeUm)));
    const [c0, c1] = [rect.x0, rect.x1].map((x) => cell(x, this.#x0, this.#columns));
    const [r0, r1] = [rect.y0, rect.y1].map((y) => cell(y, this.#y0, this.#rows));
    for (let r = r0; r <= r1; r++) for (let c = c0; c <= c1; c++) yield this.#buckets[r * this.#columns + c];
  }
}

const least = (rects: readonly RectUm[], side: keyof RectUm, sign = 1): number =>
  rects.reduce((so, rect) => Math.min(so, sign * rect[side]), Number.POSITIVE_INFINITY);
