import type { TileState } from '@spatile/formats/tile/state';
import type { TileStates } from '../assign/states.ts';
import type { PartitionColumns } from '../partition/columns.ts';
import type { RegionReader } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';
import { CountCollector } from './counts.ts';

/**
 * Agreement with the vendor's per-transcript cells, over kept gene transcripts. The vendor counts as assigning a transcript
 * only when its cell is a cell of this run: transcripts of vendor cells outside the selection, of cells dropped with
 * `prior.cellsWithoutNucleus` and of cells known by too few transcripts count as unassigned by the vendor.
 */
export interface VendorComparison {
  /** Same cell in both; another cell; only the vendor assigns; only spatile assigns; neither. */
  same: number;
  different: number;
  vendorOnly: number;
  spatileOnly: number;
  neither: number;
}

export interface TileTally {
  tile: string;
  /** Kept gene transcripts of the core, those assigned, and the sum of their probabilities. */
  transcripts: number;
  assigned: number;
  probabilitySum: number;
}

/** What one pass over the settled verdicts counts. */
export interface SlideTally {
  /** Per cell (cell k at k - 1): assigned gene transcripts, controls, vendor's transcripts, sum of probabilities. */
  transcripts: Uint32Array;
  controls: Uint32Array;
  vendor: Uint32Array;
  probabilitySum: Float64Array;
  counts: CountCollector;
  controlCounts: CountCollector;
  /** Kept and assigned per slide feature. */
  assignedByFeature: Float64Array;
  keptByFeature: Float64Array;
  tiles: TileTally[];
  vendorComparison: VendorComparison;
}

/**
 * Reads every tile's partition and settled verdicts once and counts. Cells of the counts are 0-based slide cells.
 * @param isCell 1 at the number of each cell that counts; what is in the others counts as background.
 */
export async function tallySlide(
  slide: SlideContext,
  regions: RegionReader,
  states: TileStates,
  isCell: Uint8Array,
): Promise<SlideTally> {
  const cells = slide.cells.priorId.length;
  const { features, genes } = slide.features;
  const tally: SlideTally = {
    transcripts: new Uint32Array(cells),
    controls: new Uint32Array(cells),
    vendor: new Uint32Array(cells),
    probabilitySum: new Float64Array(cells),
    counts: new CountCollector(genes),
    controlCounts: new CountCollector(Math.max(1, features.length - genes)),
    assignedByFeature: new Float64Array(features.length),
    keptByFeature: new Float64Array(features.length),
    tiles: [],
    vendorComparison: { same: 0, different: 0, vendorOnly: 0, spatileOnly: 0, neither: 0 },
  };
  for (let tile = 0; tile < slide.plan.tiles.length; tile++) {
    const columns = await regions.partition(tile);
    const verdicts = await states.verdicts(tile);
    tally.tiles.push(tallyTile(slide, tally, slide.plan.tiles[tile].id, columns, verdicts, isCell));
  }
  return tally;
}

function tallyTile(
  slide: SlideContext,
  tally: SlideTally,
  id: string,
  columns: PartitionColumns,
  verdicts: TileState['verdicts'] | null,
  isCell: Uint8Array,
): TileTally {
  const { genes } = slide.features;
  const n = columns.row.length;
  const geneCells = new Uint32Array(n);
  const geneColumns = new Uint32Array(n);
  const controlCells = new Uint32Array(n);
  const controlColumns = new Uint32Array(n);
  let g = 0;
  let c = 0;
  const out: TileTally = { tile: id, transcripts: 0, assigned: 0, probabilitySum: 0 };
  for (let i = 0; i < n; i++) {
    const feature = columns.feature[i];
    const raw = verdicts === null ? 0 : verdicts.cell[i];
    const cell = isCell[raw] === 1 ? raw : 0;
    tally.keptByFeature[feature]++;
    if (cell !== 0) tally.assignedByFeature[feature]++;
    if (feature >= genes) {
      if (cell === 0) continue;
      tally.controls[cell - 1]++;
      controlCells[c] = cell - 1;
      controlColumns[c++] = feature - genes;
      continue;
    }
    out.transcripts++;
    compare(tally.vendorComparison, cell, columns.prior[i]);
    if (columns.prior[i] !== 0) tally.vendor[columns.prior[i] - 1]++;
    if (cell === 0) continue;
    out.assigned++;
    out.probabilitySum += verdicts!.probability[i];
    tally.transcripts[cell - 1]++;
    tally.probabilitySum[cell - 1] += verdicts!.probability[i];
    geneCells[g] = cell - 1;
    geneColumns[g++] = feature;
  }
  tally.counts.add(geneCells, geneColumns, g);
  tally.controlCounts.add(controlCells, controlColumns, c);
  return out;
}

function compare(comparison: VendorComparison, cell: number, vendor: number): void {
  if (cell === 0) {
    if (vendor === 0) comparison.neither++;
    else comparison.vendorOnly++;
  } else if (vendor === 0) comparison.spatileOnly++;
  else if (vendor === cell) comparison.same++;
  else comparison.different++;
}
