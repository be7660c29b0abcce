import {
  PART_CELL,
  PART_NUCLEUS,
  type SegmentPaintTile,
  segmentPaintResultFrame,
  segmentPaintTileFrom,
} from '@spatile/formats/tile/segment';
import type { Handler } from '../handler.ts';
import { checkPixels } from '../raster/lattice.ts';
import { MAX_TOLERANCE_PX, polygonise } from './polygons/polygonise.ts';

/**
 * Outlines the settled shapes of one tile: paints them and their neighbours, which never overlap once
 * settled, and outlines those that the tile owns. Borders are simplified once for both sides, so outlines never overlap either,
 * and a border between two tiles comes out alike in both.
 *
 * In: segment-paint-tile. Out: segment-paint-result.
 */
export const segmentPaint: Handler = async (input, context) => {
  const tile = segmentPaintTileFrom(input);
  const writer = new RingWriter();
  for (const kind of [PART_NUCLEUS, PART_CELL]) {
    await outlineKind(tile, kind, writer);
    context.progress(0.5 * (kind + 1));
  }
  return segmentPaintResultFrame({ meta: { tile: tile.meta.tile, diagnostics: {} }, ...writer.tables() });
};

async function outlineKind(
  { meta, shapes, runs }: SegmentPaintTile,
  kind: number,
  writer: RingWriter,
): Promise<void> {
  const { x0, y0, x1, y1 } = meta.region;
  const window = { width: x1 - x0, height: y1 - y0 };
  checkPixels(window.width * window.height, meta.tile);
  const map = new Int32Array(window.width * window.height);
  for (let i = 0; i < runs.shape.length; i++) {
    if (shapes.kind[runs.shape[i]] !== kind) continue;
    const from = (runs.y[i] - y0) * window.width + runs.x[i] - x0;
    map.fill(runs.shape[i] + 1, from, from + runs.length[i]);
  }
  const tolerancePx = Math.min(MAX_TOLERANCE_PX, meta.toleranceUm / meta.pixelSizeUm);
  const rings = await polygonise(
    {
      rows: window.height,
      columns: window.width,
      labels: map,
      scores: new Float32Array(shapes.label.length),
    },
    tolerancePx,
  );
  rings.forEach((ring, shape) => {
    if (ring.length === 0 || shapes.owned[shape] === 0) return;
    for (let v = 0; v < ring.length; v += 2) {
      ring[v] += x0;
      ring[v + 1] += y0;
    }
    writer.add(kind, shapes.label[shape], ring);
  });
}

class RingWriter {
  readonly #rings = {
    kind: [] as number[],
    label: [] as number[],
    start: [] as number[],
    count: [] as number[],
  };
  readonly #x: number[] = [];
  readonly #y: number[] = [];

  add(kind: number, label: number, vertices: ArrayLike<number>): void {
    this.#rings.kind.push(kind);
    this.#rings.label.push(label);
    this.#rings.start.push(this.#x.length);
    this.#rings.count.push(vertices.length / 2);
    for (let v = 0; v < vertices.length; v += 2) {
      this.#x.push(vertices[v]);
      this.#y.push(vertices[v + 1]);
    }
  }

  tables() {
    const { kind, label, start, count } = this.#rings;
    return {
      rings: {
        kind: Uint8Array.from(kind),
        label: Uint32Array.from(label),
        start: Uint32Array.from(start),
        count: Uint32Array.from(count),
      },
      vertices: { x: Float64Array.from(this.#x), y: Float64Array.from(this.#y) },
    };
  }
}
