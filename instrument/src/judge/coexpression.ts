import { SpatileError } from '@spatile/formats/errors';

/** Every pair of markers has a sum: 2,048 of them make a table of 32 MiB. */
export const MAX_MARKERS = 2048;

/** A gene that one cell type alone expresses. */
export interface Marker {
  gene: string;
  type: string;
}

/**
 * Marker transcripts by cell: cell i has entries `[start[i], start[i + 1])`, each a marker (index) and its count > 0, which may
 * be a fraction after a correction.
 */
export interface MarkerCounts {
  start: Uint32Array;
  marker: Uint32Array;
  count: Uint32Array | Float32Array;
}

/** How often cells hold markers of two types that exclude each other. */
export interface MarkerCoexpression {
  /** Cells with a marker, and pairs of markers of different types of which some cell holds at least one. */
  cells: number;
  pairs: number;
  /** Mean over pairs of cells with both / cells with either; 0 to 1, less is better; null without pairs. */
  hard: number | null;
  /** Mean over pairs of sum of min(a, b) / sum of max(a, b) over cells; 0 to 1, less is better; null without pairs. */
  soft: number | null;
  types: string[];
  /** Mean of the hard rate over the pairs of types i and j at `i * types.length + j`; NaN without pairs. */
  byTypes: Float64Array;
}

/**
 * Mutually exclusive co-expression rate (MECR; Hartman and Satija 2024, eLife 96949), as cells and in its soft form.
 * Needs no truth: markers come from a reference, counts from any segmentation. Losing transcripts at random lowers it, so
 * compare it with `thinnedCoexpression` of the segmentation that it is held against.
 * Memory: 8 bytes per pair of markers. Errors: `USAGE` for more than `MAX_MARKERS` markers.
 */
export function markerCoexpression(counts: MarkerCounts, markers: readonly Marker[]): MarkerCoexpression {
  const types = [...new Set(markers.map(({ type }) => type))];
  const typeOf = markers.map(({ type }) => types.indexOf(type));
  const byTypes = new Float64Array(types.length * types.length);
  const pairsOf = new Uint32Array(byTypes.length);
  let [cells, pairs, hard, soft] = [0, 0, 0, 0];
  for (let cell = 0; cell + 1 < counts.start.length; cell++) {
    if (counts.start[cell + 1] > counts.start[cell]) cells++;
  }
  forEachPair(
    counts,
    markers,
    () => 1,
    'product',
    (rate, a, b) => {
      hard += rate;
      pairs++;
      for (const at of [typeOf[a] * types.length + typeOf[b], typeOf[b] * types.length + typeOf[a]]) {
        byTypes[at] += rate;
        pairsOf[at]++;
      }
    },
  );
  forEachPair(
    counts,
    markers,
    (count) => count,
    'least',
    (rate) => {
      soft += rate;
    },
  );
  return {
    cells,
    pairs,
    hard: pairs === 0 ? null : hard / pairs,
    soft: pairs === 0 ? null : soft / pairs,
    types,
    byTypes: byTypes.map((sum, at) => sum / pairsOf[at]),
  };
}

/**
 * What the hard rate would be, were every transcript kept with the chance `keep` (0 to 1): expected cells with both over
 * expected cells with either, mean over the pairs; so a result that merely holds fewer transcripts can be told from one
 * that holds fewer wrong ones. Null without pairs. Errors: as `markerCoexpression`.
 */
export function thinnedCoexpression(
  counts: MarkerCounts,
  markers: readonly Marker[],
  keep: number,
): number | null {
  const lose = 1 - Math.min(1, Math.max(0, keep));
  let [pairs, sum] = [0, 0];
  forEachPair(
    counts,
    markers,
    (count) => 1 - wholePower(lose, count),
    'product',
    (rate) => {
      sum += rate;
      pairs++;
    },
  );
  return pairs === 0 ? null : sum / pairs;
}

/** Visits each pair of markers of different genes and types that some cell holds, with its joint over its total value. */
function forEachPair(
  { start, marker, count }: MarkerCounts,
  markers: readonly Marker[],
  weigh: (count: number) => number,
  joint: 'product' | 'least',
  visit: (rate: number, a: number, b: number) => void,
): void {
  const n = markers.length;
  if (n > MAX_MARKERS) throw tooMany(n);
  const single = new Float64Array(n);
  const both = new Float64Array(n * n);
  const value = Float64Array.from(count, weigh);
  for (let cell = 0; cell + 1 < start.length; cell++) {
    for (let i = start[cell]; i < start[cell + 1]; i++) {
      const a = marker[i];
      single[a] += value[i];
      // Each pair once, at the lesser marker's row.
      for (let j = i + 1; j < start[cell + 1]; j++) {
        const at = marker[j] > a ? a * n + marker[j] : marker[j] * n + a;
        both[at] += joint === 'product' ? value[i] * value[j] : Math.min(value[i], value[j]);
      }
    }
  }
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) {
      const either = single[a] + single[b] - both[a * n + b];
      if (!(either > 0) || markers[a].type === markers[b].type || markers[a].gene === markers[b].gene)
        continue;
      visit(both[a * n + b] / either, a, b);
    }
  }
}

/** x to a whole power, by squaring: the same bits on every engine. */
function wholePower(x: number, power: number): number {
  let [result, square] = [1, x];
  for (let left = power; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

function tooMany(n: number): SpatileError {
  return new SpatileError(
    'USAGE',
    `markers: too many (${n}); expected at most ${MAX_MARKERS}; keep the most exclusive ones of each type`,
    { fields: { markers: n } },
  );
}
