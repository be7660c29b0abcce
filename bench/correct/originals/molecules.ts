import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openParquet } from '@spatile/formats/parquet/file';
import { readAnnotation } from '@spatile/formats/spatialdata/read';
import { readUnsLists } from '@spatile/formats/spatialdata/uns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { trueOrigins } from '@spatile/instrument/judge/corrections/spill';
import { csvRows } from './typed.ts';

/** Transcripts of the first cells that `celladmix` labelled. */
export interface Molecules {
  id: bigint[];
  cell: string[];
  factor: string[];
}

/** How two labellings of the same transcripts by the same factors agree. */
export interface LabelEquality {
  cells: number;
  transcripts: number;
  /** Share of the transcripts that have the same factor. */
  equal: number;
  /** Of what other cells made, the share that the rules remove by either labels; and of what the cells made themselves. */
  spillOurs: number;
  spillTheirs: number;
  ownOurs: number;
  ownTheirs: number;
}

const COLUMNS = [
  { name: 'transcript_id', as: 'uint64' },
  { name: 'x', as: 'float32', scale: 1 },
  { name: 'y', as: 'float32', scale: 1 },
  { name: 'z', as: 'float32', scale: 1 },
] as const;

/** Writes the transcripts of the first `cells` labelled cells and the potentials of the factors for `crf.R`. */
export async function writeMolecules(
  zarr: string,
  folder: string,
  cells: number,
  leastShare: number,
): Promise<Molecules> {
  const texts = { cell: new TextTable(), gene: new TextTable(), factor: new TextTable() };
  const file = await openParquet(join(zarr, 'points/transcripts_celladmix/points.parquet/part.0.parquet'));
  const out: Molecules = { id: [], cell: [], factor: [] };
  const lines: string[] = [];
  const seen = new Set<string>();
  const requests = [
    ...COLUMNS,
    { name: 'cell_id', as: 'code', table: texts.cell },
    { name: 'feature_name', as: 'code', table: texts.gene },
    { name: 'factor', as: 'code', table: texts.factor },
  ] as const;
  for await (const { length, columns } of file.batches(requests, 65_536))
    for (let i = 0; i < length; i++) {
      const factor = texts.factor.names[columns[6][i] as number];
      const cell = texts.cell.names[columns[4][i] as number];
      if (factor === 'none' || (seen.size === cells && !seen.has(cell))) continue;
      seen.add(cell);
      out.id.push(columns[0][i] as bigint);
      out.cell.push(cell);
      out.factor.push(factor);
      const gene = texts.gene.names[columns[5][i] as number];
      lines.push([cell, columns[0][i], columns[1][i], columns[2][i], columns[3][i], gene].join(','));
    }
  writeFileSync(join(folder, 'molecules.csv'), `cell,id,x,y,z,gene\n${lines.join('\n')}\n`);
  await writePotentials(zarr, folder, leastShare);
  return out;
}

/** Probability of each factor given the gene, as `correct.celladmix.leastShare` bounds it. */
async function writePotentials(zarr: string, folder: string, leastShare: number): Promise<void> {
  const { numbers, texts } = await readUnsLists(zarr, 'celladmix');
  const factors = numbers.loadings.length / texts.genes.length;
  const rows = texts.genes.map((gene, j) => {
    const own = numbers.loadings.slice(j * factors, (j + 1) * factors);
    const sum = own.reduce((a, b) => a + b, 0);
    return [
      gene,
      ...own.map((loading) => (sum > 0 ? Math.max(leastShare, loading / sum) : 1 / factors)),
    ].join(',');
  });
  const head = Array.from({ length: factors }, (_, f) => `f${f}`);
  writeFileSync(join(folder, 'potentials.csv'), `gene,${head.join(',')}\n${rows.join('\n')}\n`);
}

/** Compares our labels with `labels.csv`, and what the rules of the result remove by either. */
export async function compareLabels(
  ours: Molecules,
  zarr: string,
  folder: string,
  truth: string,
): Promise<LabelEquality> {
  const theirs = new Map(
    csvRows(join(folder, 'labels.csv'))
      .slice(1)
      .map(([id, label]) => [id, label]),
  );
  const labels = ours.id.map((id) => `factor-${theirs.get(`${id}`)}`);
  const [foreign, typeOf] = [await rulesOf(zarr), await typesOf(zarr)];
  const origin = await trueOrigins(truth);
  const from = ours.id.map((id) => origin.get(id) ?? 0);
  const owner = ownersOf(ours.cell, from);
  const made = { spill: [] as number[], own: [] as number[] };
  from.forEach((cell, i) => {
    if (cell !== 0) made[cell === owner.get(ours.cell[i]) ? 'own' : 'spill'].push(i);
  });
  const removed = (part: readonly number[], factors: readonly string[]): number =>
    part.filter((i) => foreign.has(`${typeOf.get(ours.cell[i])} ${factors[i]}`)).length / part.length;
  return {
    cells: owner.size,
    transcripts: ours.id.length,
    equal: labels.filter((label, i) => label === ours.factor[i]).length / labels.length,
    spillOurs: removed(made.spill, ours.factor),
    spillTheirs: removed(made.spill, labels),
    ownOurs: removed(made.own, ours.factor),
    ownTheirs: removed(made.own, labels),
  };
}

/** Pairs of a cell type and a factor that is foreign to it. */
async function rulesOf(zarr: string): Promise<Set<string>> {
  const { texts } = await readUnsLists(zarr, 'celladmix/rules');
  return new Set((texts.factor ?? []).map((factor, i) => `${texts.cell_type[i]} ${factor}`));
}

async function typesOf(zarr: string): Promise<Map<string, string>> {
  const { obsIndex, obs } = await readAnnotation(zarr);
  const column = obs.find(({ name }) => name === 'cell_type');
  if (column?.kind !== 'categorical') throw new Error(`${zarr}: no column cell_type`);
  return new Map(obsIndex.map((cell, i) => [cell, column.categories[column.values[i]] ?? '']));
}

/** The true cell that most of a cell's transcripts are of, by cell. */
function ownersOf(cell: readonly string[], from: readonly number[]): Map<string, number> {
  const counts = new Map<string, Map<number, number>>();
  cell.forEach((name, i) => {
    const own = counts.get(name) ?? new Map<number, number>();
    if (from[i] !== 0) own.set(from[i], (own.get(from[i]) ?? 0) + 1);
    counts.set(name, own);
  });
  return new Map(
    [...counts].map(([name, own]) => [name, [...own].reduce((a, b) => (b[1] > a[1] ? b : a), [0, 0])[0]]),
  );
}
