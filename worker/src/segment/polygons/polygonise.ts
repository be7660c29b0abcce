import { fillRings } from '../../raster/scanline.ts';
import type { Instances } from '../method.ts';
import { type Borders, type Ring, traceBorders } from './borders.ts';
import { crossingLines } from './crossings.ts';
import { simplified, smoothed } from './simplify.ts';

/** Distance in pixels that simplifying may move an outline by; cutting the corners of pixels adds at most 0.36. */
export const OUTLINE_TOLERANCE_PX = 0.35;
/** Beyond this a line could jump over a pixel without crossing its outline. */
const MAX_TOLERANCE_PX = 0.5;

/**
 * Outlines of all instances: `rings[label - 1]` is one closed, simple ring of the largest piece of the label (pieces joined at
 * corners count as one), its holes filled; empty for labels without pixels and for those inside another's hole. Interleaved
 * x = column, y = row in pixels of the image (pixel i covers [i, i + 1)), first point = last, positive shoelace area.
 *
 * Borders run through the middles of pixel edges and are simplified to `tolerancePx`, shared ones once for both sides; those
 * that would cross another are left as they are. So no two outlines share area. Errors: RangeError for a tolerance above 0.5.
 */
export function polygonise(instances: Instances, tolerancePx = OUTLINE_TOLERANCE_PX): Float64Array[] {
  if (!(tolerancePx >= 0 && tolerancePx <= MAX_TOLERANCE_PX))
    throw new RangeError(`outlines cannot be simplified to ${tolerancePx} pixels`);
  const { labels, rows, columns } = instances;
  const borders = traceBorders(labels, rows, columns);
  const outer = largestRings(borders, instances.scores.length);
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
  const startOf = new Map<number, number>();
  outer.forEach((ring, i) => {
    if (ring !== null) startOf.set(ring.start, i);
  });
  for (const hole of borders.rings) {
    if (hole.doubleArea > 0) continue;
    const owner = outer[hole.label - 1];
    if (owner === null) continue;
    const inside: number[] = [];
    const runs = fillRings([cornerRing(borders, hole)], 'instances');
    runs.y.forEach((y, k) => {
      for (let x = runs.x[k]; x < runs.x[k] + runs.length[k]; x++) {
        const label = startOf.get(y * width + x);
        if (label !== undefined) inside.push(label);
      }
    });
    if (inside.length === 0 || !holds(borders, owner, runs.x[0], runs.y[0])) continue;
    for (const label of inside) outer[label] = null;
  }
}

/** Whether a pixel lies within a ring. */
function holds(borders: Borders, ring: Ring, x: number, y: number): boolean {
  const runs = fillRings([cornerRing(borders, ring)], 'instances');
  return runs.y.some((row, k) => row === y && x >= runs.x[k] && x < runs.x[k] + runs.length[k]);
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
