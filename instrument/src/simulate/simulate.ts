import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { growRect } from '@spatile/formats/space';
import { RandomStream } from '@spatile/random/stream';
import { SimulateKernel } from '../../kernels/bind.ts';
import { blockIndex, blockRect } from './blocks.ts';
import { BundleTables } from './bundle.ts';
import { CellFeatureMatrix } from './cell-feature-matrix.ts';
import { Emission } from './emission.ts';
import { writeImages } from './image/write-images.ts';
import { experimentJson, genePanelJson } from './manifest.ts';
import { writeMetrics } from './metrics-summary.ts';
import { resolveSettings, type SimulateOptions } from './options.ts';
import { writeProfiles } from './profiles-table.ts';
import { QuickStream } from './quick-stream.ts';
import { readReference } from './reference.ts';
import { share } from './share.ts';
import { slideForTranscripts } from './sizing.ts';
import { Tissue } from './tissue.ts';
import { drawTranscriptome, type Transcriptome } from './transcriptome.ts';
import { TranscriptBuffer } from './transcripts.ts';
import { TruthTables } from './truth.ts';
import { Vendor } from './vendor.ts';
import { VendorMap } from './vendor-map.ts';
import { writeError, writing } from './write-errors.ts';

export interface SimulateSummary {
  out: string;
  truth: string;
  sizeUm: number;
  seed: number;
  genes: number;
  /** True cells, and cells of the vendor's segmentation. */
  cells: number;
  vendorCells: number;
  transcripts: number;
}

export interface SimulateProgress {
  step: 'transcripts' | 'image';
  /** Blocks (or image tiles) done and in all. */
  done: number;
  total: number;
  transcripts: number;
}

/** Nearly all transcripts of a block's cells are seen within this distance of the block. */
const VENDOR_HALO_UM = 40;

/**
 * Simulates a slide and writes a Xenium-shaped bundle and, in another folder, the truth about it. Same options, same
 * bytes. Memory grows with cells, not with transcripts; `experiment.xenium` comes last, so a bundle without it is
 * unfinished. Errors: `USAGE`, `OUTPUT_EXISTS`, `OUTPUT_UNWRITABLE`, `DISK_FULL`, and those of `readReference`.
 */
export async function simulateSlide(
  options: SimulateOptions,
  progress: (event: SimulateProgress) => void = () => {},
): Promise<SimulateSummary> {
  const { emission, transcriptome } = await prepare(options);
  const { tissue } = emission;
  const { settings } = tissue;
  const { panel } = transcriptome;
  const { out } = options;
  const truth = options.truth ?? `${out.replace(/[/\\]+$/, '')}.truth`;
  for (const folder of [out, truth]) makeEmptyFolder(folder);

  const vendor = new Vendor(tissue);
  const { columns, rows } = tissue.grid;
  const matrix = await CellFeatureMatrix.create(join(out, 'cell_feature_matrix.h5'), panel, columns);
  const tables = new BundleTables(out, panel, matrix);
  const truthTables = new TruthTables(truth, panel.typeNames);
  const buffer = new TranscriptBuffer();
  const mapKernel = new SimulateKernel();
  let transcripts = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const block = blockIndex(tissue.grid, column, row);
      emission.fill(column, row, buffer);
      const order = shuffledOrder(settings.seed, column, row, buffer.length);
      const nuclei = vendor.around(column, row);
      const map = new VendorMap(nuclei, growRect(blockRect(column, row), VENDOR_HALO_UM), mapKernel);
      tables.outlines(block, nuclei, map);
      tables.transcripts(block, `${fovRow(row)}${column + 1}`, buffer, order, nuclei, map);
      truthTables.block(block, tissue.block(column, row), buffer, order);
      transcripts += order.length;
      progress({ step: 'transcripts', done: block + 1, total: columns * rows, transcripts });
      // Lets signals and timers in between blocks.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await matrix.rowDone(row);
  }
  tables.finish();
  await matrix.finish();
  const { genesPerCell } = matrix;
  writeMetrics(join(out, 'metrics_summary.csv'), settings, { ...tables.totals, genesPerCell });
  truthTables.finish(settings, panel);
  writeProfiles(join(truth, 'profiles.parquet'), transcriptome);
  if (options.images ?? true) {
    try {
      await writeImages(join(out, 'morphology_focus'), tissue, (done, total) =>
        progress({ step: 'image', done, total, transcripts }),
      );
    } catch (cause) {
      throw writeError(join(out, 'morphology_focus'), cause);
    }
  }
  writeJson(join(out, 'gene_panel.json'), genePanelJson(panel));
  writeJson(
    join(out, 'experiment.xenium'),
    experimentJson(settings, tables.vendorCells, options.images ?? true),
  );
  return {
    out,
    truth,
    sizeUm: settings.sizeUm,
    seed: settings.seed,
    genes: settings.genes,
    cells: truthTables.cells,
    vendorCells: tables.vendorCells,
    transcripts,
  };
}

/** What the options ask for, and the slide, whose size is known at last. */
async function prepare(
  options: SimulateOptions,
): Promise<{ emission: Emission; transcriptome: Transcriptome }> {
  // Wrong options are told before a file is read.
  resolveSettings(options);
  const reference =
    options.reference === undefined
      ? null
      : await readReference(options.reference, options.referenceScale ?? 'linear');
  const settings = resolveSettings(options, reference);
  const transcriptome = drawTranscriptome(settings, reference);
  const emission =
    options.transcripts === undefined
      ? new Emission(new Tissue(settings), transcriptome)
      : slideForTranscripts(settings, transcriptome, options.transcripts);
  return { emission, transcriptome };
}

function makeEmptyFolder(folder: string): void {
  writing(folder, () => mkdirSync(folder, { recursive: true }));
  if (readdirSync(folder).length > 0) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${folder}: the folder is not empty; expected a new or empty folder; remove it or choose another one`,
      { fields: { path: folder } },
    );
  }
}

function writeJson(path: string, value: unknown): void {
  writing(path, () => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`));
}

/** Transcripts leave a block in random order, so that neither rows nor ids tell which cell they come from. */
function shuffledOrder(seed: number, column: number, row: number, length: number): Uint32Array {
  const quick = new QuickStream(new RandomStream(seed, 'order', column, row));
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) {
    const j = Math.floor((i + 1) * share(quick));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

/** A, B, ..., Z, AA, AB, ... */
function fovRow(row: number): string {
  const letter = String.fromCharCode(65 + (row % 26));
  return row < 26 ? letter : fovRow(Math.floor(row / 26) - 1) + letter;
}
