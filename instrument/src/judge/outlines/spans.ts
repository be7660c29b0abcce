import { SpatileError } from '@spatile/formats/errors';

/** Height of a row of spans, microns. */
export const ROW_UM = 0.25;
/** Far more than the outline of a cell over a whole slide crosses; more is not a cell in microns. */
const MAX_CROSSINGS = 1 << 25;

/** Up to so many ends a row is sorted by insertion, which makes nothing. */
const LONG_ROW = 64;

/** A flat shape as spans in x of rows of `ROW_UM`, each taken at the middle of its row. */
export interface Spans {
  /** The first row: row r lies at y = (r + 0.5) `ROW_UM`. */
  firstRow: number;
  /** Row `firstRow + r` has the ends `[start[r], start[r + 1])` of `x`. */
  start: Uint32Array;
  /** Left and right ends in turn, microns, ascending within a row. */
  x: Float32Array;
}

const NOTHING: Spans = { firstRow: 0, start: new Uint32Array(1), x: new Float32Array(0) };

/**
 * Union of polygons, each an outline and its holes by the even-odd rule; rings are x, y pairs in microns, closed or not.
 * Exact along x; along y the error of an area is that of the midpoint rule.
 * Errors: `GEOMETRY_INVALID`, naming `where`, for a coordinate that is no number or too large a shape.
 */
export function spansOf(polygons: readonly Float64Array[][], where: string): Spans {
  const parts = polygons.map((rings) => crossings(rings, where)).filter(({ x }) => x.length > 0);
  return parts.length === 1 ? parts[0] : unionOfSpans(parts, where);
}

/** Area in um2 and centre of gravity; the centre of nothing is NaN. */
export function measureSpans({ firstRow, start, x }: Spans): { area: number; x: number; y: number } {
  let [length, momentX, momentY] = [0, 0, 0];
  for (let r = 0; r + 1 < start.length; r++) {
    for (let i = start[r]; i < start[r + 1]; i += 2) {
      const width = x[i + 1] - x[i];
      length += width;
      momentX += (width * (x[i] + x[i + 1])) / 2;
      momentY += width * (firstRow + r + 0.5) * ROW_UM;
    }
  }
  return { area: length * ROW_UM, x: momentX / length, y: momentY / length };
}

/** Whether a point lies in the row's span around it; ends belong to the span. */
export function spansContain({ firstRow, start, x: ends }: Spans, x: number, y: number): boolean {
  const r = Math.floor(y / ROW_UM) - firstRow;
  if (!(r >= 0 && r + 1 < start.length)) return false;
  // The last span that starts at or before x.
  let [from, to] = [start[r] / 2, start[r + 1] / 2];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (ends[2 * middle] <= x) from = middle + 1;
    else to = middle;
  }
  return 2 * from > start[r] && x <= ends[2 * from - 1];
}

/** What two shapes have in common. */
export function intersectSpans(a: Spans, b: Spans): Spans {
  const firstRow = Math.max(a.firstRow, b.firstRow);
  const endRow = Math.min(a.firstRow + a.start.length, b.firstRow + b.start.length) - 1;
  if (endRow <= firstRow) return NOTHING;
  const start = new Uint32Array(endRow - firstRow + 1);
  const ends: number[] = [];
  for (let row = firstRow; row < endRow; row++) {
    const [ra, rb] = [row - a.firstRow, row - b.firstRow];
    let i = a.start[ra];
    let j = b.start[rb];
    while (i < a.start[ra + 1] && j < b.start[rb + 1]) {
      const left = Math.max(a.x[i], b.x[j]);
      const right = Math.min(a.x[i + 1], b.x[j + 1]);
      if (right > left) ends.push(left, right);
      if (a.x[i + 1] === right) i += 2;
      else j += 2;
    }
    start[row - firstRow + 1] = ends.length;
  }
  return { firstRow, start, x: Float32Array.from(ends) };
}

/** First row whose middle is at or above y, so that an edge from y to y' takes rows `[rowAt(y), rowAt(y'))`. */
const rowAt = (y: number): number => Math.ceil(y / ROW_UM - 0.5);

