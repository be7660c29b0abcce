import { basename } from 'node:path';
import { openTable } from '../bundle/open-table.ts';
import type { Finding, PriorSource } from '../bundle/slide.ts';
import { type RectUm, rectsIntersect } from '../space.ts';
import { checkColumns, type TableFile } from '../tabular/columns.ts';
import { TextTable } from '../tabular/text-table.ts';
import { PlaneCensus, type PlaneChoice, planeFinding } from './planes.ts';
import { priorSource } from './tally.ts';
import { vertexOutlines } from './vertices.ts';

const ROWS_PER_BATCH = 1 << 16;

/** One table per plane, as some published crops have it: columns `x`, `y`, `poly_ID` in microns. */
interface PlaneTable {
  plane: number;
  table: TableFile;
}

/**
 * Whether outlines must be mirrored in y to lie where the transcripts are: as they stand they miss them, and mirrored they
 * meet them. Both rectangles in microns; any part of the transcripts will do.
 */
export function outlinesNeedFlip(outlines: RectUm, transcripts: RectUm): boolean {
  const mirrored = { ...outlines, y0: -outlines.y1, y1: -outlines.y0 };
  return !rectsIntersect(outlines, transcripts) && rectsIntersect(mirrored, transcripts);
}

/**
 * Cells of `cell_boundaries/z<k>_polygons.csv.gz`, one outline per cell, chosen as for the Parquet export. Some of these
 * files have y negated: with transcripts to compare, `outlinesNeedFlip` decides; without, outlines that are negative
 * throughout are mirrored. Two passes.
 * @param transcripts bounds of some transcripts in microns, if known.
 * Errors: those of the CSV reader, `COLUMN_MISSING`.
 */
export async function merscopeCsvPrior(
  paths: readonly string[],
  origin: string,
  transcripts: RectUm | null,
): Promise<PriorSource> {
  const tables: PlaneTable[] = [];
  for (const path of paths) {
    const table = await openTable(path);
    checkColumns(
      table,
      [
        { name: 'x', use: 'number' },
        { name: 'y', use: 'number' },
        { name: 'poly_ID', use: 'id' },
      ],
      'expected polygons with x, y and poly_ID; export them again',
    );
    tables.push({ plane: Number(/^z(\d+)_/.exec(basename(path))?.[1] ?? 0), table });
  }
  let survey: Promise<Survey> | null = null;
  return priorSource('cell', origin, [], async function* (tally, note) {
    survey ??= surveyTables(tables).catch((error) => {
      survey = null;
      throw error;
    });
    const { choice, bounds } = await survey;
    const flip = transcripts === null ? bounds.y1 < 0 : outlinesNeedFlip(bounds, transcripts);
    if (flip) note(flipFinding(origin, transcripts !== null));
    if (tables.length > 1) note(planeFinding(origin, choice));
    if (choice.elsewhere > 0) tally.add('PRIOR_OTHER_PLANE', choice.elsewhere);
    const columns = {
      cell: ['poly_ID'],
      ring: null,
      x: { name: 'x', scaleUm: 1 },
      y: { name: 'y', scaleUm: flip ? -1 : 1 },
      none: [],
    };
    for (const { plane, table } of tables) {
      for await (const outline of vertexOutlines(table, columns, tally)) {
        if (choice.ofCell.get(outline.cellId) === plane) yield outline;
      }
    }
  });
}

function flipFinding(origin: string, compared: boolean): Finding {
  const why = compared ? 'only so do they meet the transcripts' : 'all of it is negative';
  return {
    level: 'warning',
    code: 'PRIOR_Y_FLIPPED',
    message: `${origin}: y of the outlines was mirrored because ${why}`,
  };
}

interface Survey {
  choice: PlaneChoice;
  bounds: RectUm;
}

/** First pass: which cells lie in which plane, and the extent of all vertices. */
async function surveyTables(tables: readonly PlaneTable[]): Promise<Survey> {
  const census = new PlaneCensus();
  const bounds = {
    x0: Number.POSITIVE_INFINITY,
    y0: Number.POSITIVE_INFINITY,
    x1: Number.NEGATIVE_INFINITY,
    y1: Number.NEGATIVE_INFINITY,
  };
  for (const { plane, table } of tables) {
    const ids = new TextTable();
    const batches = table.batches(
      [
        { name: 'x', as: 'float32', scale: 1 },
        { name: 'y', as: 'float32', scale: 1 },
        { name: 'poly_ID', as: 'code', table: ids },
      ],
      ROWS_PER_BATCH,
    );
    for await (const { columns, length } of batches) {
      const [x, y] = columns as Float32Array[];
      for (let row = 0; row < length; row++) {
        bounds.x0 = Math.min(bounds.x0, x[row]);
        bounds.x1 = Math.max(bounds.x1, x[row]);
        bounds.y0 = Math.min(bounds.y0, y[row]);
        bounds.y1 = Math.max(bounds.y1, y[row]);
      }
    }
    for (const id of ids.names) census.note(id, plane);
  }
  return { choice: census.choose(), bounds };
}
