import { encodePolygonWkb } from '@spatile/formats/geometry/wkb';
import { OUTLINE_RESULT, outlineResultFrom } from '@spatile/formats/tile/outline';
import type { RoundRunner } from '../run/rounds.ts';
import type { SlideContext } from '../run/slide.ts';
import { ringsByCell } from './ring-table.ts';

export const OUTLINE_ROUND = 'outline';

/** The outlined cells of the slide, ascending by cell number. Memory grows with cells. */
export interface OutlinedCells {
  cell: Uint32Array;
  areaUm2: Float64Array;
  volumeUm3: Float64Array;
  perimeterUm: Float64Array;
  centroidX: Float64Array;
  centroidY: Float64Array;
  /** Polygon or MultiPolygon, little-endian WKB. */
  wkb: Uint8Array[];
}

/** Collects the results of the outline round. */
export async function collectOutlines(
  slide: SlideContext,
  runner: RoundRunner,
  tiles: number[],
): Promise<OutlinedCells> {
  const found: { cell: number; values: [number, number, number, number, number]; wkb: Uint8Array }[] = [];
  for (const tile of tiles) {
    const result = outlineResultFrom(
      await runner.result(OUTLINE_ROUND, slide.plan.tiles[tile].id, OUTLINE_RESULT),
    );
    const polygons = ringsByCell(result.rings, result.vertices);
    result.cells.cell.forEach((cell, i) => {
      const parts = polygons.get(cell);
      // A cell that lost every column to others has no outline and leaves the output.
      if (parts === undefined) return;
      const { areaUm2, volumeUm3, perimeterUm, centroidX, centroidY } = result.cells;
      found.push({
        cell,
        values: [areaUm2[i], volumeUm3[i], perimeterUm[i], centroidX[i], centroidY[i]],
        wkb: encodePolygonWkb(parts),
      });
    });
  }
  found.sort((a, b) => a.cell - b.cell);
  const column = (k: number): Float64Array => Float64Array.from(found, ({ values }) => values[k]);
  return {
    cell: Uint32Array.from(found, ({ cell }) => cell),
    areaUm2: column(0),
    volumeUm3: column(1),
    perimeterUm: column(2),
    centroidX: column(3),
    centroidY: column(4),
    wkb: found.map(({ wkb }) => wkb),
  };
}
