import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Finding, InputFile, PriorSource } from '@spatile/formats/bundle/slide';
import type { RunConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import { MANIFEST_FILE } from '@spatile/formats/model/store';
import type { RectUm } from '@spatile/formats/space';
import type { OpenedInput } from '../run/open.ts';
import type { RoundRunner } from '../run/rounds.ts';
import type { RunStore } from '../run/store.ts';
import { binExtent } from '../scan/grid.ts';
import type { Scan } from '../scan/scan.ts';
import type { SegmentedCell } from './cells.ts';
import { networkFor } from './networks.ts';
import { planSegment, runSegment, type Segmented, type SegmentPlan, segmentArea } from './round.ts';
import { type SegmentSetup, segmentSetup, wantsSegmentation } from './setup.ts';

/** The segment stage of a run, decided and planned; `setup.image` is open. */
export interface SegmentStage {
  setup: SegmentSetup;
  plan: SegmentPlan;
  findings: Finding[];
}

/** Below this share of the transcripts' area an image is said not to cover it. */
const COVERED = 0.9;

/**
 * The segment stage of a run, or null when it goes by a prior segmentation.
 * Errors: those of the image readers, `CONFIG_INVALID`, `MODEL_MISSING`, `MODEL_INVALID`, `INPUT_MISSING` without an image,
 * `IMAGE_INVALID` when image and transcripts do not overlap, `MEMORY_LIMIT`.
 */
export async function openSegmentStage(
  { bundle }: Pick<OpenedInput, 'bundle'>,
  config: RunConfig,
  scan: Scan,
): Promise<SegmentStage | null> {
  const hasCellIds = bundle.transcripts.has.cell && scan.cellIds.length > 0;
  if (!wantsSegmentation(bundle, config, hasCellIds)) return null;
  const setup = await segmentSetup(bundle, config.segment);
  try {
    const plan = planSegment(setup, segmentArea(extentOf(scan)), config);
    return { setup, plan, findings: findingsOf(setup, plan) };
  } catch (error) {
    await setup.image.close();
    throw error;
  }
}

/** Segments the images of a run and closes them. */
export async function segmentRun(
  stage: SegmentStage | null,
  { config, store, runner }: { config: RunConfig; store: RunStore; runner: RoundRunner },
): Promise<{ result: Segmented; priors: PriorSource[]; findings: Finding[] } | null> {
  if (stage === null) return null;
  try {
    const result = await runSegment(stage.setup, stage.plan, config, store, runner);
    return {
      result,
      priors: segmentedPriors(result),
      findings: [...stage.findings, ...resultFindings(result)],
    };
  } finally {
    await stage.setup.image.close();
  }
}

/** Remarks on what was found. */
function resultFindings({ diagnostics, cells }: Segmented): Finding[] {
  const { cutByHalo } = diagnostics;
  if (cutByHalo === 0) return [];
  return [
    {
      level: 'warning',
      code: 'SEGMENT_CUT',
      message: `${cutByHalo} of ${cells.length} segmented cells reach beyond the halo of their tile and may be cut (raise segment.haloUm)`,
    },
  ];
}

function findingsOf({ method, image, grid, channels }: SegmentSetup, { covered }: SegmentPlan): Finding[] {
  const names = channels.map((channel) => image.channels[channel]).join(', ');
  const findings: Finding[] = [
    {
      level: 'info',
      code: 'SEGMENT_METHOD',
      message: `nuclei and cells come from image ${image.name} (${names}) by ${method}, at ${grid.pixelSizeUm.toFixed(3)} um per pixel`,
    },
  ];
  if (covered < COVERED) {
    findings.push({
      level: 'warning',
      code: 'SEGMENT_IMAGE_PARTIAL',
      message: `image ${image.name} covers ${(100 * covered).toFixed(0)} % of the area of the transcripts; cells are found there only (check its pixel size and place if it should cover all)`,
    });
  }
  return findings;
}

/** Rectangle around the bins of the kept transcripts, microns. */
function extentOf({ bins, binUm }: Scan): RectUm {
  const { column0, row0, columns, rows } = binExtent(bins);
  const [x1, y1] = [column0 + columns, row0 + rows];
  return { x0: column0 * binUm, y0: row0 * binUm, x1: x1 * binUm, y1: y1 * binUm };
}

/** The segmented nuclei and cells as a prior of the run: nuclei, and outlines of cells that were found by more than growth. */
export function segmentedPriors({ cells, method, imageName }: Segmented): PriorSource[] {
  const source = (kind: 'nucleus' | 'cell', rings: (cell: SegmentedCell) => Float64Array[]): PriorSource => ({
    kind,
    origin: `${kind === 'nucleus' ? 'nuclei' : 'cells'} of image ${imageName} by ${method}`,
    findings: [],
    async *outlines() {
      for (const cell of cells) {
        const own = rings(cell);
        if (own.length > 0) yield { cellId: cell.id, rings: own };
      }
    },
  });
  const priors: PriorSource[] = [];
  if (cells.hasRings('nucleus')) priors.push(source('nucleus', ({ nucleusRings }) => nucleusRings));
  if (cells.hasRings('cell')) priors.push(source('cell', ({ cellRings }) => cellRings));
  return priors;
}

/** Files of the user's own that the segment stage depends on. Errors: `INPUT_MISSING`, those of `networkFor`. */
export async function segmentInputs({ segment }: RunConfig): Promise<InputFile[]> {
  const inputs: InputFile[] = [];
  if (segment.image !== null) inputs.push(await inputOf('image', segment.image, basename(segment.image)));
  for (const model of [segment.model, segment.boundaryModel]) {
    if (model === null) continue;
    // The manifest holds the hash of the weights.
    const { name, folder } = await networkFor(null, model, segment.provider);
    inputs.push(await inputOf('model', join(folder, MANIFEST_FILE), `${name}/${MANIFEST_FILE}`));
  }
  return inputs;
}

async function inputOf(role: string, path: string, name: string): Promise<InputFile> {
  const found = await stat(path).catch((cause) => {
    throw new SpatileError(
      'INPUT_MISSING',
      `${path}: does not exist; expected the ${role} to segment with; check the path`,
      { cause },
    );
  });
  return { role, path, name, sizeBytes: found.size };
}
