/** Points in squares: finds the nearest ones of a place exactly. */
export class PointGrid {
  readonly #x: Float64Array;
  readonly #y: Float64Array;
  readonly #z: Float64Array;
  readonly #edge: number;
  readonly #minX: number;
  readonly #minY: number;
  readonly #columns: number;
  readonly #rows: number;
  /** Points by square. */
  readonly #start: Uint32Array;
  readonly #points: Uint32Array;

  /** `edge`: of a square, in the unit of the points; made larger where that would make more than two squares a point. */
  constructor(x: Float64Array, y: Float64Array, z: Float64Array, edge: number) {
    this.#x = x;
    this.#y = y;
    this.#z = z;
    let [minX, minY, maxX, maxY] = [0, 0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      if (i === 0 || x[i] < minX) minX = x[i];
      if (i === 0 || x[i] > maxX) maxX = x[i];
      if (i === 0 || y[i] < minY) minY = y[i];
      if (i === 0 || y[i] > maxY) maxY = y[i];
    }
    let size = edge;
    const most = 2 * x.length + 1024;
    while ((Math.floor((maxX - minX) / size) + 1) * (Math.floor((maxY - minY) / size) + 1) > most) size *= 2;
    this.#edge = size;
    this.#minX = minX;
    this.#minY = minY;
    this.#columns = Math.floor((maxX - minX) / size) + 1;
    this.#rows = Math.floor((maxY - minY) / size) + 1;
    this.#start = new Uint32Array(this.#columns * this.#rows + 1);
    this.#points = new Uint32Array(x.length);
    const square = Uint32Array.from(
      x,
      (_, i) => Math.floor((y[i] - minY) / size) * this.#columns + Math.floor((x[i] - minX) / size),
    );
    for (const s of square) this.#start[s + 1]++;
    for (let s = 0; s + 1 < this.#start.length; s++) this.#start[s + 1] += this.#start[s];
    const at = this.#start.slice();
    for (let i = 0; i < square.length; i++) this.#points[at[square[i]]++] = i;
  }

  /**
   * The up to k nearest points of point i, itself excluded, nearest first (ties: the lower point) into `found`, their squared
   * distances into `squared`. Returns how many there are (fewer than k only where the set is smaller).
   */
  nearest(i: number, k: number, found: Uint32Array, squared: Float64Array): number {
    return this.#search(this.#x[i], this.#y[i], this.#z[i], i, k, Number.POSITIVE_INFINITY, found, squared);
  }

  /** The nearest point of a place within a distance; -1 when there is none. */
  nearestOf(x: number, y: number, z: number, within: number): number {
    const found = new Uint32Array(1);
    const n = this.#search(x, y, z, -1, 1, within * within, found, new Float64Array(1));
    return n === 0 ? -1 : found[0];
  }

  #search(
    px: number,
    py: number,
    pz: number,
    self: number,
    k: number,
    limit: number,
    found: Uint32Array,
    squared: Float64Array,
  ): number {
    const column = Math.floor((px - this.#minX) / this.#edge);
    const row = Math.floor((py - this.#minY) / this.#edge);
    const last = Math.max(column, this.#columns - 1 - column, row, this.#rows - 1 - row);
    let n = 0;
    for (let ring = 0; ring <= last; ring++) {
      // Everything beyond this ring is at least as far as its inner side.
      const reach = (ring - 1) * this.#edge;
      if (ring > 0 && reach > 0) {
        if (n === k && squared[k - 1] < reach * reach) break;
        if (reach * reach > limit) break;
      }
      for (let r = Math.max(0, row - ring); r <= Math.min(this.#rows - 1, row + ring); r++) {
        const step = r === row - ring || r === row + ring || ring === 0 ? 1 : 2 * ring;
        for (let c = column - ring; c <= column + ring; c += step) {
          if (c < 0 || c >= this.#columns) continue;
          const square = r * this.#columns + c;
          for (let p = this.#start[square]; p < this.#start[square + 1]; p++) {
            const j = this.#points[p];
            if (j === self) continue;
            const dx = this.#x[j] - px;
            const dy = this.#y[j] - py;
            const dz = this.#z[j] - pz;
            const d = dx * dx + dy * dy + dz * dz;
            if (d > limit || (n === k && (d > squared[k - 1] || (d === squared[k - 1] && j > found[k - 1]))))
              continue;
            let slot = n < k ? n++ : k - 1;
            while (slot > 0 && (squared[slot - 1] > d || (squared[slot - 1] === d && found[slot - 1] > j))) {
              squared[slot] = squared[slot - 1];
              found[slot] = found[slot - 1];
              slot--;
            }
            squared[slot] = d;
            found[slot] = j;
          }
        }
      }
    }
    return n;
  }
}
