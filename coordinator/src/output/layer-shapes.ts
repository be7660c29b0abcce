import { encodePolygonWkb } from '@spatile/formats/geometry/wkb';
import type { ShapesBatch } from '@spatile/formats/spatialdata/write';
import { decodeFrame } from '@spatile/formats/tile/frame';
import { OUTLINE_RESULT, type OutlineResult, outlineResultFrom } from '@spatile/formats/tile/outline';
import { resultName } from '../run/rounds.ts';
import type { RunStore } from '../run/store.ts';
import { OUTLINE_ROUND } from './cells.ts';
import { ringsByCell } from './ring-table.ts';

/**
 * Outlines of every layer in order of (tile, layer, cell), one batch for each tile and layer: rows are named by cell and layer,
 * and say both in columns of their own. Reads the committed results again, one tile in memory at a time.
 *
 * @param tiles ids of the tiles that have outlines.
 * @param nameOf name of a cell of the output; null for cells that are not in it.
 */
export async function* layerShapes(
  store: RunStore,
  tiles: readonly string[],
  nameOf: (cell: number) => string | null,
): AsyncGenerator<ShapesBatch> {
  for (const tile of tiles) {
    const name = resultName(OUTLINE_ROUND, tile);
    if (!(await store.has(name))) continue;
    const result = outlineResultFrom(decodeFrame(await store.read(name), OUTLINE_RESULT, name));
    if (result.layerRings !== undefined) yield* batches(result, result.layerRings, nameOf);
  }
}

function* batches(
  { vertices }: OutlineResult,
  rings: NonNullable<OutlineResult['layerRings']>,
  nameOf: (cell: number) => string | null,
): Generator<ShapesBatch> {
  for (let from = 0; from < rings.cell.length; ) {
    const layer = rings.layer[from];
    let to = from + 1;
    while (to < rings.cell.length && rings.layer[to] === layer) to++;
    const found = [...ringsByCell(rings, vertices, from, to)].flatMap(([number, parts]) => {
      const cell = nameOf(number);
      return cell === null ? [] : [{ cell, wkb: encodePolygonWkb(parts) }];
    });
    if (found.length > 0) {
      yield {
        id: found.map(({ cell }) => `${cell}_layer-${layer}`),
        wkb: found.map(({ wkb }) => wkb),
        columns: {
          cell: found.map(({ cell }) => cell),
          layer: new Int32Array(found.length).fill(layer),
        },
      };
    }
    from = to;
  }
}
