import { checkPixelShape, openPixels, type PixelMemory } from '../../../kernels/bind-pixels.ts';
import type { Instances, Planes } from '../method.ts';
import { hullArea } from './hull-area.ts';

/** What the pixels of each instance say; entry i belongs to label i + 1. NaN (areas: 0) for labels without pixels. */
export interface ImageFeatures {
  pixels: Int32Array;
  areaUm2: Float64Array;
  /** Mean raw intensity by channel. */
  meanIntensity: Float64Array[];
  /** Of the ellipse of equal second moments: 0 for a disc, towards 1 for a line. */
  eccentricity: Float64Array;
  /** Area as a share of that of the convex hull of the pixels, in (0, 1]. */
  solidity: Float64Array;
  /** Mean place of the pixel centres, in pixels of the slide-wide grid (the centre of pixel i is i + 0.5). */
  centroidRow: Float64Array;
  centroidColumn: Float64Array;
  /** First and last row and column on the slide-wide grid: top, bottom, left, right by instance. */
  box: Int32Array;
}

/**
 * Measures every instance of a tile. An instance that lies whole in a tile gets the same bits from every tile: intensities are
 * added run by run, everything else in integers. Memory: 8 bytes per pixel and 120 per instance beside the result.
 * Errors: RangeError for shapes that differ or are too large.
 */
export async function features(planes: Planes, instances: Instances): Promise<ImageFeatures> {
  const { rows, columns, labels, scores } = instances;
  if (rows !== planes.rows || columns !== planes.columns)
    throw new RangeError(`${rows} x ${columns} labels on ${planes.rows} x ${planes.columns} pixels`);
  checkPixelShape(rows, columns);
  const memory = await openPixels();
  const n = scores.length;
  const pixels = rows * columns;
  const at = memory.reserve({
    labels: 4 * pixels,
    plane: 4 * pixels,
    shapes: 32 * (n + 1),
    sums: 8 * (n + 1),
    moments: 40 * (n + 1),
  });
  memory.integers(at.labels, pixels).set(labels);
  memory.kernel.measure(at.labels, rows, columns, at.shapes, n);
  memory.kernel.moments(at.labels, rows, columns, at.shapes, at.moments, n);
  const shapes = memory.integers(at.shapes, 8 * (n + 1)).slice();
  const moments = Float64Array.from(memory.longs(at.moments, 5 * (n + 1)), Number);
  const area = (label: number): number => shapes[8 * label];
  const meanIntensity = planes.channels.map((channel) => {
    memory.floats(at.plane, pixels).set(channel);
    memory.kernel.sumOver(at.labels, rows, columns, at.plane, at.sums, n);
    const sums = memory.doubles(at.sums, n + 1);
    return Float64Array.from({ length: n }, (_, i) => sums[i + 1] / area(i + 1));
  });
  // The plane and what follows are done with.
  const hulls = hullAreas(memory, at.labels, rows, columns, shapes, n);
  const each = (value: (label: number) => number): Float64Array =>
    Float64Array.from({ length: n }, (_, i) => value(i + 1));
  return {
    pixels: Int32Array.from({ length: n }, (_, i) => area(i + 1)),
    areaUm2: each((label) => area(label) * planes.pixelSizeUm ** 2),
    meanIntensity,
    eccentricity: each((label) => eccentricity(area(label), moments.subarray(5 * label, 5 * label + 5))),
    solidity: each((label) => area(label) / hulls[label]),
    centroidRow: each((label) => place(planes.row0, shapes[8 * label + 2], moments[5 * label], area(label))),
    centroidColumn: each((label) =>
      place(planes.column0, shapes[8 * label + 4], moments[5 * label + 1], area(label)),
    ),
    box: boxes(planes, shapes, n),
  };
}

const place = (origin: number, first: number, sum: number, area: number): number =>
  area === 0 ? Number.NaN : origin + first + 0.5 + sum / area;

/** From the sums of row, column, their squares and their product; every pixel counts as a square of unit side. */
function eccentricity(n: number, [row, column, rowSq, columnSq, product]: Float64Array): number {
  if (n === 0) return Number.NaN;
  const a = rowSq / n - (row / n) ** 2 + 1 / 12;
  const b = columnSq / n - (column / n) ** 2 + 1 / 12;
  const c = product / n - (row / n) * (column / n);
  const half = Math.sqrt(((a - b) / 2) ** 2 + c * c);
  const large = (a + b) / 2 + half;
  return Math.sqrt(Math.max(0, 1 - Math.max(0, (a + b) / 2 - half) / large));
}

function hullAreas(
  memory: PixelMemory,
  labelsAt: number,
  rows: number,
  columns: number,
  shapes: Int32Array,
  n: number,
): Float64Array {
  const starts = new Int32Array(n + 2);
  for (let label = 0; label <= n; label++) {
    const height = shapes[8 * label] === 0 ? 0 : shapes[8 * label + 3] - shapes[8 * label + 2] + 1;
    starts[label + 1] = starts[label] + height;
  }
  const total = starts[n + 1];
  const at = memory.behind({ shapes: 32 * (n + 1), starts: 4 * (n + 1), extents: 8 * total });
  memory.integers(at.shapes, 8 * (n + 1)).set(shapes);
  memory.integers(at.starts, n + 1).set(starts.subarray(0, n + 1));
  memory.kernel.rowExtents(labelsAt, rows, columns, at.shapes, at.starts, at.extents, total);
  const extents = memory.integers(at.extents, 2 * total);
  return Float64Array.from({ length: n + 1 }, (_, label) =>
    hullArea(extents.subarray(2 * starts[label], 2 * starts[label + 1])),
  );
}

function boxes({ row0, column0 }: Planes, shapes: Int32Array, n: number): Int32Array {
  const out = new Int32Array(4 * n);
  for (let i = 0; i < n; i++) {
    const [top, bottom, left, right] = shapes.subarray(8 * (i + 1) + 2, 8 * (i + 1) + 6);
    if (shapes[8 * (i + 1)] > 0) out.set([row0 + top, row0 + bottom, column0 + left, column0 + right], 4 * i);
  }
  return out;
}
