import { join } from 'node:path';
import type { RunConfig } from '../config/schema.ts';
import { SpatileError } from '../errors.ts';
import { checkColumns } from '../tabular/columns.ts';
import { FIELD_FOLDERS, fieldImages, fieldNames } from './cosmx-fields.ts';
import { positionsPixelSizeUm } from './cosmx-positions.ts';
import { kindOfName } from './feature-kind.ts';
import { inputFile, type Listing } from './listing.ts';
import { openTable } from './open-table.ts';
import type { OpenedBundle } from './opened.ts';
import type { Feature, Finding } from './slide.ts';
import { transcriptSource } from './transcripts.ts';

export const COSMX_TRANSCRIPT_FILE = /_tx_file\.(csv|csv\.gz|parquet)$/;
const POSITIONS_FILE = /_fov_positions_file\.csv(\.gz)?$/;
const IMAGE_FOLDERS = /^(CellComposite|CellOverlay|Morphology2D|CellLabels|CompartmentLabels)$/;

/**
 * Opens the flat files of one CosMx slide.
 *
 * Frame: global pixels times `cosmxPixelSizeUm`; global y runs up in these exports, so y is negated to run down like
 * everywhere in spatile (`cosmxToUm`, which the outlines use too). A cell id is `<fov>_<cell_ID>`.
 * Errors: `INPUT_MISSING` without a transcript file, `PLATFORM_UNKNOWN` with several, `COLUMN_MISSING`, `COLUMN_TYPE`.
 */
export async function openCosmx(listing: Listing, config: RunConfig['input']): Promise<OpenedBundle> {
  const findings: Finding[] = [...listing.findings];
  const name = transcriptFile(listing);
  const table = await openTable(join(listing.path, name));
  const has = (column: string): boolean => table.columns.some((found) => found.name === column);
  checkColumns(
    table,
    [
      { name: 'fov', use: 'id' },
      { name: 'target', use: 'name' },
      { name: 'x_global_px', use: 'number' },
      { name: 'y_global_px', use: 'number' },
      ...(has('z') ? [{ name: 'z', use: 'number' } as const] : []),
      ...(has('cell_ID') ? [{ name: 'cell_ID', use: 'id' } as const] : []),
      ...(has('CellComp') ? [{ name: 'CellComp', use: 'flag' } as const] : []),
    ],
    'expected the transcript table of a CosMx export with global pixels; export it again',
  );
  const pixelSizeUm = config.cosmxPixelSizeUm;
  describeFrame(pixelSizeUm, config.zStepUm, has('z'), listing, findings);
  const inputs = [await inputFile(listing.path, 'transcripts', name)];
  const positions = listing.files.find((file) => POSITIONS_FILE.test(file.name))?.name;
  if (positions) {
    inputs.push(await inputFile(listing.path, 'positions', positions));
    await comparePixelSize(listing, positions, pixelSizeUm, findings);
  }
  const folder = FIELD_FOLDERS.find((name) => listing.folders.includes(name));
  for (const name of folder === undefined ? [] : await fieldNames(join(listing.path, folder)))
    inputs.push(await inputFile(listing.path, 'image', `${folder}/${name}`));
  const transcripts = transcriptSource(
    table,
    {
      x: { name: 'x_global_px', scaleUm: pixelSizeUm },
      y: { name: 'y_global_px', scaleUm: -pixelSizeUm },
      z: has('z') ? { name: 'z', scaleUm: config.zStepUm } : null,
      feature: 'target',
      qv: null,
      transcriptId: null,
      cell: has('cell_ID')
        ? { name: 'cell_ID', within: 'fov', isNone: (id) => id === '0' || id === '' }
        : null,
      nuclear: has('CellComp') ? { name: 'CellComp', isInside: (text) => text === 'Nuclear' } : null,
      isGene: null,
      category: null,
    },
    ({ name: target }): Feature => ({ name: target, kind: cosmxKind(target) }),
  );
  return {
    platform: 'cosmx',
    platformVersion: null,
    layoutVersion: null,
    path: listing.path,
    name: name.replace(COSMX_TRANSCRIPT_FILE, ''),
    transcripts,
    images: [],
    fieldImages:
      folder === undefined ? null : fieldImages(listing.path, folder, positions ?? null, table, pixelSizeUm),
    extentUm: null,
    pixelSizeUm,
    inputs,
    findings,
  };
}

function transcriptFile(listing: Listing): string {
  const names = listing.files.map((file) => file.name).filter((name) => COSMX_TRANSCRIPT_FILE.test(name));
  // The same table may lie there twice, packed and unpacked; two slides may not.
  const slides = new Set(names.map((name) => name.replace(COSMX_TRANSCRIPT_FILE, '')));
  if (slides.size > 1) {
    throw new SpatileError(
      'PLATFORM_UNKNOWN',
      `${listing.path}: the folder holds several CosMx slides (${names.join(', ')}); expected one; put each into a folder of its own`,
      { fields: { file: listing.path } },
    );
  }
  if (names.length > 0) return names[0];
  throw new SpatileError(
    'INPUT_MISSING',
    `${listing.path}: no transcript table (found: ${listing.files.map((file) => file.name).join(', ') || 'no files'}); expected a file named *_tx_file.csv; give the folder with the flat files`,
    { fields: { file: listing.path } },
  );
}

/** `Negative...` and `NegPrb...` are probes without a target, `FalseCode...` and `SystemControl...` unused codewords. */
function cosmxKind(target: string): Feature['kind'] {
  if (/^(NegPrb|Negative)/.test(target)) return 'negative_control_probe';
  return kindOfName(target) ?? 'gene';
}

function describeFrame(
  pixelSizeUm: number,
  zStepUm: number,
  hasZ: boolean,
  listing: Listing,
  findings: Finding[],
): void {
  findings.push({
    level: 'info',
    code: 'COSMX_FRAME',
    message: `the slide's frame is x = x_global_px and y = -y_global_px times ${pixelSizeUm} um (input.cosmxPixelSizeUm), so that y runs down`,
  });
  if (hasZ) {
    findings.push({
      level: 'info',
      code: 'COSMX_Z',
      message: `z is a plane number times ${zStepUm} um (input.zStepUm)`,
    });
  }
  const folders = listing.folders.filter((folder) => IMAGE_FOLDERS.test(folder));
  if (folders.length > 0) {
    findings.push({
      level: 'info',
      code: 'COSMX_IMAGES',
      message: `the images per field of view (${folders.join(', ')}) are not copied; those of ${FIELD_FOLDERS.join(' or ')} are placed by positions and transcripts when the slide is segmented`,
    });
  }
}

async function comparePixelSize(
  listing: Listing,
  name: string,
  pixelSizeUm: number,
  findings: Finding[],
): Promise<void> {
  const stated = await positionsPixelSizeUm(join(listing.path, name));
  if (stated === null || Math.abs(stated - pixelSizeUm) <= 0.01 * pixelSizeUm) return;
  findings.push({
    level: 'warning',
    code: 'COSMX_PIXEL_SIZE',
    message: `${name} gives positions in pixels and mm that mean ${stated.toPrecision(5)} um per pixel, but ${pixelSizeUm} is used; set input.cosmxPixelSizeUm`,
  });
}
