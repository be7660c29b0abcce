import { readLayer, readTable } from '@spatile/formats/spatialdata/read';
import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import { RandomStream } from '@spatile/random/stream';
import { type Marker, markerCoexpression } from '../coexpression.ts';

/** Markers of different types in the cells of a result before and after a correction. */
export interface ExclusiveScores {
  layer: string;
  /** Mean over pairs of markers of different types of sum min(a, b) / sum max(a, b) over cells; null without pairs. */
  before: number | null;
  after: number | null;
  /** The same of the observed counts thinned at random to the totals after: what a removal must fall below to be more. */
  thinned: number | null;
  /** Transcripts after / before. */
  kept: number;
}

/**
 * Judges every layer of corrected counts by markers that exclude each other: the soft form of the mutually exclusive
 * co-expression rate (Hartman and Satija, eLife 96949), which counts fractions as well.
 * Errors: those of the store's readers.
 */
export async function judgeExclusive(
  zarr: string,
  layers: readonly string[],
  markers: readonly Marker[],
): Promise<ExclusiveScores[]> {
  const { x, varIndex } = await readTable(zarr);
  const number = new Map(markers.map(({ gene }, i) => [gene, i]));
  const markerOf = Int32Array.from(varIndex, (gene) => number.get(gene) ?? -1);
  const before = softRate(x, markers, markerOf);
  const out: ExclusiveScores[] = [];
  for (const layer of layers) {
    const corrected = await readLayer(zarr, 'table', layer);
    out.push({
      layer,
      before,
      after: softRate(corrected, markers, markerOf),
      thinned: softRate(thinnedTo(x, corrected), markers, markerOf),
      kept: totalOf(corrected.data) / totalOf(x.data),
    });
  }
  return out;
}

const totalOf = (data: CsrMatrix['data']): number => {
  let sum = 0;
  for (const n of data) sum += n;
  return sum;
};

/** The soft rate of a matrix; null without pairs. */
function softRate(
  { indptr, indices, data }: CsrMatrix,
  markers: readonly Marker[],
  markerOf: Int32Array,
): number | null {
  const start = new Uint32Array(indptr.length);
  const marker: number[] = [];
  const count: number[] = [];
  for (let row = 0; row + 1 < indptr.length; row++) {
    for (let e = Number(indptr[row]); e < Number(indptr[row + 1]); e++) {
      if (markerOf[indices[e]] < 0 || data[e] === 0) continue;
      marker.push(markerOf[indices[e]]);
      count.push(data[e]);
    }
    start[row + 1] = marker.length;
  }
  return markerCoexpression(
    { start, marker: Uint32Array.from(marker), count: Float32Array.from(count) },
    markers,
  ).soft;
}

/** Counts thinned transcript by transcript, each cell to the share of its total that a correction left it. */
function thinnedTo(x: CsrMatrix, corrected: CsrMatrix): CsrMatrix {
  const data = new Float32Array(x.data.length);
  const rowTotal = ({ indptr, data: values }: CsrMatrix, row: number): number => {
    let sum = 0;
    for (let e = Number(indptr[row]); e < Number(indptr[row + 1]); e++) sum += values[e];
    return sum;
  };
  for (let row = 0; row + 1 < x.indptr.length; row++) {
    const share = Math.min(1, rowTotal(corrected, row) / Math.max(1, rowTotal(x, row)));
    const random = new RandomStream(0, 'judge.thinned', row);
    for (let e = Number(x.indptr[row]); e < Number(x.indptr[row + 1]); e++)
      data[e] = random.binomial(x.data[e], share);
  }
  return { indptr: x.indptr, indices: x.indices, data };
}
