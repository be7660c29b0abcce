import { join } from 'node:path';
import type { Listing } from '../bundle/listing.ts';
import { openTable } from '../bundle/open-table.ts';
import type { PriorSource } from '../bundle/slide.ts';
import { checkColumns } from '../tabular/columns.ts';
import { priorSource } from './tally.ts';
import { vertexOutlines } from './vertices.ts';

/**
 * Cells of CosMx flat files: `*-polygons.csv(.gz)`, global pixels turned to microns in the slide's frame (y down, where
 * CosMx has it up). Cells are named `<fov>_<cell>` because cells are counted per field of view.
 * @param pixelSizeUm microns per pixel.
 * Errors: those of the CSV reader, `COLUMN_MISSING`.
 */
export async function cosmxPriors(listing: Listing, pixelSizeUm: number): Promise<PriorSource[]> {
  const names = listing.files
    .map(({ name }) => name)
    .filter((name) => /[-_]polygons\.csv(\.gz)?$/i.test(name));
  const priors: PriorSource[] = [];
  for (const name of names) priors.push(await polygonTable(join(listing.path, name), name, pixelSizeUm));
  return priors;
}

async function polygonTable(path: string, name: string, pixelSizeUm: number): Promise<PriorSource> {
  const table = await openTable(path);
  const cell = table.columns.some((column) => column.name === 'cellID') ? 'cellID' : 'cell_ID';
  checkColumns(
    table,
    [
      { name: 'fov', use: 'id' },
      { name: cell, use: 'id' },
      { name: 'x_global_px', use: 'number' },
      { name: 'y_global_px', use: 'number' },
    ],
    'expected a polygon file of CosMx; export the flat files again',
  );
  const columns = {
    cell: ['fov', cell],
    ring: null,
    x: { name: 'x_global_px', scaleUm: pixelSizeUm },
    y: { name: 'y_global_px', scaleUm: -pixelSizeUm },
    none: ['0'],
  };
  return priorSource('cell', name, [], (tally) => vertexOutlines(table, columns, tally));
}
