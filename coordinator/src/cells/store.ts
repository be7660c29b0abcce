import type { Frame } from '@spatile/formats/tile/frame';
import type { CellTable } from './table.ts';

export const CELLS_FILE = 'cells.frame';
export const CELLS = 'cells';

const NUCLEUS = 0;
const OUTLINE = 1;

/** The cell table as a frame, so that a stored run can be worked on without its bundle. */
export function cellTableFrame(cells: CellTable): Frame {
  const rings: { cell: number; kind: number; ring: Float64Array }[] = [];
  for (let i = 0; i < cells.priorId.length; i++) {
    for (const ring of cells.nucleus[i]) rings.push({ cell: i, kind: NUCLEUS, ring });
    for (const ring of cells.outline[i]) rings.push({ cell: i, kind: OUTLINE, ring });
  }
  const coordinates = new Float64Array(rings.reduce((sum, { ring }) => sum + ring.length, 0));
  let at = 0;
  for (const { ring } of rings) {
    coordinates.set(ring, at);
    at += ring.length;
  }
  return {
    kind: CELLS,
    meta: { priorId: cells.priorId, origins: cells.origins, fromBundle: cells.fromBundle },
    tables: {
      cells: { seedX: cells.seedX, seedY: cells.seedY, reachUm: cells.reachUm, diameterUm: cells.diameterUm },
      rings: {
        cell: Uint32Array.from(rings, ({ cell }) => cell),
        kind: Uint8Array.from(rings, ({ kind }) => kind),
        length: Uint32Array.from(rings, ({ ring }) => ring.length),
      },
      coordinates: { value: coordinates },
    },
  };
}

export function cellTableFrom(frame: Frame): CellTable {
  const { priorId, origins, fromBundle } = frame.meta as {
    priorId: string[];
    origins: string[];
    fromBundle: boolean;
  };
  const { seedX, seedY, reachUm, diameterUm } = frame.tables.cells as Record<string, Float64Array>;
  const { cell, kind, length } = frame.tables.rings;
  const coordinates = frame.tables.coordinates.value as Float64Array;
  const nucleus: Float64Array[][] = priorId.map(() => []);
  const outline: Float64Array[][] = priorId.map(() => []);
  let at = 0;
  for (let r = 0; r < cell.length; r++) {
    const size = Number(length[r]);
    (kind[r] === NUCLEUS ? nucleus : outline)[Number(cell[r])].push(coordinates.slice(at, at + size));
    at += size;
  }
  return { priorId, seedX, seedY, nucleus, outline, reachUm, diameterUm, origins, fromBundle };
}
