import type { Contingency } from './contingency.ts';
import { countIn, isCellIn, type Region } from './region.ts';
import { median, ratio } from './statistics.ts';

/** A true cell is found when its Jaccard index with the matched cell is at least this. */
const FOUND_JACCARD = 0.5;
/** A cell belongs to the one that holds this share of it; pieces under a tenth do not make a merge or split. */
const MAJORITY = 0.5;
const PIECE = 0.1;

/** What the transcripts' own verdicts say. All in [0, 1] unless said otherwise; null where nothing could be counted. */
export interface TranscriptScores {
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
}

/** `match` is the predicted cell of each true cell, 0 = none. Transcripts count where they were born, cells where most of theirs were. */
export function transcriptScores(table: Contingency, match: Uint32Array, region: Region): TranscriptScores {
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
  for (let t = 0; t <= table.trueCells; t++) {
    for (let e = table.start[t]; e < table.start[t + 1]; e++) {
      const n = countIn(table.count, e, region);
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
      sums.leaked += countIn(table.leaked, e, region);
      if (q === 0 || q !== match[t]) continue;
      sums.home += n;
      sums.leakedHome += countIn(table.leaked, e, region);
    }
  }
  const shared = sharedWithMatch(table, match);
  const jaccards: number[] = [];
  for (let t = 1; t <= table.trueCells; t++) {
    if (!isCellIn(table.ofTrue, t, region)) continue;
    const either = table.ofTrue.all[t] + table.ofPredicted.all[match[t]] - shared[t];
    jaccards.push(match[t] === 0 ? 0 : shared[t] / either);
  }
  return {
    transcripts: sums.all,
    fromCells: sums.cells,
    trueCells: jaccards.length,
    recall: ratio(sums.home, sums.cells),
    precision: ratio(sums.home, sums.assigned),
    f1: ratio(2 * sums.home, sums.cells + sums.assigned),
    backgroundRecall: ratio(sums.kept, sums.background),
    backgroundPrecision: ratio(sums.kept, sums.out),
    leaked: sums.leaked,
    leakedHome: ratio(sums.leakedHome, sums.leaked),
    ari: adjustedRand(table, (e) => countIn(table.count, e, region)),
    detection: ratio(jaccards.filter((j) => j >= FOUND_JACCARD).length, jaccards.length),
    medianJaccard: median(jaccards),
    ...mergesAndSplits(table, region),
  };
}

/** By true cell: judged transcripts that it shares with its match. */
export function sharedWithMatch(table: Contingency, match: Uint32Array): Uint32Array {
  const shared = new Uint32Array(match.length);
  for (let t = 1; t < match.length; t++) {
    if (match[t] === 0) continue;
    for (let e = table.start[t]; e < table.start[t + 1]; e++) {
      if (table.column[e] === match[t]) shared[t] = table.count.all[e];
    }
  }
  return shared;
}

function mergesAndSplits(
  table: Contingency,
  region: Region,
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
    if (!isCellIn(table.ofTrue, t, region)) continue;
    trueCells++;
    if (pieces > 1) split++;
  }
  for (let q = 1; q <= table.predictedCells; q++) {
    if (!isCellIn(table.ofPredicted, q, region)) continue;
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
