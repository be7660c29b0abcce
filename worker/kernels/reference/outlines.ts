import { type Borders, type Ring, traceBorders } from './outline-borders.ts';
import { crossingLines } from './outline-crossings.ts';
import { simplified, smoothed } from './outline-lines.ts';

/** Outlines of labels 1..`count` of an image of rows x columns; what they are says `polygonise`, whose twin this is. */
export function outlineLabels(
  labels: Int32Array,
  rows: number,
  columns: number,
  count: number,
  tolerancePx: number,
): Float64Array[] {
  const borders = traceBorders(labels, rows, columns);
  const outer = largestRings(borders, count);
  dropEnclosed(borders, outer, columns + 2);
  const lines = simplifiedLines(borders, outer, tolerancePx, rows, columns);
  return outer.map((ring) => (ring === null ? new Float64Array() : joined(ring, lines)));
}

function largestRings({ rings }: Borders, n: number): (Ring | null)[] {
  const best: (Ring | null)[] = Array(n).fill(null);
  for (const ring of rings) {
    const known = best[ring.label - 1];
    // Ties go to the ring that begins first, which is walked first.
    if (ring.doubleArea > 0 && (known === null || ring.doubleArea > known.doubleArea))
      best[ring.label - 1] = ring;
  }
  return best;
}

/** Takes labels out whose outline lies in a hole of another's largest piece. `width` is that of the framed image. */
function dropEnclosed(borders: Borders, outer: (Ring | null)[], width: number): void {
  const starts = outer.map((ring) =>
    ring === null ? null : [ring.start % width, Math.floor(ring.start / width)],
  );
  const around = outer.map((ring) => (ring === null ? null : cornerRing(borders, ring)));
  for (const hole of borders.rings) {
    const owner = around[hole.label - 1];
    if (hole.doubleArea > 0 || owner === null) continue;
    const edge = cornerRing(borders, hole);
    starts.forEach((start, i) => {
      if (start !== null && holds(edge, start[0], start[1]) && holds(owner, start[0], start[1]))
        outer[i] = null;
    });
  }
}

/** Whether a pixel lies within a ring along the pixels: an odd number of its vertical edges lies to the left. */
function holds(ring: Float64Array, x: number, y: number): boolean {
  let odd = false;
  for (let k = 0; k + 3 < ring.length; k += 2) {
    const low = Math.min(ring[k + 1], ring[k + 3]);
    const high = Math.max(ring[k + 1], ring[k + 3]);
    if (ring[k] <= x && y >= low && y < high) odd = !odd;
  }
  return odd;
}

/** The ring as it runs along the pixels, closed. */
function cornerRing({ arcs }: Borders, ring: Ring): Float64Array {
  const points: number[] = [];
  for (const number of ring.arcs) {
    const { corners, closed } = arcs[number < 0 ? ~number : number];
    const n = corners.length / 2;
    for (let k = 0; k < (closed ? n : n - 1); k++) {
      const at = number < 0 ? n - 1 - k : k;
      points.push(corners[2 * at], corners[2 * at + 1]);
    }
  }
  points.push(points[0], points[1]);
  return Float64Array.from(points);
}

/** Every arc in use as a simplified line; one that would meet another is not simplified. */
function simplifiedLines(
  { arcs }: Borders,
  outer: readonly (Ring | null)[],
  tolerancePx: number,
  rows: number,
  columns: number,
): (Float64Array | null)[] {
  const full: (Float64Array | null)[] = Array(arcs.length).fill(null);
  for (const ring of outer)
    for (const number of ring?.arcs ?? []) {
      const at = number < 0 ? ~number : number;
      full[at] ??= smoothed(arcs[at]);
    }
  const lines = full.map((points, i) => {
    if (points === null) return null;
    const line = simplified(points, arcs[i].closed, tolerancePx);
    return arcs[i].closed && line.length < 8 ? points : line;
  });
  // The lines as they were do not meet, so this ends.
  for (;;) {
    const guilty = crossingLines(lines, rows, columns).filter((i) => lines[i] !== full[i]);
    if (guilty.length === 0) return lines;
    for (const i of guilty) lines[i] = full[i];
  }
}

function joined(ring: Ring, lines: readonly (Float64Array | null)[]): Float64Array {
  const points: number[] = [];
  for (const number of ring.arcs) {
    const line = lines[number < 0 ? ~number : number]!;
    const n = line.length / 2;
    for (let k = 0; k < n - 1; k++) {
      const at = number < 0 ? n - 1 - k : k;
      points.push(line[2 * at], line[2 * at + 1]);
    }
  }
  points.push(points[0], points[1]);
  return Float64Array.from(points);
}
