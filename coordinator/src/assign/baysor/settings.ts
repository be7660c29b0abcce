import { signedRingArea } from '@spatile/formats/geometry/ring';
import type { BaysorSettings } from '@spatile/formats/tile/baysor';
import { CellIndex } from '../../cells/region.ts';
import type { CellTable } from '../../cells/table.ts';
import type { SlideContext } from '../../run/slide.ts';
import type { Scan } from '../../scan/scan.ts';

/** Cells whose size is looked at. */
const MOST_CELLS = 5000;
/** Bounds of the smallest cell where it is taken from the prior; the upper one is the authors' choice for Xenium. */
const LEAST_TRANSCRIPTS = 10;
const MOST_TRANSCRIPTS = 50;
/** A distance between nearest cells beyond this is between lonely cells and says nothing of their size, microns. */
const FAR_UM = 80;
/** Radius assumed where the prior says nothing, microns. */
const DEFAULT_SCALE_UM = 6;

/** What the workers need of the configuration, with what is to be taken from the slide taken from it. */
export function baysorSettings(slide: SlideContext): BaysorSettings {
  const {
    fit: _,
    scaleSd,
    scaleUm,
    minTranscriptsPerCell,
    dimensions,
    ...config
  } = slide.config.assign.baysor;
  const scale = scaleUm ?? priorScaleUm(slide.cells);
  return {
    ...config,
    minTranscriptsPerCell: minTranscriptsPerCell ?? priorMinTranscripts(slide.scan, slide.cells),
    scaleUm: scale,
    scaleSdUm: scaleSd * scale,
    dimensions: dimensions === 3 && slide.scan.hasZ ? 3 : 2,
    segments: segmentSource(slide),
  };
}

/** Ids of the transcripts where they have any, else outlines; nuclei are asked for in vain on a slide that has none. */
export function segmentSource({
  config,
  scan,
  cells,
}: Pick<SlideContext, 'config' | 'scan' | 'cells'>): BaysorSettings['segments'] {
  const { segments } = config.assign.baysor;
  const named = scan.cellIds.length > 0 && cells.fromBundle;
  if (segments !== 'nucleus' && named) return 'ids';
  if (segments === 'nucleus' && named && scan.anyNuclear) return 'nuclear-ids';
  if (segments === 'nucleus' && cells.nucleus.some((rings) => rings.length > 0)) return 'nucleus-outlines';
  return segments === 'cell' ? 'cell-outlines' : 'outlines';
}

/**
 * Expected radius of a cell: median of sqrt(area / pi) over the prior's cell outlines; where fewer than half of the cells have
 * one, half the median distance from a cell to the nearest other.
 */
export function priorScaleUm(cells: CellTable): number {
  const n = cells.seedX.length;
  const step = Math.max(1, Math.ceil(n / MOST_CELLS));
  const radii: number[] = [];
  for (let i = 0; i < n; i += step) {
    const area = cells.outline[i].reduce((sum, ring) => sum + Math.abs(signedRingArea(ring)), 0);
    if (area > 0) radii.push(Math.sqrt(area / Math.PI));
  }
  if (radii.length > 0 && 2 * radii.length * step >= n) return median(radii);
  const index = new CellIndex(cells);
  const distances: number[] = [];
  for (let cell = 1; cell <= n; cell += step) {
    const distance = nearestUm(index, cells, cell);
    if (distance !== null) distances.push(distance);
  }
  return distances.length > 0 ? Math.max(median(distances) / 2, 1) : DEFAULT_SCALE_UM;
}

function nearestUm(index: CellIndex, { seedX, seedY }: CellTable, cell: number): number | null {
  for (let within = 5; within <= FAR_UM; within *= 2) {
    const near = index.seedsWithin(cell, within);
    if (near.length === 0) continue;
    return Math.sqrt(
      near.reduce((least, other) => {
        const dx = seedX[other - 1] - seedX[cell - 1];
        const dy = seedY[other - 1] - seedY[cell - 1];
        return Math.min(least, dx * dx + dy * dy);
      }, Number.POSITIVE_INFINITY),
    );
  }
  return null;
}

/** m: half the median of transcripts over prior cells that have any, within 10 and 50. */
export function priorMinTranscripts(scan: Scan, cells: CellTable): number {
  const known = [...scan.cellTally.transcripts].filter((n) => n > 0);
  const typical = known.length > 0 ? median(known) : scan.kept / Math.max(1, cells.seedX.length);
  return Math.min(Math.max(Math.round(typical / 2), LEAST_TRANSCRIPTS), MOST_TRANSCRIPTS);
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor((sorted.length - 1) / 2)];
}
