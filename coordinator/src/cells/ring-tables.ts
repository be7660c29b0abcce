import { type AssignTile, OUTLINE_CELL, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import type { CellTable } from './table.ts';

/**
 * The prior's rings of some cells (1-based) as tables: by cell in the order given, of each its nucleus before its outline. Written
 * into arrays of the right size at once: a tile has thousands of rings.
 */
export function ringTables(
  { nucleus, outline }: Pick<CellTable, 'nucleus' | 'outline'>,
  wanted: Uint32Array,
): Pick<AssignTile, 'rings' | 'vertices'> {
  let [count, total] = [0, 0];
  const measure = (list: readonly Float64Array[]): void => {
    count += list.length;
    for (let r = 0; r < list.length; r++) total += list[r].length / 2;
  };
  for (let i = 0; i < wanted.length; i++) {
    measure(nucleus[wanted[i] - 1]);
    measure(outline[wanted[i] - 1]);
  }
  const rings = {
    cell: new Uint32Array(count),
    kind: new Uint8Array(count),
    start: new Uint32Array(count),
    count: new Uint32Array(count),
  };
  const vertices = { x: new Float64Array(total), y: new Float64Array(total) };
  let [ring, vertex] = [0, 0];
  const enter = (cell: number, kind: number, list: readonly Float64Array[]): void => {
    for (let r = 0; r < list.length; r++, ring++) {
      rings.cell[ring] = cell;
      rings.kind[ring] = kind;
      rings.start[ring] = vertex;
      rings.count[ring] = list[r].length / 2;
      for (let v = 0; v < list[r].length; v += 2, vertex++) {
        vertices.x[vertex] = list[r][v];
        vertices.y[vertex] = list[r][v + 1];
      }
    }
  };
  for (let i = 0; i < wanted.length; i++) {
    enter(wanted[i], OUTLINE_NUCLEUS, nucleus[wanted[i] - 1]);
    enter(wanted[i], OUTLINE_CELL, outline[wanted[i] - 1]);
  }
  return { rings, vertices };
}
