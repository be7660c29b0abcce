import { IdIndex } from '@spatile/instrument/judge/id-index';
import type { AssignmentBatch, CellOutline, JudgedResult } from '@spatile/instrument/judge/read/result';
import type { Truth } from '@spatile/instrument/judge/truth';

/** First id of fixture truths: beyond 2^53, as Xenium's are. */
export const FIRST_ID = 33n << 48n;

/** What of a fixture truth is not plain. */
export type TruthParts = Partial<
  Pick<Truth, 'feature' | 'qv' | 'leaked' | 'x' | 'y' | 'typeOf' | 'genes' | 'profiles'>
> & {
  /** By gene: index of the type that it marks, -1 = none. */
  markerOf?: ArrayLike<number>;
  types?: string[];
  /** True outlines by cell less 1. */
  outlines?: Float64Array[][][];
};

/** A truth with the given cell of origin per transcript; genes, places and flags may be given, else they are plain. */
export function truthOf(cell: number[], { markerOf = [], outlines, ...more }: TruthParts = {}): Truth {
  const n = cell.length;
  const cells = Math.max(0, ...cell, outlines?.length ?? 0);
  const genes = more.genes ?? 1;
  const types = more.types ?? ['A', 'B', 'C', 'D'];
  const marking = Array.from(markerOf, (type, gene) => ({ type, gene })).filter(({ type }) => type >= 0);
  const markerAt = new Int32Array(genes + 1).fill(-1);
  marking.forEach(({ gene }, marker) => {
    markerAt[gene] = marker;
  });
  return {
    folder: 'fixture',
    ids: new IdIndex(
      BigUint64Array.from(cell, (_, i) => FIRST_ID + BigInt(i)),
      'fixture',
    ),
    cell: Uint32Array.from(cell),
    feature: new Uint32Array(n),
    genes,
    qv: new Float32Array(n).fill(40),
    leaked: new Uint8Array(n),
    x: new Float32Array(n),
    y: new Float32Array(n),
    cells,
    typeOf: new Uint32Array(cells),
    markers: marking.map(({ gene, type }) => ({ gene: `g${gene}`, type: types[type] })),
    markerTypes: Uint32Array.from(marking, ({ type }) => type),
    markerAt,
    profiles: null,
    ...more,
    types,
    outlines: outlines === undefined ? null : () => outlinesOf(outlines),
  };
}

/** Outlines numbered from 1; null = the cell has none. */
export async function* outlinesOf(
  polygons: readonly (Float64Array[][] | null)[],
): AsyncGenerator<CellOutline> {
  for (const [i, cell] of polygons.entries()) if (cell !== null) yield { cell: i + 1, polygons: cell };
}

/** Verdicts on the fixture's transcripts in one batch; `rows` says which and in what order (default all). */
export async function* verdicts(
  cell: number[],
  rows = cell.map((_, i) => i),
): AsyncGenerator<AssignmentBatch> {
  yield {
    length: rows.length,
    transcriptId: BigUint64Array.from(rows, (row) => FIRST_ID + BigInt(row)),
    cell: Uint32Array.from(rows, (row) => cell[row]),
  };
}

/** A result with the given verdicts and outlines (by cell number less 1). */
export function resultOf(cell: number[], outlines?: readonly (Float64Array[][] | null)[]): JudgedResult {
  return {
    program: 'table',
    name: 'fixture',
    facts: {},
    assignments: () => verdicts(cell),
    outlines: outlines === undefined ? null : () => outlinesOf(outlines),
  };
}

/** `n` copies of each label in turn: `labels(3, [1, 2])` is 1, 1, 1, 2, 2, 2. */
export function labels(n: number, values: number[]): number[] {
  return values.flatMap((value) => Array.from({ length: n }, () => value));
}

/** The one polygon of an axis-aligned rectangle. */
export function rectangle(x0: number, y0: number, x1: number, y1: number): Float64Array[][] {
  return [[Float64Array.of(x0, y0, x1, y0, x1, y1, x0, y1)]];
}
