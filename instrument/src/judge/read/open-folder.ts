import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { firstFile, hasFile, type Listing, listFolder } from '@spatile/formats/bundle/listing';
import { openTable } from '@spatile/formats/bundle/open-table';
import type { PriorSource, SlideBundle } from '@spatile/formats/bundle/slide';
import { XENIUM_TRANSCRIPT_FILES } from '@spatile/formats/bundle/xenium';
import { isSpatileError } from '@spatile/formats/errors';
import { xeniumPriors } from '@spatile/formats/prior/xenium';
import { CellNumbers } from './cell-numbers.ts';
import { fileOutlines, type OutlineReader, priorOutlines } from './outlines.ts';
import type { AssignmentBatch, GeneBatch, JudgedResult } from './result.ts';
import { resultInvalid } from './result-invalid.ts';
import { openSlide } from './slide-join.ts';
import { neededColumns, tableResult } from './table-result.ts';

/** Outlines in the folder of a truth. */
const TRUE_CELLS = 'cell_polygons.parquet';
const RESULT_TABLES = [
  'segmentation.csv',
  'transcript-metadata.csv.gz',
  'transcript-metadata.parquet',
  'transcript-metadata.csv',
];

/** What a user gives beside a result; null = nothing. */
export interface GivenFiles {
  /** The slide. */
  bundle: string | null;
  /** Outlines of the cells. */
  polygons: string | null;
  /** Transcripts that are less sure of their cell are in none. */
  minProbability: number;
}

/** The table of verdicts in the folder that Baysor or Proseg wrote, by its usual name; null when there is none. */
export function tableInFolder(path: string): string | null {
  const name = RESULT_TABLES.find((file) => existsSync(join(path, file)));
  return name === undefined ? null : join(path, name);
}

/**
 * The cells that an instrument's own software made: of Xenium from its tables, of MERSCOPE and CosMx as far as the
 * transcripts tell their cells.
 * Errors: `RESULT_INVALID` for other folders and for bundles without cells, and those of the bundle's reader.
 */
export async function openVendorCells(path: string, given: GivenFiles): Promise<JudgedResult> {
  const listing = await listFolder(path);
  const table = firstFile(listing, XENIUM_TRANSCRIPT_FILES);
  if (table !== null) return transcriptsInFolder(listing, join(path, table), given);
  const slide = await openSlide(path).catch((cause) => {
    if (!isSpatileError(cause) || cause.code !== 'PLATFORM_UNKNOWN') throw cause;
    throw resultInvalid(
      path,
      `the folder is no result that is read (found: ${[...listing.folders, ...listing.files.map(({ name }) => name)].slice(0, 20).join(', ')})`,
      'a SpatialData Zarr, the output of Proseg or Baysor, or a bundle of an instrument',
      'give one of these, or the table of transcripts itself',
      cause,
    );
  });
  return slideCells(slide, 'cell', given.polygons);
}

/** A Xenium bundle, or the truth of a simulated slide, which is laid out like one. */
async function transcriptsInFolder(
  listing: Listing,
  path: string,
  { bundle, polygons, minProbability }: GivenFiles,
): Promise<JudgedResult> {
  const table = await openTable(path);
  const columns = neededColumns(table);
  const prior = (await xeniumPriors(listing)).find(({ kind }) => kind === 'cell');
  const file = polygons ?? (hasFile(listing, TRUE_CELLS) ? join(listing.path, TRUE_CELLS) : null);
  return tableResult({
    program: columns.x === 'x_location' ? 'xenium' : 'table',
    name: basename(listing.path),
    facts: {},
    table: { files: [table], columns, minProbability },
    outlines: outlineReader(file, prior),
    bundle,
  });
}

/** The outlines of a file, which goes before those of a bundle; null without any. */
function outlineReader(file: string | null, prior: PriorSource | undefined): OutlineReader | null {
  if (file !== null) return (numberOf) => fileOutlines(file, numberOf);
  return prior === undefined ? null : (numberOf) => priorOutlines(prior, numberOf);
}

/**
 * Cells of an open bundle, or its nuclei: the transcripts of a cell that the instrument says lie in its nucleus.
 * Errors: `RESULT_INVALID` when the transcripts do not tell.
 */
export function slideCells(
  slide: SlideBundle,
  kind: 'cell' | 'nucleus',
  polygons: string | null = null,
): JudgedResult {
  const { transcripts, path, platform } = slide;
  if (!transcripts.has.cell || (kind === 'nucleus' && !transcripts.has.nuclear)) {
    throw resultInvalid(
      path,
      `the transcripts do not tell their ${kind} (platform ${platform})`,
      `a bundle with a ${kind} per transcript`,
      'judge another result',
    );
  }
  const cells = new CellNumbers();
  const outlines = outlineReader(
    polygons,
    slide.priors.find((each) => each.kind === kind),
  );
  const names: string[] = [];
  return {
    program: platform,
    name: kind === 'cell' ? slide.name : `${slide.name}, nuclei`,
    facts: {},
    assignments: () => slideVerdicts(slide, kind, cells, names),
    outlines: outlines === null ? null : () => outlines((id) => cells.numberOf(id)),
    genes: { names, batches: () => slideVerdicts(slide, kind, cells, names) },
  };
}

async function* slideVerdicts(
  { transcripts }: SlideBundle,
  kind: 'cell' | 'nucleus',
  cells: CellNumbers,
  names: string[],
): AsyncGenerator<AssignmentBatch & GeneBatch> {
  const wanted = { transcriptId: true, cell: true, nuclear: kind === 'nucleus', qv: true };
  const numberOf = [0];
  for await (const { firstRow, length, transcriptId, cell, nuclear, feature, qv } of transcripts.batches(
    wanted,
  )) {
    for (const id of transcripts.cellIds.slice(numberOf.length - 1)) numberOf.push(cells.numberOf(id));
    for (const { name } of transcripts.features.slice(names.length)) names.push(name);
    yield {
      length,
      transcriptId: transcriptId ?? BigUint64Array.from({ length }, (_, i) => BigInt(firstRow + i)),
      cell: cell!.map((code, i) => (nuclear === null || nuclear[i] === 1 ? numberOf[code] : 0)),
      gene: feature,
      qv,
    };
  }
}
