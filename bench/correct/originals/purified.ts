import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAnnotation, readLayer } from '@spatile/formats/spatialdata/read';
import { correlation } from '../correlation.ts';
import { csvRows, type TypedCells } from './typed.ts';

/** How the counts that SPLIT and spatile leave of the same cells agree. */
export interface PurifiedEquality {
  cells: number;
  /** Of single counts, with those of which one of the two left nothing. */
  countsCorrelation: number;
  largestDifference: number;
  /** Share of the counts that are equal to a thousandth of a transcript. */
  countsEqual: number;
  /** Transcripts that each left. */
  ours: number;
  theirs: number;
}

/** Writes our types for `split.R` into the folder of the original's results. */
export function writeOurTypes(folder: string, typed: TypedCells): void {
  const { cells, cellClass, first, second, pair, weights, types } = typed;
  const rows = cells.map((cell, i) =>
    [`c${cell}`, cellClass[i], first[i], second[i], pair[2 * i], pair[2 * i + 1]].join(','),
  );
  writeFileSync(join(folder, 'ours.csv'), `barcode,class,first,second,w1,w2\n${rows.join('\n')}\n`);
  const lines = cells.map((cell, i) =>
    [`c${cell}`, ...weights.slice(i * types.length, (i + 1) * types.length)].join(','),
  );
  writeFileSync(join(folder, 'our-weights.csv'), `barcode,${types.join(',')}\n${lines.join('\n')}\n`);
}

/** Compares the corrected counts of a result with `purified.csv` of `split.R`, of the cells that it kept. */
export async function comparePurified(zarr: string, folder: string): Promise<PurifiedEquality> {
  const { varIndex } = await readAnnotation(zarr);
  const { indptr, indices, data } = await readLayer(zarr, 'table', 'counts_corrected');
  const kept = readFileSync(join(folder, 'purified-cells.csv'), 'utf8').trim().split('\n');
  const theirs = new Map(
    csvRows(join(folder, 'purified.csv'))
      .slice(1)
      .map(([cell, gene, count]) => [`${cell} ${gene}`, Number(count)]),
  );
  const ours = new Map<string, number>();
  for (const cell of kept) {
    const row = Number(cell.slice(1));
    for (let e = Number(indptr[row]); e < Number(indptr[row + 1]); e++)
      ours.set(`${cell} ${varIndex[indices[e]]}`, Number(data[e]));
  }
  return { cells: kept.length, ...compareCounts(ours, theirs) };
}

/** Compares counts by cell and gene; one that is not there is 0. */
export function compareCounts(
  ours: ReadonlyMap<string, number>,
  theirs: ReadonlyMap<string, number>,
): Omit<PurifiedEquality, 'cells'> {
  const keys = [...new Set([...ours.keys(), ...theirs.keys()])];
  const [a, b] = [ours, theirs].map((counts) => keys.map((key) => counts.get(key) ?? 0));
  const sum = (values: readonly number[]): number => values.reduce((x, y) => x + y, 0);
  const differences = a.map((count, e) => Math.abs(count - b[e]));
  return {
    countsCorrelation: correlation(a, b),
    largestDifference: differences.reduce((x, y) => Math.max(x, y), 0),
    countsEqual: differences.filter((difference) => difference < 1e-3).length / a.length,
    ours: sum(a),
    theirs: sum(b),
  };
}