/** Where the edges of rings cross the rows, sorted within a row. */
function crossings(rings: readonly Float64Array[], where: string): Spans {
  let [firstRow, endRow, total] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  forEachEdge(rings, (ax, ay, _bx, by) => {
    const [low, high] = [rowAt(Math.min(ay, by)), rowAt(Math.max(ay, by))];
    total += Number.isFinite(ax) ? high - low : Number.NaN;
    if (high === low) return;
    firstRow = Math.min(firstRow, low);
    endRow = Math.max(endRow, high);
  });
  if (!(total <= MAX_CROSSINGS)) throw tooLarge(where, total);
  if (endRow - firstRow > MAX_CROSSINGS) throw tooLarge(where, endRow - firstRow);
  if (total === 0) return NOTHING;
  const start = new Uint32Array(endRow - firstRow + 1);
  forEachEdge(rings, (_ax, ay, _bx, by) => {
    const high = rowAt(Math.max(ay, by));
    for (let row = rowAt(Math.min(ay, by)); row < high; row++) start[row - firstRow + 1]++;
  });
  for (let r = 1; r < start.length; r++) start[r] += start[r - 1];
  const fill = start.slice();
  const x = new Float32Array(total);
  forEachEdge(rings, (ax, ay, bx, by) => {
    const high = rowAt(Math.max(ay, by));
    for (let row = rowAt(Math.min(ay, by)); row < high; row++) {
      const y = (row + 0.5) * ROW_UM;
      x[fill[row - firstRow]++] = ax + ((y - ay) / (by - ay)) * (bx - ax);
    }
  });
  for (let r = 0; r + 1 < start.length; r++) x.subarray(start[r], start[r + 1]).sort();
  return { firstRow, start, x };
}

function forEachEdge(
  rings: readonly Float64Array[],
  visit: (ax: number, ay: number, bx: number, by: number) => void,
): void {
  for (const ring of rings) {
    const n = ring.length - (ring.length % 2);
    for (let i = 0; i < n; i += 2) {
      const next = i + 2 < n ? i + 2 : 0;
      visit(ring[i], ring[i + 1], ring[next], ring[next + 1]);
    }
  }
}

/** Spans of several shapes as one, overlaps counted once. Errors: `GEOMETRY_INVALID`, naming `where`. */
export function unionOfSpans(parts: readonly Spans[], where: string): Spans {
  if (parts.length === 0) return NOTHING;
  const firstRow = parts.reduce((least, part) => Math.min(least, part.firstRow), Number.POSITIVE_INFINITY);
  const endRow = parts.reduce(
    (most, part) => Math.max(most, part.firstRow + part.start.length - 1),
    firstRow,
  );
  // Pieces far apart have empty rows between them.
  if (endRow - firstRow > MAX_CROSSINGS) throw tooLarge(where, endRow - firstRow);
  const all = gather(parts, firstRow, endRow);
  const start = new Uint32Array(all.start.length);
  let n = 0;
  for (let r = 0; r + 1 < start.length; r++) {
    const rowStart = n;
    const ends = all.x.subarray(all.start[r], all.start[r + 1]);
    sortPairs(ends);
    for (let i = 0; i < ends.length; i += 2) {
      if (n > rowStart && ends[i] <= all.x[n - 1]) all.x[n - 1] = Math.max(ends[i + 1], all.x[n - 1]);
      else {
        all.x[n++] = ends[i];
        all.x[n++] = ends[i + 1];
      }
    }
    start[r + 1] = n;
  }
  return { firstRow, start, x: all.x.slice(0, n) };
}

/** The spans of all parts, row by row. */
function gather(parts: readonly Spans[], firstRow: number, endRow: number): Spans {
  const start = new Uint32Array(endRow - firstRow + 1);
  for (const part of parts) {
    const shift = part.firstRow - firstRow + 1;
    for (let r = 0; r + 1 < part.start.length; r++) start[r + shift] += part.start[r + 1] - part.start[r];
  }
  for (let r = 1; r < start.length; r++) start[r] += start[r - 1];
  const fill = start.slice();
  const x = new Float32Array(start[start.length - 1]);
  for (const part of parts) {
    for (let r = 0; r + 1 < part.start.length; r++) {
      const row = r + part.firstRow - firstRow;
      x.set(part.x.subarray(part.start[r], part.start[r + 1]), fill[row]);
      fill[row] += part.start[r + 1] - part.start[r];
    }
  }
  return { firstRow, start, x };
}

/** Sorts pairs by their first number. */
function sortPairs(pairs: Float32Array): void {
  if (pairs.length > LONG_ROW) {
    const sorted = Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i], pairs[2 * i + 1]]);
    pairs.set(sorted.sort((a, b) => a[0] - b[0]).flat());
    return;
  }
  for (let i = 2; i < pairs.length; i += 2) {
    const [left, right] = [pairs[i], pairs[i + 1]];
    let j = i;
    for (; j > 0 && pairs[j - 2] > left; j -= 2) {
      pairs[j] = pairs[j - 2];
      pairs[j + 1] = pairs[j - 1];
    }
    pairs[j] = left;
    pairs[j + 1] = right;
  }
}

function tooLarge(where: string, rows: number): SpatileError {
  return new SpatileError(
    'GEOMETRY_INVALID',
    `${where}: an outline has no usable extent (${rows} crossings of rows of ${ROW_UM} um); expected finite coordinates in microns; check their unit`,
    { fields: { file: where } },
  );
}
