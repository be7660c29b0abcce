import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import { readLayer, readPoints, readTable, type StoredTable } from '@spatile/formats/spatialdata/read';
import type { CsrMatrix } from '@spatile/formats/spatialdata/write';
import { TextTable } from '@spatile/formats/tabular/text-table';

/** How a layer of corrected counts did against the truth of a simulated slide. */
export interface SpillScores {
  layer: string;
  /** Transcripts of genes in cells whose true cell is known: their own, and those of other cells. */
  native: number;
  spilled: number;
  background: number;
  /** Of the spilled counts, the share that was removed; of the native ones, the share that was kept. */
  removedSpill: number;
  keptNative: number;
  /** Of what was removed of native and spilled counts, the share that was spill; null when nothing was. */
  precision: number | null;
  /** Counts that cells received beyond what was observed in them. */
  added: number;
  /** Of the background in cells, the share that was removed. */
  removedBackground: number;
  /** Mean cosine of a cell's counts with those of its own transcripts. */
  cosineBefore: number;
  cosineAfter: number;
  /** Cells whose type was named right, of those that were named. */
  typeAccuracy: number;
  cells: number;
}

/** Where each transcript was made, by id: row of the truth's cells + 1, 0 for background. */
export async function trueOrigins(truth: string): Promise<Map<bigint, number>> {
  const file = await openParquet(join(truth, 'transcripts.parquet'));
  const out = new Map<bigint, number>();
  const requests = [
    { name: 'transcript_id', as: 'uint64' },
    { name: 'cell', as: 'uint64' },
  ] as const;
  for await (const { length, columns } of file.batches(requests, 65_536))
    for (let i = 0; i < length; i++) out.set(columns[0][i] as bigint, Number(columns[1][i]));
  return out;
}

async function trueTypes(truth: string): Promise<Map<number, string>> {
  const file = await openParquet(join(truth, 'cells.parquet'));
  const texts = new TextTable();
  const requests = [
    { name: 'cell', as: 'uint64' },
    { name: 'type', as: 'code', table: texts },
  ] as const;
  const out = new Map<number, string>();
  for await (const { length, columns } of file.batches(requests, 65_536))
    for (let i = 0; i < length; i++) out.set(Number(columns[0][i]), texts.names[columns[1][i] as number]);
  return out;
}

/** Counts of one cell by gene and true cell. */
type Made = Map<number, Map<number, number>>;

async function madeBy(zarr: string, truth: string, table: StoredTable): Promise<Made[]> {
  const origin = await trueOrigins(truth);
  const row = new Map(table.obsIndex.map((id, i) => [id, i]));
  const gene = new Map(table.varIndex.map((name, j) => [name, j]));
  const made: Made[] = table.obsIndex.map(() => new Map());
  const wanted = ['cell_id', 'feature_name', 'transcript_id'] as const;
  for await (const { length, columns, texts } of readPoints(zarr, 'transcripts', wanted)) {
    for (let i = 0; i < length; i++) {
      const cell = row.get(texts.cell_id[Number(columns.cell_id![i])]);
      const j = gene.get(texts.feature_name[Number(columns.feature_name![i])]);
      if (cell === undefined || j === undefined) continue;
      const from = origin.get(columns.transcript_id![i] as bigint) ?? 0;
      const genes = made[cell].get(from) ?? new Map<number, number>();
      made[cell].set(from, genes.set(j, (genes.get(j) ?? 0) + 1));
    }
  }
  return made;
}

const sumOf = (values: Iterable<number>): number => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

/** The true cell that most of a cell's transcripts are of; null for none. */
function ownerOf(made: Made): number | null {
  let owner: number | null = null;
  let most = 0;
  for (const [from, genes] of made) {
    const n = sumOf(genes.values());
    if (from !== 0 && n > most) [owner, most] = [from, n];
  }
  return owner;
}

