import { openTable } from '../bundle/open-table.ts';
import { TextTable } from '../tabular/text-table.ts';
import { referenceInvalid } from './source.ts';

const BARCODES = ['barcode', 'barcodes', 'cell', 'cell_id', 'cellid', 'index', ''];

/**
 * Labels by barcode from a table with a column of barcodes (named `barcode`, `cell` or `cell_id`, else the first) and a
 * column of labels.
 * @param column name of the column of labels; null takes `cell_type`, `type`, `label` or `cluster`.
 * Errors: those of the table readers, `REFERENCE_INVALID`.
 */
export async function readLabels(
  path: string,
  file: string,
  column: string | null,
): Promise<Map<string, string>> {
  const table = await openTable(path);
  const names = table.columns.map(({ name }) => name);
  const known =
    column === null ? ['cell_type', 'celltype', 'type', 'label', 'cluster'] : [column.toLowerCase()];
  const label = names.find((name) => known.includes(name.toLowerCase()));
  const barcode = names.find((name) => BARCODES.includes(name.toLowerCase()) && name !== label) ?? names[0];
  if (label === undefined || barcode === label) {
    throw referenceInvalid(
      file,
      `there is no column of labels (found: ${names.slice(0, 8).join(', ')})`,
      'a table of barcodes and cell types',
      'name the column with correct.reference.labels',
    );
  }
  const texts = { barcode: new TextTable(), label: new TextTable() };
  const requests = [
    { name: barcode, as: 'code', table: texts.barcode },
    { name: label, as: 'code', table: texts.label },
  ] as const;
  const out = new Map<string, string>();
  for await (const { length, columns } of table.batches(requests, 65_536))
    for (let i = 0; i < length; i++)
      out.set(texts.barcode.names[columns[0][i] as number], texts.label.names[columns[1][i] as number]);
  return out;
}
