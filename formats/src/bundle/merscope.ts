import { basename, join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { SpatileError } from '../errors.ts';
import { checkColumns } from '../tabular/columns.ts';
import { kindOfName } from './feature-kind.ts';
import { firstFile, inputFile, type Listing } from './listing.ts';
import { merscopeImages } from './merscope-images.ts';
import { openTable } from './open-table.ts';
import type { OpenedBundle } from './opened.ts';
import type { Feature, Finding } from './slide.ts';
import { transcriptSource } from './transcripts.ts';

export const MERSCOPE_TRANSCRIPT_FILES = [
  'detected_transcripts.parquet',
  'detected_transcripts.csv',
  'detected_transcripts.csv.gz',
];

/**
 * Opens one region of a MERSCOPE run.
 *
 * Frame: global microns of the region, y down like the mosaic; z is the plane index times `zStepUm`. `transcript_id` of
 * these files names a gene's transcript and repeats, so it is not used; row numbers serve.
 * Errors: `INPUT_MISSING` without transcripts, `COLUMN_MISSING`, `COLUMN_TYPE`, `METADATA_INVALID`.
 */
export async function openMerscope(listing: Listing, config: RunConfig['input']): Promise<OpenedBundle> {
  const findings: Finding[] = [...listing.findings];
  const name = firstFile(listing, MERSCOPE_TRANSCRIPT_FILES);
  if (!name) throw noTranscripts(listing);
  const table = await openTable(join(listing.path, name));
  const has = (column: string): boolean => table.columns.some((found) => found.name === column);
  checkColumns(
    table,
    [
      { name: 'global_x', use: 'number' },
      { name: 'global_y', use: 'number' },
      { name: 'gene', use: 'name' },
      ...(has('global_z') ? [{ name: 'global_z', use: 'number' } as const] : []),
      ...(has('cell_id') ? [{ name: 'cell_id', use: 'id' } as const] : []),
    ],
    'expected the detected_transcripts of a MERSCOPE region; export it again',
  );
  if (has('global_z')) {
    findings.push({
      level: 'info',
      code: 'MERSCOPE_Z',
      message: `global_z is a plane number; z is that number times ${config.zStepUm} um (input.zStepUm)`,
    });
  }
  const transcripts = transcriptSource(
    table,
    {
      x: { name: 'global_x', scaleUm: 1 },
      y: { name: 'global_y', scaleUm: 1 },
      z: has('global_z') ? { name: 'global_z', scaleUm: config.zStepUm } : null,
      feature: 'gene',
      qv: null,
      transcriptId: null,
      cell: has('cell_id')
        ? { name: 'cell_id', within: null, isNone: (id) => id === '' || id === '-1' }
        : null,
      nuclear: null,
      isGene: null,
      category: null,
    },
    ({ name: gene }): Feature => ({
      name: gene,
      kind: /^blank/i.test(gene) ? 'blank' : (kindOfName(gene) ?? 'gene'),
    }),
  );
  const { images, pixelSizeUm, inputs } = await merscopeImages(listing, findings);
  return {
    platform: 'merscope',
    platformVersion: null,
    layoutVersion: null,
    path: listing.path,
    name: basename(listing.path),
    transcripts,
    images,
    extentUm: null,
    pixelSizeUm,
    inputs: [await inputFile(listing.path, 'transcripts', name), ...inputs],
    findings,
  };
}

function noTranscripts(listing: Listing): SpatileError {
  const regions = listing.folders.filter((name) => /^region_/.test(name));
  const found = regions.length > 0 ? `found: the regions ${regions.join(', ')}` : 'no such file';
  const advice =
    regions.length > 0
      ? `give one of them, such as ${join(listing.path, regions[0])}`
      : 'give the folder of one region';
  return new SpatileError(
    'INPUT_MISSING',
    `${listing.path}: no detected_transcripts.csv or .parquet (${found}); expected the output of one MERSCOPE region; ${advice}`,
    { fields: { file: listing.path } },
  );
}
