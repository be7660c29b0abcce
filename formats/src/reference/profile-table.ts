import { openTable } from '../bundle/open-table.ts';
import type { TableFile } from '../tabular/columns.ts';
import { TextTable } from '../tabular/text-table.ts';
import { matchGenes, type Panel } from './match.ts';
import { type ReferenceProfiles, slotsOf, tooFewTypes } from './profiles.ts';
import { referenceInvalid } from './source.ts';

const LABEL_COLUMNS = ['cell_type', 'celltype', 'type', 'label', 'cluster'];
const ROWS_PER_BATCH = 256;

/**
 * Profiles from a table of cell types x genes (CSV or Parquet): one column with the type, one per gene, other columns are
 * passed over. Rows of one type (atlases, donors) are averaged after each was scaled to sum 1.
 * @param labels name of the column with the type; null looks for `cell_type`, `type`, `label` or a first column of text.
 * Errors: those of the table readers, `REFERENCE_INVALID`.
 */
export async function profilesFromTable(
  path: string,
  file: string,
  panel: Panel,
  labels: string | null,
): Promise<ReferenceProfiles> {
  const table = await openTable(path);
  const label = labelColumn(table, file, labels);
  const columns = table.columns.map(({ name }) => name).filter((name) => name !== label);
  const match = matchGenes(file, columns, null, panel);
  const slot = slotsOf(match, panel.names.length);
  const used = columns.flatMap((name, c) => (slot[c] >= 0 ? [{ name, slot: slot[c] }] : []));
  const texts = new TextTable();
  const requests = [
    { name: label, as: 'code', table: texts } as const,
    ...used.map(({ name }) => ({ name, as: 'float32', scale: 1 }) as const),
  ];
  const genes = match.shared.length;
  const sums: Float64Array[] = [];
  const rows: number[] = [];
  for await (const batch of table.batches(requests, ROWS_PER_BATCH)) {
    for (let i = 0; i < batch.length; i++) {
      const k = batch.columns[0][i] as number;
      sums[k] ??= new Float64Array(genes);
      rows[k] = (rows[k] ?? 0) + 1;
      const values = used.map((_, c) => batch.columns[c + 1][i] as number);
      const total = rowTotal(file, texts.names[k], used, values);
      used.forEach((gene, c) => {
        sums[k][gene.slot] += values[c] / total;
      });
    }
  }
  const order = texts.names.map((_, k) => k).sort((a, b) => (texts.names[a] < texts.names[b] ? -1 : 1));
  if (order.length < 2) throw tooFewTypes(file, order.length);
  const shares = new Float64Array(order.length * genes);
  order.forEach((k, i) => {
    for (let j = 0; j < genes; j++) shares[i * genes + j] = sums[k][j] / rows[k];
  });
  return {
    types: order.map((k) => texts.names[k]),
    cells: null,
    genes: match.shared,
    shares,
    from: `profiles (column ${label || 'one'} names the type)`,
    warnings: match.warnings,
  };
}

function labelColumn(table: TableFile, file: string, wanted: string | null): string {
  const names = table.columns.map(({ name }) => name);
  if (wanted !== null) {
    if (names.includes(wanted)) return wanted;
    throw referenceInvalid(
      file,
      `there is no column "${wanted}"`,
      `one of its columns (${names.slice(0, 5).join(', ')}, ...)`,
      'correct correct.reference.labels',
    );
  }
  return names.find((name) => LABEL_COLUMNS.includes(name.toLowerCase())) ?? names[0];
}

function rowTotal(
  file: string,
  type: string,
  used: readonly { name: string }[],
  values: readonly number[],
): number {
  let total = 0;
  values.forEach((value, c) => {
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      throw referenceInvalid(
        file,
        `the mean of ${used[c].name} in ${type} is ${Number.isNaN(value) ? 'no number' : value}`,
        'means that are 0 or more',
        'export plain (not scaled) means',
      );
    }
    total += value;
  });
  if (total > 0) return total;
  throw referenceInvalid(
    file,
    `the type ${type} expresses none of the shared genes`,
    'positive means',
    'leave the type out or check its row',
  );
}
