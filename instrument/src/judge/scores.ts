import type { Contingency } from './contingency.ts';

/** Where to look: everywhere, or inside or outside the band along tile borders. */
export type Region = 'all' | 'border' | 'interior';

/** A true cell is found when its Jaccard index with the matched cell is at least this. */
const FOUND_JACCARD = 0.5;
/** A cell belongs to the one that holds this share of it; pieces under a tenth do not make a merge or split. */
const MAJORITY = 0.5;
const PIECE = 0.1;

/** All in [0, 1] unless said otherwise; null where nothing could be counted. */
export interface Scores {
  /** Judged transcripts (genes of sufficient quality), and those of them from a cell. */
  transcripts: number;
  fromCells: number;
  /** True cells with a transcript here. */
  trueCells: number;
  /** Of transcripts from cells, the share in the matched cell: accuracy over non-background, and the recall of `f1`. */
  recall: number | null;
  /** Of transcripts put in any cell, the share whose origin is matched to that cell. */
  precision: number | null;
  f1: number | null;
  backgroundRecall: number | null;
  backgroundPrecision: number | null;
  /** Leaked transcripts (displaced and seen outside their cell), and the share of them in the matched cell. */
  leaked: number;
  leakedHome: number | null;
  /** Adjusted Rand index over the transcripts from cells, each unassigned one being alone; may fall below 0. */
  ari: number | null;
  /** True cells found at a Jaccard index of 0.5, and the median index. */
  detection: number | null;
  medianJaccard: number | null;
  /** Predicted cells that hold most of two true ones; true cells that hold most of two predicted ones. Less is better. */
  mergeRate: number | null;
  splitRate: number | null;
  /** Mean over cells of the correlation of expression (see `expression.ts`); may fall below 0. */
  expressionCorrelation: number | null;
  /** Of marker transcripts in matched cells, the share that marks another type. Less is better. */
  foreignMarkers: number | null;
}

/** What is known beyond the contingency, by true cell and by truth row group. */
export interface CellFacts {
  /** Predicted cell of true cell t; 0 = none. */
  match: Uint32Array;
  /** Correlation of expression of true cell t; NaN = not judged. */
  correlation: Float64Array;
  /** Marker transcripts in the cell matched to t, and those of other types. */
  markers: Uint32Array;
  foreign: Uint32Array;
}

export function scoresOf(table: Contingency, facts: CellFacts, region: Region): Scores {
  const pick = (counts: { all: Uint32Array; border: Uint32Array }, i: number): number =>
    region === 'all'
      ? counts.all[i]
      : region === 'border'
        ? counts.border[i]
        : counts.all[i] - counts.border[i];
  const isHere = (counts: { all: Uint32Array; border: Uint32Array }, i: number): boolean =>
    counts.all[i] > 0 &&
    (region === 'all' || 2 * counts.border[i] >= counts.all[i] === (region === 'border'));

  const sums = {
    all: 0,
    cells: 0,
    home: 0,
    assigned: 0,
    background: 0,
    kept: 0,
    out: 0,
    leaked: 0,
    leakedHome: 0,
  };
  const jaccards: number[] = [];
  for (let t = 0; t <= table.trueCells; t++) {
    for (let e = table.start[t]; e < table.start[t + 1]; e++) {
      const n = pick(table.count, e);
      const q = table.column[e];
      sums.all += n;
      if (q > 0) sums.assigned += n;
      else sums.out += n;
      if (t === 0) {
        sums.background += n;
        if (q === 0) sums.kept += n;
        continue;
      }
      sums.cells += n;
      sums.leaked += pick(table.leaked, e);
      if (q === 0 || q !== facts.match[t]) continue;
      sums.home += n;
      sums.leakedHome += pick(table.leaked, e);
    }
    if (t > 0 && isHere(table.ofTrue, t)) jaccards.push(jaccard(table, t, facts.match[t]));
  }
  const here = (t: number): boolean => isHere(table.ofTrue, t);
  const recall = ratio(sums.home, sums.cells);
  const precision = ratio(sums.home, sums.assigned);
  return {
    transcripts: sums.all,
    fromCells: sums.cells,
    trueCells: jaccards.length,
    recall,
    precision,
    f1: recall === null || precision === null ? null : ratio(2 * sums.home, sums.cells + sums.assigned),
    backgroundRecall: ratio(sums.kept, sums.background),
    backgroundPrecision: ratio(sums.kept, sums.out),
    leaked: sums.leaked,
    leakedHome: ratio(sums.leakedHome, sums.leaked),
    ari: adjustedRand(table, (e) => pick(table.count, e)),
    detection: ratio(jaccards.filter((j) => j >= FOUND_JACCARD).length, jaccards.length),
    medianJaccard: median(jaccards),
    ...mergesAndSplits(table, here, (q) => isHere(table.ofPredicted, q)),
    expressionCorrelation: meanOf(facts.correlation, here),
    foreignMarkers: foreignShare(facts, here),
  };
}

