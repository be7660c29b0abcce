import type { Feature, SlideBundle } from '@spatile/formats/bundle/slide';
import { SpatileError } from '@spatile/formats/errors';
import type { RowGroupDecoder } from '@spatile/formats/parquet/row-groups';
import {
  type FilterCounts,
  type FilterRules,
  invalidCoordinatesError,
  keptRows,
  noneFiltered,
} from './filter.ts';
import { type Bins, DensityGrid } from './grid.ts';
import { StrideSample } from './sample.ts';

/** Points the tissue plane is fitted to at the most (as the reference does). */
const Z_SAMPLE = 1 << 20;

/** What one pass over the transcripts tells: everything the plan and the model's frame need, in memory that does not grow with rows. */
export interface Scan {
  rows: number;
  kept: number;
  filtered: FilterCounts;
  /** In the order first met, with the kept transcripts of each. */
  features: Feature[];
  featureCounts: Float64Array;
  /** Vendor cells in the order first met: what their kept gene transcripts say about where they are. */
  cellIds: string[];
  cellTally: CellTally;
  hasZ: boolean;
  anyNuclear: boolean;
  bins: Bins;
  binUm: number;
  zSample: { x: Float32Array; y: Float32Array; z: Float32Array };
}

/** Per vendor cell: kept gene transcripts, those in a nucleus, and where they lie, in microns. */
export interface CellTally {
  transcripts: Uint32Array;
  sumX: Float64Array;
  sumY: Float64Array;
  nuclear: Uint32Array;
  nuclearSumX: Float64Array;
  nuclearSumY: Float64Array;
  /** Bounding box of the nuclear transcripts if there are any, else of all; zeros where there is no transcript. */
  minX: Float32Array;
  maxX: Float32Array;
  minY: Float32Array;
  maxY: Float32Array;
}

class GrowingTally {
  private capacity = 1024;
  private arrays = GrowingTally.allocate(this.capacity);

  private static allocate(n: number): CellTally {
    return {
      transcripts: new Uint32Array(n),
      sumX: new Float64Array(n),
      sumY: new Float64Array(n),
      nuclear: new Uint32Array(n),
      nuclearSumX: new Float64Array(n),
      nuclearSumY: new Float64Array(n),
      minX: new Float32Array(n),
      maxX: new Float32Array(n),
      minY: new Float32Array(n),
      maxY: new Float32Array(n),
    };
  }

  add(cell: number, x: number, y: number, nuclear: boolean): void {
    if (cell >= this.capacity) {
      const grown = GrowingTally.allocate(Math.max(cell + 1, this.capacity * 2));
      for (const key of Object.keys(grown) as (keyof CellTally)[]) grown[key].set(this.arrays[key]);
      this.capacity = grown.transcripts.length;
      this.arrays = grown;
    }
    const tally = this.arrays;
    growBox(tally, cell, x, y, nuclear);
    tally.transcripts[cell]++;
    tally.sumX[cell] += x;
    tally.sumY[cell] += y;
    if (nuclear) {
      tally.nuclear[cell]++;
      tally.nuclearSumX[cell] += x;
      tally.nuclearSumY[cell] += y;
    }
  }

  finish(cells: number): CellTally {
    const out = GrowingTally.allocate(cells);
    for (const key of Object.keys(out) as (keyof CellTally)[])
      out[key].set(this.arrays[key].subarray(0, cells));
    return out;
  }
}

/** Takes a point into the box of a cell; called before the point is counted. The first nuclear point starts a new box. */
function growBox(tally: CellTally, cell: number, x: number, y: number, nuclear: boolean): void {
  const { transcripts, minX, maxX, minY, maxY } = tally;
  const anyNuclear = tally.nuclear[cell] > 0;
  if (nuclear ? !anyNuclear : transcripts[cell] === 0) {
    minX[cell] = maxX[cell] = x;
    minY[cell] = maxY[cell] = y;
  } else if (nuclear || !anyNuclear) {
    minX[cell] = Math.min(minX[cell], x);
    maxX[cell] = Math.max(maxX[cell], x);
    minY[cell] = Math.min(minY[cell], y);
    maxY[cell] = Math.max(maxY[cell], y);
  }
}

/**
 * One streaming pass over all transcripts.
 * Errors: `COORDINATES_INVALID` (unless they are to be dropped), `TRANSCRIPTS_NONE`, `CROP_EMPTY`.
 */
