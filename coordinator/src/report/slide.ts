import { basename, join } from 'node:path';
import type { RectUm } from '@spatile/formats/space';
import { listElements, readAnnotation, readRootAttrs, storeInvalid } from '@spatile/formats/spatialdata/read';
import type { TableColumn } from '@spatile/formats/spatialdata/table';
import * as z from 'zod';
import { runDirectoryFor } from '../run/directory.ts';
import type { RunReportData } from './data.ts';
import { readRunData } from './run-data.ts';

/** Everything the report shows but for polygons, points and pixels, which are streamed. */
export interface ReportedSlide {
  zarr: string;
  name: string;
  elements: Awaited<ReturnType<typeof listElements>>;
  stored: StoredAttrs;
  /** All arrays have one entry per row of the table; no rows when no cell was written. */
  cells: CellColumns;
  genes: { name: readonly string[]; total: Float64Array; assigned: Float64Array };
  /** What only the run directory knows; null without one. */
  run: RunReportData | null;
}

export interface CellColumns {
  id: readonly string[];
  /** Microns. */
  x: Float64Array;
  y: Float64Array;
  areaUm2: Float64Array;
  transcripts: Float64Array;
  genes: Float64Array;
  /** Transcripts of the cell in the bundle's own segmentation. */
  prior: Float64Array;
  /** Mean probability of the cell's transcripts, 0 to 1; 0 for a cell without any. */
  confidence: Float64Array;
  /** Distance to the nearest border between tiles. */
  borderUm: Float64Array;
  /** Share of a cell's voxels that changed hands; null for methods without samples. */
  boundary: Float64Array | null;
}

const storedSchema = z.object({
  version: z.string(),
  config: z.unknown(),
  seed: z.number(),
  inputs: z.array(
    z.object({ role: z.string(), name: z.string(), sizeBytes: z.number(), sha256: z.string() }),
  ),
  platform: z.string(),
  platform_version: z.string().nullable(),
  method: z.string(),
  model_hash: z.string().nullable(),
  transcripts: z.object({
    input: z.number(),
    kept: z.number(),
    filtered: z.record(z.string(), z.number()),
  }),
  prior: z.array(z.string()),
  plan: z.object({
    haloUm: z.number(),
    tiles: z.array(
      z.object({ id: z.string(), core: z.tuple([z.number(), z.number(), z.number(), z.number()]) }),
    ),
  }),
});

/** What the Zarr says about its own making. */
export type StoredAttrs = z.infer<typeof storedSchema>;

/**
 * Adds what the run of a Zarr left behind; `runDirectory` null means the folder beside it. Errors: `RUN_CORRUPT`.
 */
export async function withRun(slide: ReportedSlide, runDirectory: string | null): Promise<ReportedSlide> {
  const run = await readRunData(runDirectory ?? runDirectoryFor(slide.zarr));
  return { ...slide, name: run?.name ?? slide.name, run };
}

/** Reads the table and the attributes of a Zarr, nothing of its run. Errors: `INPUT_MISSING`, `STORE_INVALID`. */
export async function readSlide(zarr: string): Promise<ReportedSlide> {
  const attrs = storedSchema.safeParse((await readRootAttrs(zarr)).spatile);
  if (!attrs.success) {
    const [issue] = attrs.error.issues;
    throw storeInvalid(
      join(zarr, 'zarr.json'),
      `the attributes of spatile are not as expected (${['spatile', ...issue.path].join('.')}: ${issue.message})`,
    );
  }
  const elements = await listElements(zarr);
  const table = elements.tables.includes('table') ? await readAnnotation(zarr) : null;
  const obs = columnReader(join(zarr, 'tables/table/obs'), table?.obs ?? null);
  const genes = columnReader(join(zarr, 'tables/table/var'), table?.var ?? null);
  const spatial = table?.obsm.spatial ?? { data: new Float64Array(0), columns: 2 };
  const id = table?.obsIndex ?? [];
  if (spatial.columns !== 2 || spatial.data.length !== 2 * id.length)
    throw storeInvalid(join(zarr, 'tables/table/obsm/spatial'), 'it does not hold x and y of every cell');
  return {
    zarr,
    name: basename(zarr).replace(/\.zarr$/i, ''),
    elements,
    stored: attrs.data,
    cells: {
      id,
      x: Float64Array.from(id, (_, i) => spatial.data[2 * i]),
      y: Float64Array.from(id, (_, i) => spatial.data[2 * i + 1]),
      areaUm2: obs('area'),
      transcripts: obs('transcript_counts'),
      genes: obs('n_genes'),
      prior: obs('prior_counts'),
      confidence: obs('confidence'),
      borderUm: obs('border_distance'),
      boundary: table?.obs.some(({ name }) => name === 'boundary_uncertainty')
        ? obs('boundary_uncertainty')
        : null,
    },
    genes: {
      name: table?.varIndex ?? [],
      total: genes('total_counts'),
      assigned: genes('assigned_counts'),
    },
    run: null,
  };
}

/** Columns of numbers by name; a table that is not there has no rows. */
function columnReader(place: string, columns: readonly TableColumn[] | null): (name: string) => Float64Array {
  return (name) => {
    if (columns === null) return new Float64Array(0);
    const column = columns.find((candidate) => candidate.name === name);
    if (column === undefined || column.kind === 'string' || column.kind === 'categorical')
      throw storeInvalid(place, `there is no column of numbers named ${name}`);
    return Float64Array.from(column.values as ArrayLike<number | bigint>, Number);
  };
}

/** The slide as far as the tiles cover it, in microns. */
export function extentOf(slide: ReportedSlide): RectUm {
  const cores = slide.stored.plan.tiles.map(({ core }) => core);
  return {
    x0: Math.min(...cores.map(([x0]) => x0)),
    y0: Math.min(...cores.map(([, y0]) => y0)),
    x1: Math.max(...cores.map(([, , x1]) => x1)),
    y1: Math.max(...cores.map(([, , , y1]) => y1)),
  };
}

/** Sum of non-negative numbers; exact below 2^53, so that the order does not matter. */
export function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