function jaccard(table: Contingency, t: number, match: number): number {
  if (match === 0) return 0;
  for (let e = table.start[t]; e < table.start[t + 1]; e++) {
    if (table.column[e] !== match) continue;
    const shared = table.count.all[e];
    return shared / (table.ofTrue.all[t] + table.ofPredicted.all[match] - shared);
  }
  return 0;
}

function mergesAndSplits(
  table: Contingency,
  trueHere: (t: number) => boolean,
  predictedHere: (q: number) => boolean,
): { mergeRate: number | null; splitRate: number | null } {
  const swallowed = new Uint32Array(table.predictedCells + 1);
  let [trueCells, split, predictedCells, merged] = [0, 0, 0, 0];
  for (let t = 1; t <= table.trueCells; t++) {
    let pieces = 0;
    for (let e = table.start[t]; e < table.start[t + 1]; e++) {
      const q = table.column[e];
      if (q === 0) continue;
      const n = table.count.all[e];
      const [size, other] = [table.ofTrue.all[t], table.ofPredicted.all[q]];
      if (n >= MAJORITY * other && n >= PIECE * size) pieces++;
      if (n >= MAJORITY * size && n >= PIECE * other) swallowed[q]++;
    }
    if (!trueHere(t)) continue;
    trueCells++;
    if (pieces > 1) split++;
  }
  for (let q = 1; q <= table.predictedCells; q++) {
    if (!predictedHere(q)) continue;
    predictedCells++;
    if (swallowed[q] > 1) merged++;
  }
  return { mergeRate: ratio(merged, predictedCells), splitRate: ratio(split, trueCells) };
}

/** Hubert and Arabie's adjusted Rand index of origin and verdict over the counted transcripts that come from cells. */
function adjustedRand(table: Contingency, countOf: (e: number) => number): number | null {
  const pairsOf = (n: number): number => (n * (n - 1)) / 2;
  const columns = new Float64Array(table.predictedCells + 1);
  let [together, rows, total] = [0, 0, 0];
  for (let t = 1; t <= table.trueCells; t++) {
    let size = 0;
    for (let e = table.start[t]; e < table.start[t + 1]; e++) {
      const n = countOf(e);
      size += n;
      if (table.column[e] === 0) continue;
      together += pairsOf(n);
      columns[table.column[e]] += n;
    }
    rows += pairsOf(size);
    total += size;
  }
  const predicted = columns.reduce((sum, n) => sum + pairsOf(n), 0);
  const expected = (rows * predicted) / pairsOf(total);
  const most = (rows + predicted) / 2;
  return total < 2 || most === expected ? null : (together - expected) / (most - expected);
}

function meanOf(values: Float64Array, here: (t: number) => boolean): number | null {
  let [sum, n] = [0, 0];
  values.forEach((value, t) => {
    if (t === 0 || Number.isNaN(value) || !here(t)) return;
    sum += value;
    n++;
  });
  return ratio(sum, n);
}

function foreignShare({ markers, foreign }: CellFacts, here: (t: number) => boolean): number | null {
  let [all, wrong] = [0, 0];
  for (let t = 1; t < markers.length; t++) {
    if (!here(t)) continue;
    all += markers[t];
    wrong += foreign[t];
  }
  return ratio(wrong, all);
}

function median(values: number[]): number | null {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}
