import type { Polygon } from '@spatile/formats/geometry/wkb';
import { type Affine, invertAffine } from '@spatile/formats/space';
import type { LabelSource } from '@spatile/formats/spatialdata/write';
import { paintRings } from './paint-rings.ts';

/** The pixels that labels are written on. */
export interface LabelGrid {
  widthPx: number;
  heightPx: number;
  /** Maps pixels (column, row) to microns. */
  toUm: Affine;
}

/** Shapes to be painted: shape i has the label `label[i]` (ascending, above 0) and outlines in microns. */
export interface LabelShapes {
  label: Uint32Array;
  polygons: (i: number) => readonly Polygon[];
}

/** Edge of the squares in which shapes are looked up, pixels. */
const SQUARE_PX = 1024;

/**
 * A raster of labels from outlines: a pixel has the label of the shape that holds its centre, of several the lowest. Windows are
 * painted when they are asked for; memory is a window and a few bytes per shape.
 */
export function labelSource({ widthPx, heightPx, toUm }: LabelGrid, shapes: LabelShapes): LabelSource {
  const fromUm = invertAffine(toUm);
  const squares = new Map<number, number[]>();
  const columns = Math.ceil(widthPx / SQUARE_PX);
  for (let i = 0; i < shapes.label.length; i++) {
    for (const square of squaresOf(ringsOf(shapes.polygons(i), fromUm), columns, heightPx)) {
      const there = squares.get(square);
      if (there === undefined) squares.set(square, [i]);
      else there.push(i);
    }
  }
  return {
    widthPx,
    heightPx,
    pixelToUm: toUm,
    read(x0, y0, x1, y1) {
      const near = new Set<number>();
      for (let row = Math.floor(y0 / SQUARE_PX); row * SQUARE_PX < y1; row++)
        for (let column = Math.floor(x0 / SQUARE_PX); column * SQUARE_PX < x1; column++)
          for (const i of squares.get(row * columns + column) ?? []) near.add(i);
      if (near.size === 0) return null;
      const window = { x0, y0, x1, y1 };
      const labels = new Uint32Array((x1 - x0) * (y1 - y0));
      for (const i of Uint32Array.from(near).sort())
        paintRings(labels, window, ringsOf(shapes.polygons(i), fromUm), shapes.label[i]);
      return labels;
    },
  };
}

/** All rings in pixels. */
function ringsOf(polygons: readonly Polygon[], [a, b, c, d, e, f]: Affine): Float64Array[] {
  return polygons.flat().map((ring) => {
    const out = new Float64Array(ring.length);
    for (let v = 0; v < ring.length; v += 2) {
      out[v] = a * ring[v] + b * ring[v + 1] + c;
      out[v + 1] = d * ring[v] + e * ring[v + 1] + f;
    }
    return out;
  });
}

/** Numbers of the squares of the grid that rings may touch. */
function squaresOf(rings: readonly Float64Array[], columns: number, heightPx: number): number[] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let v = 0; v < ring.length; v += 2) {
      [x0, x1] = [Math.min(x0, ring[v]), Math.max(x1, ring[v])];
      [y0, y1] = [Math.min(y0, ring[v + 1]), Math.max(y1, ring[v + 1])];
    }
  }
  const first = (value: number): number => Math.max(0, Math.floor(value / SQUARE_PX));
  const lastRow = Math.min(Math.ceil(heightPx / SQUARE_PX) - 1, Math.floor(y1 / SQUARE_PX));
  const lastColumn = Math.min(columns - 1, Math.floor(x1 / SQUARE_PX));
  const out: number[] = [];
  for (let row = first(y0); row <= lastRow; row++)
    for (let column = first(x0); column <= lastColumn; column++) out.push(row * columns + column);
  return out;
}
