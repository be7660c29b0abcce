import { basename, dirname, join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { SpatileError } from '../errors.ts';
import { type ColumnUse, checkColumns, type TableFile } from '../tabular/columns.ts';
import { kindOfCategory, kindOfFeatureType, kindOfName } from './feature-kind.ts';
import { firstFile, hasFile, inputFile, type Listing } from './listing.ts';
import { openTable } from './open-table.ts';
import type { OpenedBundle } from './opened.ts';
import type { Feature, FeatureKind, Finding } from './slide.ts';
import { type FeatureFacts, transcriptSource } from './transcripts.ts';
import { readExperiment } from './xenium-experiment.ts';
import { xeniumImages } from './xenium-images.ts';
import { readPanel, type XeniumPanel } from './xenium-panel.ts';

export const XENIUM_TRANSCRIPT_FILES = ['transcripts.parquet', 'transcripts.csv.gz', 'transcripts.csv'];

/**
 * Opens a Xenium `outs` folder of XOA 1 to 4, or a part of one that has at least the transcripts.
 *
 * Frame: microns from the upper left corner of the morphology image, y down, as in the file.
 * Errors: `INPUT_MISSING` without transcripts, `COLUMN_MISSING`, `COLUMN_TYPE`, `METADATA_INVALID`, `PARQUET_INVALID`.
 */
export async function openXenium(listing: Listing, config: RunConfig['input']): Promise<OpenedBundle> {
  const findings = [...listing.findings];
  const experiment = await readExperiment(listing, findings);
  const { table, name } = await openTranscripts(listing);
  const has = checkXeniumColumns(table, config.minQv);
  const panel = await readPanel(listing);
  const { images, pixelSizeUm, inputs } = await xeniumImages(listing, experiment.pixelSizeUm, findings);
  const transcripts = transcriptSource(
    table,
    {
      x: { name: 'x_location', scaleUm: 1 },
      y: { name: 'y_location', scaleUm: 1 },
      z: has('z_location') ? { name: 'z_location', scaleUm: 1 } : null,
      feature: 'feature_name',
      qv: has('qv') ? 'qv' : null,
      transcriptId: has('transcript_id') ? 'transcript_id' : null,
      cell: has('cell_id') ? { name: 'cell_id', within: null, isNone: isUnassigned(findings) } : null,
      nuclear: has('overlaps_nucleus')
        ? { name: 'overlaps_nucleus', isInside: (text) => /^(1|1\.0|true)$/i.test(text) }
        : null,
      isGene: has('is_gene') ? 'is_gene' : null,
      category: has('codeword_category') ? 'codeword_category' : null,
    },
    (facts) => xeniumFeature(facts, panel, findings),
  );
  const specs = hasFile(listing, 'experiment.xenium')
    ? [await inputFile(listing.path, 'experiment', 'experiment.xenium')]
    : [];
  return {
    platform: 'xenium',
    platformVersion: experiment.versionText,
    layoutVersion: experiment.version,
    path: listing.path,
    name: experiment.regionName ?? folderName(listing.path),
    transcripts,
    images,
    extentUm: null,
    pixelSizeUm,
    inputs: [await inputFile(listing.path, 'transcripts', name), ...specs, ...panel.inputs, ...inputs],
    findings,
  };
}

async function openTranscripts(listing: Listing): Promise<{ table: TableFile; name: string }> {
  const name = firstFile(listing, XENIUM_TRANSCRIPT_FILES);
  if (name) return { table: await openTable(join(listing.path, name)), name };
  throw new SpatileError(
    'INPUT_MISSING',
    `${listing.path}: no transcripts (found: ${listing.files.map((file) => file.name).join(', ') || 'no files'}); expected transcripts.parquet or transcripts.csv.gz; give the complete "outs" folder`,
    { fields: { file: listing.path } },
  );
}

/** Columns that XOA 1.0 has already are required; the others are used when they are there. */
function checkXeniumColumns(table: TableFile, minQv: number | null): (name: string) => boolean {
  const has = (name: string): boolean => table.columns.some((column) => column.name === name);
  const optional: { name: string; use: ColumnUse }[] = [
    { name: 'z_location', use: 'number' },
    { name: 'transcript_id', use: 'integer' },
    { name: 'cell_id', use: 'id' },
    { name: 'overlaps_nucleus', use: 'flag' },
    { name: 'is_gene', use: 'flag' },
    { name: 'codeword_category', use: 'name' },
    { name: 'qv', use: 'number' },
  ];
  checkColumns(
    table,
    [
      { name: 'feature_name', use: 'name' },
      { name: 'x_location', use: 'number' },
      { name: 'y_location', use: 'number' },
      ...optional.filter(({ name }) => has(name) || (name === 'qv' && minQv !== null)),
    ],
    'expected the transcripts of a Xenium bundle of XOA 1.0 or later; export it again (without "qv", set input.minQv to null)',
  );
  return has;
}

/** Every way bundles say that a transcript is in no cell; another spelling of UNASSIGNED is accepted with a warning. */
function isUnassigned(findings: Finding[]): (id: string) => boolean {
  return (id) => {
    if (id === '' || id === 'UNASSIGNED' || id === '-1' || id === '0') return true;
    if (id.toUpperCase() !== 'UNASSIGNED') return false;
    findings.push({
      level: 'warning',
      code: 'XENIUM_UNASSIGNED',
      message: `cell_id "${id}" is taken to mean that a transcript is in no cell, though bundles write UNASSIGNED`,
    });
    return true;
  };
}

/** Order of trust: `is_gene`, `codeword_category`, the matrix's feature type, the name. */
function xeniumFeature(
  { name, isGene, category }: FeatureFacts,
  panel: XeniumPanel,
  findings: Finding[],
): Feature {
  const id = panel.ids.get(name);
  return { name, kind: xeniumKind(name, isGene, category, panel, findings), ...(id !== undefined && { id }) };
}

function xeniumKind(
  name: string,
  isGene: boolean | null,
  category: string | null,
  panel: XeniumPanel,
  findings: Finding[],
): FeatureKind {
  const byCategory = category === null ? null : kindOfCategory(category);
  if (category !== null && byCategory === null) reportCategory(category, findings);
  if (isGene === true) return 'gene';
  const byType = kindOfFeatureType(panel.types.get(name) ?? '');
  const candidates = [byCategory, category === null ? byType : null, kindOfName(name)];
  if (isGene === false) return candidates.find((kind) => kind !== null && kind !== 'gene') ?? 'other_control';
  if (category !== null) return byCategory ?? kindOfName(name) ?? 'other_control';
  return byType ?? kindOfName(name) ?? 'gene';
}

function reportCategory(category: string, findings: Finding[]): void {
  const message = `codeword_category "${category}" is not known, so its features are kept as controls unless is_gene says otherwise`;
  if (findings.some((finding) => finding.message === message)) return;
  findings.push({ level: 'warning', code: 'XENIUM_CATEGORY', message });
}

/** A folder called `outs` says nothing; the one above it does. */
function folderName(path: string): string {
  return basename(path) === 'outs' ? basename(dirname(path)) : basename(path);
}
