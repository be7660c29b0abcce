import {
  PART_CELL,
  PART_NUCLEUS,
  type SegmentPaintTile,
  segmentPaintResultFrame,
  segmentPaintTileFrom,
} from '@spatile/formats/tile/segment';
import type { Handler } from '../handler.ts';
import { traceLabel } from '../outline/trace.ts';
import { labelRuns } from '../raster/labels.ts';
import { checkPixels, type PixelWindow } from '../raster/lattice.ts';

/**
 * Outlines the settled shapes of one tile: paints them and their neighbours, which settled shapes never overlap, and traces
 * those that the tile owns.
 *
 * In: segment-paint-tile. Out: segment-paint-result.
 */
export const segmentPaint: Handler = async (input, context) => {
  const tile = segmentPaintTileFrom(input);
  const writer = new RingWriter();
  for (const kind of [PART_NUCLEUS, PART_CELL]) {
    outlineKind(tile, kind, writer);
    context.progress(0.5 * (kind + 1));
  }
  return segmentPaintResultFrame({ meta: { tile: tile.meta.tile, diagnostics: {} }, ...writer.tables() });
};

function outlineKind({ meta, shapes, runs }: SegmentPaintTile, kind: number, writer: RingWriter): void {
  const { x0, y0, x1, y1 } = meta.region;
  const window: PixelWindow = {
    originX: 0,
    originY: 0,
    sizeUm: 1,
    row0: y0,
    column0: x0,
    width: x1 - x0,
    height: y1 - y0,
  };
  checkPixels(window.width * window.height, meta.tile);
  const map = new Int32Array(window.width * window.height);
  for (let i = 0; i < runs.shape.length; i++) {
    if (shapes.kind[runs.shape[i]] !== kind) continue;
    const from = (runs.y[i] - y0) * window.width + runs.x[i] - x0;
    map.fill(runs.shape[i] + 1, from, from + runs.length[i]);
  }
  const wanted = new Uint8Array(shapes.label.length + 1);
  shapes.owned.forEach((own, shape) => {
    wanted[shape + 1] = own === 1 && shapes.kind[shape] === kind ? 1 : 0;
  });
  const own = labelRuns(map, window, wanted);
  const seen = new Uint8Array(map.length);
  for (let label = 1; label < wanted.length; label++) {
    if (wanted[label] === 0) continue;
    const [from, to] = [own.start[label], own.start[label + 1]];
    const shape = {
      y: Array.from(own.y.subarray(from, to)),
      x: Array.from(own.x.subarray(from, to)),
      length: Array.from(own.length.subarray(from, to)),
    };
    for (const part of traceLabel(map, window, label, shape, seen))
      for (const ring of part) writer.add(kind, shapes.label[label - 1], ring.vertices);
  }
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

  add(kind: number, label: number, vertices: readonly number[]): void {
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