/**
 * The true type of each cell of a result: that of the cell which most of its transcripts are of; null where none is known.
 * Errors: those of the store's and the truth's readers.
 */
export async function ownerTypes(zarr: string, truth: string): Promise<(string | null)[]> {
  const types = await trueTypes(truth);
  const made = await madeBy(zarr, truth, await readTable(zarr));
  return made.map((cell) => types.get(ownerOf(cell) ?? -1) ?? null);
}

/**
 * Judges layers of corrected counts of a result by where its transcripts were made. What was removed of a gene in a cell is
 * held to be spill before it is held to be background and both before it is held to be the cell's own. Memory: the counts of
 * all cells by true cell. Errors: those of the store's and the truth's readers.
 */
export async function judgeSpill(
  zarr: string,
  truth: string,
  layers: readonly string[],
): Promise<SpillScores[]> {
  const table = await readTable(zarr);
  const types = await trueTypes(truth);
  const made = await madeBy(zarr, truth, table);
  const out: SpillScores[] = [];
  for (const layer of layers)
    out.push(scoresOf(layer, table, await readLayer(zarr, 'table', layer), made, types));
  return out;
}

function scoresOf(
  layer: string,
  table: StoredTable,
  corrected: CsrMatrix,
  made: readonly Made[],
  types: ReadonlyMap<number, string>,
): SpillScores {
  const named = table.obs.find(({ name }) => name === 'cell_type');
  const out = {
    native: 0,
    spilled: 0,
    background: 0,
    removedSpill: 0,
    removedBackground: 0,
    removedNative: 0,
    added: 0,
  };
  const cosines = { before: 0, after: 0 };
  let [cells, typed, right] = [0, 0, 0];
  made.forEach((cell, i) => {
    const owner = ownerOf(cell);
    if (owner === null) return;
    const after = new Map<number, number>();
    for (let e = Number(corrected.indptr[i]); e < Number(corrected.indptr[i + 1]); e++)
      after.set(corrected.indices[e], corrected.data[e]);
    const own = cell.get(owner)!;
    const before = new Map<number, number>();
    for (const genes of cell.values()) for (const [j, n] of genes) before.set(j, (before.get(j) ?? 0) + n);
    for (const [j, n] of before) {
      const [native, background] = [own.get(j) ?? 0, cell.get(0)?.get(j) ?? 0];
      const spilled = n - native - background;
      let removed = n - (after.get(j) ?? 0);
      out.added += Math.max(0, -removed);
      removed = Math.max(0, removed);
      out.native += native;
      out.background += background;
      out.spilled += spilled;
      out.removedSpill += Math.min(removed, spilled);
      removed -= Math.min(removed, spilled);
      out.removedBackground += Math.min(removed, background);
      out.removedNative += removed - Math.min(removed, background);
    }
    cells++;
    cosines.before += cosine(before, own);
    cosines.after += cosine(after, own);
    if (named?.kind !== 'categorical' || named.values[i] < 0) return;
    typed++;
    if (named.categories[named.values[i]] === types.get(owner)) right++;
  });
  const removedInAll = out.removedSpill + out.removedNative;
  return {
    layer,
    native: out.native,
    spilled: out.spilled,
    background: out.background,
    removedSpill: out.removedSpill / out.spilled,
    removedBackground: out.removedBackground / out.background,
    keptNative: 1 - out.removedNative / out.native,
    precision: removedInAll > 0 ? out.removedSpill / removedInAll : null,
    added: out.added,
    cosineBefore: cosines.before / cells,
    cosineAfter: cosines.after / cells,
    typeAccuracy: right / typed,
    cells,
  };
}

function cosine(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): number {
  let dot = 0;
  for (const [j, n] of a) dot += n * (b.get(j) ?? 0);
  const norm = (x: ReadonlyMap<number, number>): number =>
    Math.sqrt(sumOf([...x.values()].map((value) => value * value)));
  return dot === 0 ? 0 : dot / (norm(a) * norm(b));
}
