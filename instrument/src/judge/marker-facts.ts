import { type Marker, type MarkerCounts, markerCoexpression, thinnedCoexpression } from './coexpression.ts';
import type { Contingency, GroupedRows } from './contingency.ts';
import { type Counts, isCellIn, type Region } from './region.ts';
import { ratio } from './statistics.ts';
import type { Truth } from './truth.ts';

/** Marker transcripts of the true and the predicted cells. */
export interface MarkerFacts {
  markers: readonly Marker[];
  /** By cell number less 1. */
  ofTrue: MarkerCounts;
  ofPredicted: MarkerCounts;
  /** By true cell: marker transcripts in the matched cell, and those of them that mark another type. */
  matched: Uint32Array;
  foreign: Uint32Array;
  /** By true cell: transcripts of its own that mark its type, and those of them in the matched cell. */
  own: Uint32Array;
  ownKept: Uint32Array;
}

/** What cells hold of genes that mark another type; see `markerCoexpression`. All in [0, 1]. */
export interface MarkerScores {
  /** Of marker transcripts in matched cells, the share that marks another type. Less is better. */
  foreignMarkers: number | null;
  /** Of the markers of their type that cells emitted, the share in the matched cell. More is better. */
  markersKept: number | null;
  /** Mean share of cells with both of two exclusive markers among those with either, and the form by counts. Less is better. */
  coexpression: number | null;
  coexpressionSoft: number | null;
  /** The same of each true cell's own transcripts: what the best segmentation reaches. */
  coexpressionOfTruth: number | null;
  coexpressionSoftOfTruth: number | null;
  /** What true cells would give with as few transcripts per cell as the result holds; compare `coexpression` with it. */
  coexpressionOfThinnedTruth: number | null;
}

export function markerFacts(
  truth: Truth,
  trueRows: GroupedRows,
  predictedRows: GroupedRows,
  predicted: Uint32Array,
  match: Uint32Array,
): MarkerFacts {
  const [matched, foreign, own, ownKept] = Array.from({ length: 4 }, () => new Uint32Array(match.length));
  for (let t = 1; t < match.length; t++) {
    const type = truth.typeOf[t - 1];
    forEachMarker(truth, trueRows, t, (marker, row) => {
      if (truth.markerTypes[marker] !== type) return;
      own[t]++;
      if (match[t] > 0 && predicted[row] === match[t]) ownKept[t]++;
    });
    if (match[t] === 0) continue;
    forEachMarker(truth, predictedRows, match[t], (marker) => {
      matched[t]++;
      if (truth.markerTypes[marker] !== type) foreign[t]++;
    });
  }
  return {
    markers: truth.markers,
    ofTrue: countMarkers(truth, trueRows),
    ofPredicted: countMarkers(truth, predictedRows),
    matched,
    foreign,
    own,
    ownKept,
  };
}

export function markerScores(facts: MarkerFacts, table: Contingency, region: Region): MarkerScores {
  let [matched, foreign, own, kept] = [0, 0, 0, 0];
  for (let t = 1; t < facts.matched.length; t++) {
    if (!isCellIn(table.ofTrue, t, region)) continue;
    matched += facts.matched[t];
    foreign += facts.foreign[t];
    own += facts.own[t];
    kept += facts.ownKept[t];
  }
  const selected = (counts: MarkerCounts, sizes: Counts): MarkerCounts =>
    region === 'all' ? counts : selectCells(counts, (i) => isCellIn(sizes, i + 1, region));
  const ofTrue = selected(facts.ofTrue, table.ofTrue);
  const ofPredicted = selected(facts.ofPredicted, table.ofPredicted);
  const truth = markerCoexpression(ofTrue, facts.markers);
  const result = markerCoexpression(ofPredicted, facts.markers);
  const depth = ratio(meanSize(table.ofPredicted, region), meanSize(table.ofTrue, region));
  return {
    foreignMarkers: ratio(foreign, matched),
    markersKept: ratio(kept, own),
    coexpression: result.hard,
    coexpressionSoft: result.soft,
    coexpressionOfTruth: truth.hard,
    coexpressionSoftOfTruth: truth.soft,
    coexpressionOfThinnedTruth: depth === null ? null : thinnedCoexpression(ofTrue, facts.markers, depth),
  };
}

function forEachMarker(
  truth: Truth,
  { order, start }: GroupedRows,
  label: number,
  visit: (marker: number, row: number) => void,
): void {
  for (let i = start[label]; i < start[label + 1]; i++) {
    const marker = truth.markerAt[truth.feature[order[i]]];
    if (marker >= 0) visit(marker, order[i]);
  }
}

/** Marker transcripts of labels 1 and up. */
function countMarkers(truth: Truth, rows: GroupedRows): MarkerCounts {
  const cells = rows.start.length - 2;
  const start = new Uint32Array(cells + 1);
  const marker: number[] = [];
  const count: number[] = [];
  const times = new Uint32Array(truth.markers.length);
  for (let cell = 0; cell < cells; cell++) {
    const met: number[] = [];
    forEachMarker(truth, rows, cell + 1, (m) => {
      if (times[m]++ === 0) met.push(m);
    });
    for (const m of met.sort((a, b) => a - b)) {
      marker.push(m);
      count.push(times[m]);
      times[m] = 0;
    }
    start[cell + 1] = marker.length;
  }
  return { start, marker: Uint32Array.from(marker), count: Uint32Array.from(count) };
}

function selectCells(counts: MarkerCounts, isChosen: (cell: number) => boolean): MarkerCounts {
  const start = [0];
  const entries: number[] = [];
  for (let cell = 0; cell + 1 < counts.start.length; cell++) {
    if (!isChosen(cell)) continue;
    for (let i = counts.start[cell]; i < counts.start[cell + 1]; i++) entries.push(i);
    start.push(entries.length);
  }
  return {
    start: Uint32Array.from(start),
    marker: Uint32Array.from(entries, (i) => counts.marker[i]),
    count: Uint32Array.from(entries, (i) => counts.count[i]),
  };
}

/** Mean transcripts of the cells of a region; 0 without cells. */
function meanSize(sizes: Contingency['ofTrue'], region: Region): number {
  let [sum, n] = [0, 0];
  for (let cell = 1; cell < sizes.all.length; cell++) {
    if (!isCellIn(sizes, cell, region)) continue;
    sum += sizes.all[cell];
    n++;
  }
  return n > 0 ? sum / n : 0;
}