export async function scanTranscripts(
  bundle: SlideBundle,
  rules: FilterRules,
  binUm: number,
  onRows: (rows: number) => void,
  decoder: RowGroupDecoder | null = null,
): Promise<Scan> {
  const source = bundle.transcripts;
  const grid = new DensityGrid(binUm);
  const sample = new StrideSample(Z_SAMPLE);
  const tally = new GrowingTally();
  const filtered = noneFiltered();
  let featureCounts = new Float64Array(1024);
  let rows = 0;
  let kept = 0;
  let firstInvalid = -1;
  let anyNuclear = false;
  const wanted = { z: true, qv: rules.minQv !== null, cell: true, nuclear: true, transcriptId: false };
  for await (const batch of source.batches(wanted, decoder)) {
    const invalidBefore = filtered.invalidCoordinates;
    const rowsKept = keptRows(batch, rules, filtered);
    if (firstInvalid < 0 && filtered.invalidCoordinates > invalidBefore)
      firstInvalid = firstInvalidRow(batch);
    if (source.features.length > featureCounts.length) {
      const grown = new Float64Array(source.features.length * 2);
      grown.set(featureCounts);
      featureCounts = grown;
    }
    for (const i of rowsKept) {
      const x = batch.x[i];
      const y = batch.y[i];
      const feature = batch.feature[i];
      featureCounts[feature]++;
      grid.add(x, y);
      if (batch.z !== null) sample.add(x, y, batch.z[i]);
      const nuclear = batch.nuclear !== null && batch.nuclear[i] === 1;
      anyNuclear ||= nuclear;
      if (batch.cell !== null && batch.cell[i] > 0 && source.features[feature].kind === 'gene')
        tally.add(batch.cell[i] - 1, x, y, nuclear);
    }
    rows += batch.length;
    kept += rowsKept.length;
    onRows(rows);
  }
  if (filtered.invalidCoordinates > 0 && !rules.dropInvalid)
    throw invalidCoordinatesError(tableName(bundle), filtered.invalidCoordinates, firstInvalid);
  checkSomethingKept(bundle, rules, rows, kept, filtered);
  const cellIds = [...source.cellIds];
  return {
    rows,
    kept,
    filtered,
    features: source.features.map((feature) => ({ ...feature })),
    featureCounts: featureCounts.slice(0, source.features.length),
    cellIds,
    cellTally: tally.finish(cellIds.length),
    hasZ: source.has.z,
    anyNuclear,
    bins: grid.bins(),
    binUm,
    zSample: {
      x: sample.x.slice(0, sample.length),
      y: sample.y.slice(0, sample.length),
      z: sample.z.slice(0, sample.length),
    },
  };
}

function firstInvalidRow(batch: {
  firstRow: number;
  length: number;
  x: Float32Array;
  y: Float32Array;
  z: Float32Array | null;
}): number {
  for (let i = 0; i < batch.length; i++) {
    if (
      !Number.isFinite(batch.x[i]) ||
      !Number.isFinite(batch.y[i]) ||
      (batch.z !== null && !Number.isFinite(batch.z[i]))
    )
      return batch.firstRow + i;
  }
  return -1;
}

/** The file that holds the transcripts, as messages name it. */
function tableName(bundle: SlideBundle): string {
  return bundle.inputs.find(({ role }) => role === 'transcripts')?.name ?? bundle.name;
}

function checkSomethingKept(
  bundle: SlideBundle,
  rules: FilterRules,
  rows: number,
  kept: number,
  filtered: FilterCounts,
): void {
  if (kept > 0) return;
  if (rows === 0) {
    throw new SpatileError(
      'TRANSCRIPTS_NONE',
      `${tableName(bundle)}: the transcript table holds 0 rows; expected at least one transcript; check that the export is complete`,
    );
  }
  if (filtered.outsideCrop > 0 && filtered.lowQuality + filtered.invalidCoordinates < rows) {
    throw new SpatileError(
      'CROP_EMPTY',
      `${tableName(bundle)}: the selection covers none of the ${rows - filtered.lowQuality - filtered.invalidCoordinates} transcripts; expected a selection in microns on this slide; check --crop-unit and that the selection belongs to this sample`,
    );
  }
  throw new SpatileError(
    'TRANSCRIPTS_NONE',
    `${tableName(bundle)}: none of ${rows} transcripts passed the filters (${filtered.lowQuality} below quality ${rules.minQv}, ${filtered.invalidCoordinates} with invalid coordinates); expected at least one; lower it with --set input.minQv=…`,
  );
}
