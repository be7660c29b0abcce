import type { RectUm } from '@spatile/formats/space';
import { CELL_METHODS } from '@spatile/formats/tile/segment';
import * as z from 'zod';
import type { SegmentedCell, SegmentedCells } from '../segment/cells.ts';
import type { Segmented } from '../segment/round.ts';

/** What the report shows of the segment stage. */
export const segmentReportSchema = z.object({
  method: z.string(),
  image: z.string(),
  pixelSizeUm: z.number(),
  haloUm: z.number(),
  tiles: z.number(),
  channels: z.array(z.object({ name: z.string(), low: z.number(), high: z.number() })),
  /** Cells by the way their outline was found. */
  cells: z.record(z.string(), z.number()),
  diagnostics: z.record(z.string(), z.number()),
  crops: z.array(
    z.object({
      id: z.string(),
      score: z.number(),
      /** Among the worst-scoring, or a usual one. */
      worst: z.boolean(),
      frame: z.object({ x0: z.number(), y0: z.number(), x1: z.number(), y1: z.number() }),
      /** x, y pairs in microns. */
      nuclei: z.array(z.array(z.number())),
      cells: z.array(z.array(z.number())),
    }),
  ),
});
export type SegmentReport = z.infer<typeof segmentReportSchema>;

const WORST = 6;
const USUAL = 2;
/** Half the edge of a crop, microns. */
const HALF_UM = 20;

/** Facts and crops of what was segmented; null for a run that went by a prior segmentation. */
export function segmentReport(segmented: Segmented | null): SegmentReport | null {
  if (segmented === null) return null;
  const { cells, channels, models, diagnostics, method, imageName, pixelSizeUm, haloUm, tiles } = segmented;
  const counts: Record<string, number> = {};
  for (const cell of cells) counts[CELL_METHODS[cell.method]] = (counts[CELL_METHODS[cell.method]] ?? 0) + 1;
  const scores = Float32Array.from(cells, ({ score }) => score);
  const ranked = Array.from(scores, (_, i) => i).sort((a, b) => scores[a] - scores[b] || a - b);
  const worst = ranked.slice(0, WORST);
  const middle = ranked
    .slice(WORST)
    .slice(Math.floor((ranked.length - WORST) / 2))
    .slice(0, USUAL);
  return {
    method,
    image: imageName,
    pixelSizeUm,
    haloUm,
    tiles,
    channels: channels.map((name, i) => ({ name, low: models[i].low, high: models[i].high })),
    cells: counts,
    diagnostics,
    crops: [...worst, ...middle].map((place, i) => cropOf(cells.at(place), cells, i < worst.length)),
  };
}

function cropOf({ id, score, seedX, seedY }: SegmentedCell, cells: SegmentedCells, worst: boolean) {
  const frame = { x0: seedX - HALF_UM, y0: seedY - HALF_UM, x1: seedX + HALF_UM, y1: seedY + HALF_UM };
  const near: SegmentedCell[] = [];
  for (const cell of cells)
    if (Math.abs(cell.seedX - seedX) < 2 * HALF_UM && Math.abs(cell.seedY - seedY) < 2 * HALF_UM)
      near.push(cell);
  const rings = (of: (cell: SegmentedCell) => Float64Array[]): number[][] =>
    near.flatMap((cell) =>
      of(cell)
        .filter((ring) => meets(ring, frame))
        .map((ring) => Array.from(ring)),
    );
  return {
    id,
    score,
    worst,
    frame,
    nuclei: rings(({ nucleusRings }) => nucleusRings),
    cells: rings(({ cellRings }) => cellRings),
  };
}

function meets(ring: Float64Array, { x0, y0, x1, y1 }: RectUm): boolean {
  for (let v = 0; v < ring.length; v += 2)
    if (ring[v] >= x0 && ring[v] < x1 && ring[v + 1] >= y0 && ring[v + 1] < y1) return true;
  return false;
}
