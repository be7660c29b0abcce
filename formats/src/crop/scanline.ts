const MAX_BANDS = 4096;

/** Edges of a set of rings by bands of y, so that a point is tested against the few edges that can matter. */
export class ScanlineIndex {
  private readonly y0: number;
  private readonly y1: number;
  private readonly perUnit: number;
  private readonly bandCount: number;
  private readonly bands: Float64Array[];

  /** `rings` are closed, in any unit; the even-odd rule decides what is inside. */
  constructor(rings: readonly Float64Array[]) {
    const edges = edgesOf(rings);
    this.y0 = edges.reduce((least, [, ay, , by]) => Math.min(least, ay, by), Number.POSITIVE_INFINITY);
    this.y1 = edges.reduce((most, [, ay, , by]) => Math.max(most, ay, by), Number.NEGATIVE_INFINITY);
    this.bandCount = Math.max(1, Math.min(MAX_BANDS, edges.length));
    this.perUnit = this.y1 > this.y0 ? this.bandCount / (this.y1 - this.y0) : 0;
    const bands: number[][] = Array.from({ length: this.bandCount }, () => []);
    for (const [ax, ay, bx, by] of edges) {
      const last = this.band(Math.max(ay, by));
      for (let band = this.band(Math.min(ay, by)); band <= last; band++) bands[band].push(ax, ay, bx, by);
    }
    this.bands = bands.map((band) => Float64Array.from(band));
  }

  /** Whether the point is inside; the left and upper borders belong to the inside, the right and lower ones do not. */
  contains(x: number, y: number): boolean {
    if (!(y >= this.y0 && y <= this.y1)) return false;
    const edges = this.bands[this.band(y)];
    let inside = false;
    for (let i = 0; i < edges.length; i += 4) {
      const ay = edges[i + 1];
      const by = edges[i + 3];
      if (ay <= y === by <= y) continue;
      if (x < edges[i] + ((y - ay) / (by - ay)) * (edges[i + 2] - edges[i])) inside = !inside;
    }
    return inside;
  }

  private band(y: number): number {
    const at = Math.floor((y - this.y0) * this.perUnit);
    return Math.max(0, Math.min(this.bandCount - 1, at));
  }
}

/** Edges with an extent in y; horizontal ones never decide. */
function edgesOf(rings: readonly Float64Array[]): [number, number, number, number][] {
  const edges: [number, number, number, number][] = [];
  for (const ring of rings) {
    for (let i = 2; i + 1 < ring.length; i += 2) {
      if (ring[i - 1] !== ring[i + 1]) edges.push([ring[i - 2], ring[i - 1], ring[i], ring[i + 1]]);
    }
  }
  return edges;
}
