import { PART_CELL, PART_NUCLEUS, type SegmentPaintTile } from '@spatile/formats/tile/segment';
import type { SettledUnit } from './settle.ts';
import { type Box, boxesMeet, boxOf, type ShapeRuns } from './shape.ts';

/** Shapes that touch share a border, so neighbours within so many pixels are painted too. */
const CONTEXT_PX = 3;
/** Edge of the squares in which shapes are looked up, grid pixels. */
const SQUARE_PX = 256;

interface Shape {
  unit: number;
  kind: number;
  runs: ShapeRuns;
  box: Box;
}

/**
 * Makes the inputs of the paint round. Labels are places in `units`.
 * @returns the input of a tile, by its index and id.
 */
export function paintInput(
  units: readonly SettledUnit[],
  toleranceUm: number,
  pixelSizeUm: number,
): (tile: number, id: string) => SegmentPaintTile {
  const shapes: Shape[] = units.flatMap(({ nucleus, cell }, unit) =>
    [[PART_NUCLEUS, nucleus] as const, [PART_CELL, cell] as const].flatMap(([kind, part]) =>
      part === null ? [] : [{ unit, kind, runs: part.runs, box: boxOf(part.runs) }],
    ),
  );
  const squares = new Map<string, number[]>();
  shapes.forEach(({ box }, i) => {
    for (const key of squaresOf(box)) squares.set(key, [...(squares.get(key) ?? []), i]);
  });
  return (tile, id) => {
    const chosen = new Set<number>();
    shapes.forEach((shape, i) => {
      if (units[shape.unit].tile !== tile) return;
      chosen.add(i);
      const near = grown(shape.box);
      for (const key of squaresOf(near))
        for (const k of squares.get(key) ?? []) if (boxesMeet(near, shapes[k].box)) chosen.add(k);
    });
    const sorted = [...chosen].map((i) => shapes[i]).sort((a, b) => a.kind - b.kind || a.unit - b.unit);
    const region = regionOf(sorted.map(({ box }) => box));
    return {
      meta: { tile: id, region, pixelSizeUm, toleranceUm },
      ...tablesOf(sorted, (unit) => units[unit].tile === tile),
    };
  };
}

const grown = ({ x0, y0, x1, y1 }: Box): Box => ({
  x0: x0 - CONTEXT_PX,
  y0: y0 - CONTEXT_PX,
  x1: x1 + CONTEXT_PX,
  y1: y1 + CONTEXT_PX,
});

function squaresOf(box: Box): string[] {
  const keys: string[] = [];
  for (let r = Math.floor(box.y0 / SQUARE_PX); r * SQUARE_PX < box.y1; r++)
    for (let c = Math.floor(box.x0 / SQUARE_PX); c * SQUARE_PX < box.x1; c++) keys.push(`${r},${c}`);
  return keys;
}

function tablesOf(
  shapes: Shape[],
  owned: (unit: number) => boolean,
): Pick<SegmentPaintTile, 'shapes' | 'runs'> {
  const total = shapes.reduce((sum, { runs }) => sum + runs.y.length, 0);
  const runs = {
    shape: new Uint32Array(total),
    y: new Int32Array(total),
    x: new Int32Array(total),
    length: new Uint32Array(total),
  };
  let at = 0;
  shapes.forEach((shape, i) => {
    const n = shape.runs.y.length;
    runs.shape.fill(i, at, at + n);
    runs.y.set(shape.runs.y, at);
    runs.x.set(shape.runs.x, at);
    runs.length.set(shape.runs.length, at);
    at += n;
  });
  return {
    shapes: {
      kind: Uint8Array.from(shapes, ({ kind }) => kind),
      label: Uint32Array.from(shapes, ({ unit }) => unit),
      owned: Uint8Array.from(shapes, ({ unit }) => (owned(unit) ? 1 : 0)),
    },
    runs,
  };
}

/** A box around all others, with a margin of one pixel; a tile may have more shapes than a call has arguments. */
function regionOf(boxes: readonly Box[]): Box {
  const region = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
  for (const { x0, y0, x1, y1 } of boxes) {
    region.x0 = Math.min(region.x0, x0 - 1);
    region.y0 = Math.min(region.y0, y0 - 1);
    region.x1 = Math.max(region.x1, x1 + 1);
    region.y1 = Math.max(region.y1, y1 + 1);
  }
  return region;
}
