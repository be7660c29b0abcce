import type { PixelMemory } from '../../../kernels/bind-pixels.ts';

/** Polygons of one image in rank order: centres, rays and the direction of the rays. */
export interface StarPolygons {
  rays: number;
  /** Row and column per polygon in pixels. */
  place: Int32Array;
  /** Polygons x rays, in pixels. */
  dist: Float32Array;
  cosine: Float64Array;
  sine: Float64Array;
}

/**
 * Paints polygons into the memory of the kernels, the most probable on top; label = 1 + rank. A pixel belongs to a polygon when
 * its centre does (even-odd; edges above and to the left count). Gives the place of the labels, rows x columns.
 */
export function paintStars(
  memory: PixelMemory,
  { rays, place, dist, cosine, sine }: StarPolygons,
  rows: number,
  columns: number,
): number {
  const pixels = rows * columns;
  const longest = dist.reduce((most, d) => Math.max(most, d), 0);
  const height = Math.min(rows, 2 * Math.ceil(longest) + 2);
  const at = memory.reserve({
    labels: 4 * pixels,
    place: place.byteLength,
    dist: dist.byteLength,
    cosine: cosine.byteLength,
    sine: sine.byteLength,
    corners: 16 * (rays + 1),
    lines: 8 * Math.ceil(height / 2) + 8 * height * rays,
  });
  memory.integers(at.labels, pixels).fill(0);
  memory.integers(at.place, place.length).set(place);
  memory.floats(at.dist, dist.length).set(dist);
  memory.doubles(at.cosine, cosine.length).set(cosine);
  memory.doubles(at.sine, sine.length).set(sine);
  const n = place.length / 2;
  memory.kernel.paintStars(
    at.place,
    at.dist,
    n,
    rays,
    at.cosine,
    at.sine,
    at.labels,
    rows,
    columns,
    at.corners,
    at.lines,
    height,
  );
  return at.labels;
}
