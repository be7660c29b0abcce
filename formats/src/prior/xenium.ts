import { join } from 'node:path';
import { firstFile, type Listing } from '../bundle/listing.ts';
import { openTable } from '../bundle/open-table.ts';
import type { PriorSource } from '../bundle/slide.ts';
import { checkColumns } from '../tabular/columns.ts';
import { priorSource } from './tally.ts';
import { vertexOutlines } from './vertices.ts';

const KINDS = [
  { kind: 'nucleus', stem: 'nucleus_boundaries' },
  { kind: 'cell', stem: 'cell_boundaries' },
] as const;

/**
 * Nuclei and cells of a Xenium bundle: `nucleus_boundaries` and `cell_boundaries`, Parquet before CSV, in microns.
 * Rings are runs of `label_id` where the column is there (XOA 2 and later), else of `cell_id`.
 * Errors: those of the table readers, `COLUMN_MISSING`, `COLUMN_TYPE`.
 */
export async function xeniumPriors(listing: Listing): Promise<PriorSource[]> {
  const priors: PriorSource[] = [];
  for (const { kind, stem } of KINDS) {
    const name = firstFile(listing, [`${stem}.parquet`, `${stem}.csv.gz`, `${stem}.csv`]);
    if (name !== null) priors.push(await boundaryTable(join(listing.path, name), name, kind));
  }
  return priors;
}

async function boundaryTable(path: string, name: string, kind: PriorSource['kind']): Promise<PriorSource> {
  const table = await openTable(path);
  const ring = table.columns.some((column) => column.name === 'label_id') ? 'label_id' : null;
  checkColumns(
    table,
    [
      { name: 'cell_id', use: 'id' },
      { name: 'vertex_x', use: 'number' },
      { name: 'vertex_y', use: 'number' },
      ...(ring === null ? [] : [{ name: ring, use: 'id' as const }]),
    ],
    'expected a boundary table of Xenium; export the bundle again',
  );
  const columns = {
    cell: ['cell_id'],
    ring,
    x: { name: 'vertex_x', scaleUm: 1 },
    y: { name: 'vertex_y', scaleUm: 1 },
    none: ['UNASSIGNED', '-1'],
  };
  return priorSource(kind, name, [], (tally) => vertexOutlines(table, columns, tally));
}
