import { basename } from 'node:path';
import { openTable } from '@spatile/formats/bundle/open-table';
import type { TableFile } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { MAX_MARKERS, type Marker } from '../coexpression.ts';
import { markersInvalid } from './markers-invalid.ts';
import { readTypeTable, type TypeTable, type ValueScale } from './type-table.ts';

/** Genes that each mark one cell type, and where they come from. */
export interface MarkerSet {
  /** Last part of the path. */
  source: string;
  /** One sentence: how markers were chosen. */
  rule: string;
  /** One entry per gene. */
  markers: Marker[];
  /** Genes left out since they mark several types. */
  shared: number;
}

/** Of a type's genes, the share with the highest means that may mark it. */
const TOP_SHARE = 0.05;
/** How many times the mean in every other type. */
const TIMES = 4;
/** Best markers of a type, so that pairs stay few enough to count. */
const MOST_PER_TYPE = 50;
const ROWS_PER_BATCH = 4096;

/**
 * Markers from a list (columns `gene` and `type` or `cell_type`) or from a 0/1 table of cell types x genes. Genes of several
 * types exclude nothing and are left out.
 * Errors: those of the table readers, `MARKERS_INVALID`.
 */
export async function readMarkers(path: string): Promise<MarkerSet> {
  const table = await openTable(path);
  const columnOf = (names: string[]): string | undefined =>
    table.columns.find(({ name }) => names.includes(name.toLowerCase()))?.name;
  const gene = columnOf(['gene']);
  const type = columnOf(['type', 'cell_type']);
  const pairs =
    gene !== undefined && type !== undefined
      ? await listedPairs(table, gene, type)
      : flaggedPairs(path, await readTypeTable(path));
  return exclusive(path, pairs, 'as given');
}

/**
 * Markers by the means of a reference (cell types x genes, rows of one type averaged). A gene marks a type when it is among
 * the 5 % of genes with the highest mean there and its mean is at least 4 times that in every other type; the 50 highest of
 * a type are kept. This is the rule of Segger's MECR as far as means allow: it asks for detection in more than 20 % of the
 * own and less than 5 % of the other cells, which is this ratio where detection is rare.
 * Errors: those of the table readers, `MARKERS_INVALID`.
 */
export async function readReference(path: string, scale: ValueScale): Promise<MarkerSet> {
  const { types, genes, values } = await readTypeTable(path, scale);
  const most = Math.ceil(TOP_SHARE * genes.length);
  const pairs: Marker[] = [];
  types.forEach((type, t) => {
    const mean = (other: number, gene: number): number => values[other * genes.length + gene];
    const ranked = genes.map((_, gene) => gene).sort((a, b) => mean(t, b) - mean(t, a) || a - b);
    const marking = ranked
      .slice(0, most)
      .filter((gene) => mean(t, gene) > 0)
      .filter((gene) => types.every((_, other) => other === t || mean(t, gene) >= TIMES * mean(other, gene)));
    for (const gene of marking.slice(0, MOST_PER_TYPE)) pairs.push({ gene: genes[gene], type });
  });
  const rule = `top ${100 * TOP_SHARE} % of the type's means and ${TIMES} times the mean of every other type`;
  return exclusive(path, pairs, rule);
}

async function listedPairs(table: TableFile, gene: string, type: string): Promise<Marker[]> {
  const [genes, types] = [new TextTable(), new TextTable()];
  const requests = [
    { name: gene, as: 'code', table: genes },
    { name: type, as: 'code', table: types },
  ] as const;
  const pairs: Marker[] = [];
  for await (const { length, columns } of table.batches(requests, ROWS_PER_BATCH)) {
    for (let i = 0; i < length; i++) {
      const pair = { gene: genes.names[columns[0][i] as number], type: types.names[columns[1][i] as number] };
      if (pair.gene !== '' && pair.type !== '') pairs.push(pair);
    }
    if (pairs.length > 1 << 20)
      throw markersInvalid(table.path, `more than ${1 << 20} rows`, 'a list of markers', 'check the file');
  }
  return pairs;
}

function flaggedPairs(path: string, { types, genes, values }: TypeTable): Marker[] {
  const other = values.find((value) => value !== 0 && value !== 1);
  if (other !== undefined) {
    throw markersInvalid(
      path,
      `the table holds other values than 0 and 1 (${other})`,
      'a list with the columns gene and type, or a 0/1 table',
      'give means with --reference',
    );
  }
  return types.flatMap((type, t) =>
    genes.filter((_, gene) => values[t * genes.length + gene] === 1).map((gene) => ({ gene, type })),
  );
}

function exclusive(path: string, pairs: readonly Marker[], rule: string): MarkerSet {
  const typesOf = new Map<string, Set<string>>();
  for (const { gene, type } of pairs) typesOf.set(gene, (typesOf.get(gene) ?? new Set()).add(type));
  const markers = [...typesOf].flatMap(([gene, types]) =>
    types.size === 1 ? [{ gene, type: [...types][0] }] : [],
  );
  const marked = new Set(markers.map(({ type }) => type));
  if (marked.size < 2 || markers.length > MAX_MARKERS) {
    throw markersInvalid(
      path,
      `${markers.length} genes mark one type each (of ${marked.size} types)`,
      `at least two types with markers of their own, and at most ${MAX_MARKERS} markers`,
      'choose other markers',
    );
  }
  return { source: basename(path), rule, markers, shared: typesOf.size - markers.length };
}
