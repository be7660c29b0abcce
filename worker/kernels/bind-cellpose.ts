import { checkSizes, openRoom } from './kernel-room.ts';

/** Binds the kernel `cellpose.wasm`: lays out the flow of one image in one linear memory. */

interface CellposeExports {
  setUp(
    rows: number,
    columns: number,
    flow: number,
    from: number,
    sink: number,
    labels: number,
    heat: number,
  ): void;
  follow(count: number, steps: number): void;
  maskError(
    label: number,
    top: number,
    left: number,
    height: number,
    width: number,
    centreY: number,
    centreX: number,
  ): number;
}

export interface CellposeSizes {
  rows: number;
  columns: number;
  /** Pixels that move. */
  pixels: number;
}

export interface BoundCellpose {
  /** rows x columns x 2: step along rows, step along columns, in pixels. */
  readonly flow: Float32Array;
  /** Places of the pixels that move, and after `follow` where each has ended. */
  readonly from: Int32Array;
  readonly sink: Int32Array;
  readonly follow: (steps: number) => void;
  /** Adds room for `maskError`: the labels, and boxes of at most so many pixels with a margin of 1. */
  readonly withLabels: (boxPixels: number) => { labels: Int32Array; maskError: CellposeExports['maskError'] };
}

/**
 * Makes a kernel of its own memory, to be filled by the caller: 8 bytes per pixel and 8 more per pixel that moves.
 * Errors: RangeError for sizes that are no integers in range.
 */
export async function bindCellpose(sizes: CellposeSizes): Promise<BoundCellpose> {
  const { rows, columns, pixels } = sizes;
  checkSizes('cellpose', sizes);
  const room = await openRoom<CellposeExports>('cellpose');
  const { kernel, lay, fit } = room;
  const flow = lay(rows * columns * 8);
  const from = lay(pixels * 4);
  const sink = lay(pixels * 4);
  fit();
  kernel.setUp(rows, columns, flow, from, sink, 0, 0);
  return {
    // Views of their own each time: the memory moves when it grows.
    get flow() {
      return new Float32Array(room.buffer, flow, rows * columns * 2);
    },
    get from() {
      return new Int32Array(room.buffer, from, pixels);
    },
    get sink() {
      return new Int32Array(room.buffer, sink, pixels);
    },
    follow: (steps) => kernel.follow(pixels, steps),
    withLabels(boxPixels) {
      const labels = lay(rows * columns * 4);
      const heat = lay(boxPixels * 16);
      fit();
      kernel.setUp(rows, columns, flow, from, sink, labels, heat);
      return {
        labels: new Int32Array(room.buffer, labels, rows * columns),
        maskError: kernel.maskError,
      };
    },
  };
}
