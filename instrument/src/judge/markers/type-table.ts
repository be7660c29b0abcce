import { openTable } from '@spatile/formats/bundle/open-table';
import type { ColumnRequest, TableFile } from '@spatile/formats/tabular/columns';
import { TextTable } from '@spatile/formats/tabular/text-table';
import { exp } from '@spatile/random/elementary';
import { markersInvalid } from './markers-invalid.ts';

/** What the values are: as they stand, or of ln(1 + value). */
export type ValueScale = 'linear' | 'log1p';

/** Numbers by cell type and gene on a linear scale; rows of one type are averaged. */
export interface TypeTable {
  types: string[];
  genes: string[];
  /** Of type t and gene g at `t * genes.length + g`. */
  values: Float64Array;
}

const TYPE_COLUMNS = ['cell_type', 'celltype', 'type', 'cluster'];
const GENE_COLUMNS = ['gene', 'genes', 'gene_name', 'feature_name'];
/** Columns of references that are no genes. */
const NOT_VALUES = new Set(['', 'Unnamed: 0', 'index', 'atlas', 'ct_idx', '__index_level_0__']);
/** References tell tens of types, rarely hundreds. */
const MAX_TYPES = 4096;
const MAX_GENES = 1 << 18;
const MAX_VALUES = 1 << 27;
/** Larger values are of another scale. */
const MOST: Record<ValueScale, number> = { linear: 1e9, log1p: 20 };
const ROWS_PER_BATCH = 256;

/**
 * Reads a table of cell types x genes, or of genes x cell types when its first column is called `gene`. A row's label is
 * in a column `cell_type`, `celltype`, `type` or `cluster`, else in the first column.
 * Errors: those of the table readers, `MARKERS_INVALID` for other shapes and values out of range.
 */
export async function readTypeTable(path: string, scale: ValueScale = 'linear'): Promise<TypeTable> {
  const table = await openTable(path);
  const byGene = GENE_COLUMNS.includes(table.columns[0].name.toLowerCase());
  const label = byGene ? table.columns[0].name : typeColumn(table);
  const columns = table.columns
    .map(({ name }) => name)
    .filter((name) => name !== label && !NOT_VALUES.has(name));
  const limit = byGene ? MAX_TYPES : MAX_GENES;
  if (columns.length === 0 || columns.length > limit)
    throw invalid(path, `${columns.length} columns of values`);
  const { labels, means } = await averagedRows(table, label, columns, scale, byGene ? MAX_GENES : MAX_TYPES);
  const values = new Float64Array(columns.length * labels.length);
  if (!byGene) {
    means.forEach((row, type) => {
      values.set(row, type * columns.length);
    });
    return { types: labels, genes: columns, values };
  }
  means.forEach((row, gene) => {
    for (let type = 0; type < columns.length; type++) values[type * labels.length + gene] = row[type];
  });
  return { types: columns, genes: labels, values };
}

const typeColumn = ({ columns }: TableFile): string =>
  TYPE_COLUMNS.map((wanted) => columns.find(({ name }) => name.toLowerCase() === wanted)?.name).find(
    (name) => name !== undefined,
  ) ?? columns[0].name;

/** Rows of equal labels averaged, in the order first met. */
async function averagedRows(
  table: TableFile,
  label: string,
  columns: readonly string[],
  scale: ValueScale,
  limit: number,
): Promise<{ labels: string[]; means: Float64Array[] }> {
  const labels = new TextTable();
  const sums: Float64Array[] = [];
  const rows: number[] = [];
  const requests: ColumnRequest[] = [
    { name: label, as: 'code', table: labels },
    ...columns.map((name): ColumnRequest => ({ name, as: 'float32', scale: 1 })),
  ];
  for await (const batch of table.batches(requests, ROWS_PER_BATCH)) {
    if (labels.names.length > limit || labels.names.length * columns.length > MAX_VALUES)
      throw invalid(table.path, `more than ${labels.names.length - 1} labels in column "${label}"`);
    while (sums.length < labels.names.length) {
      sums.push(new Float64Array(columns.length));
      rows.push(0);
    }
    const [codes, ...values] = batch.columns;
    for (let row = 0; row < batch.length; row++) {
      const code = codes[row] as number;
      rows[code]++;
      values.forEach((column, i) => {
        const value = column[row] as number;
        if (!(value >= 0 && value <= MOST[scale]))
          throw invalid(
            table.path,
            `column "${columns[i]}" holds ${value} in row ${batch.firstRow + row + 1}`,
          );
        sums[code][i] += scale === 'log1p' ? exp(value) - 1 : value;
      });
    }
  }
  return { labels: labels.names, means: sums.map((sum, i) => sum.map((value) => value / rows[i])) };
}

const invalid = (path: string, wrong: string) =>
  markersInvalid(
    path,
    wrong,
    'a table of cell types x genes with numbers from 0 (to 20 on the scale log1p)',
    'give one row per type with its name in the column cell_type, or one row per gene',
  );
