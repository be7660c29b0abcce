import { readFile } from 'node:fs/promises';

/** Binds the kernel `cellpose.wasm`: lays out the flow of one image in one linear memory. */

interface CellposeExports {
  start(): void;
  memoryStart(): number;
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

const PAGE_BYTES = 65536;
const ALIGN = 64;
const aligned = (n: number): number => Math.ceil(n / ALIGN) * ALIGN;

// The types of TypeScript's DOM library are not part of this project.
const wasm = (globalThis as unknown as { WebAssembly: unknown }).WebAssembly as {
  Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: unknown }>;
};

let compiled: Promise<object> | null = null;

/**
 * Makes a kernel of its own memory, to be filled by the caller: 8 bytes per pixel and 8 more per pixel that moves.
 * Errors: RangeError for sizes that are no integers in range.
 */
export async function bindCellpose(sizes: CellposeSizes): Promise<BoundCellpose> {
  const { rows, columns, pixels } = sizes;
  for (const [name, size] of Object.entries(sizes))
    if (!(Number.isSafeInteger(size) && size >= 0))
      throw new RangeError(`cellpose kernel: ${name} is ${size}`);
  compiled ??= readFile(new URL('./build/cellpose.wasm', import.meta.url)).then((bytes) =>
    wasm.compile(bytes),
  );
  const memory = new wasm.Memory({ initial: 1 });
  const instance = await wasm.instantiate(await compiled, { env: { memory } });
  const kernel = instance.exports as CellposeExports;
  kernel.start();
  let end = aligned(kernel.memoryStart());
  const lay = (bytes: number): number => {
    const at = end;
    end = aligned(end + bytes);
    return at;
  };
  const fit = (): void => {
    memory.grow(Math.max(0, Math.ceil(end / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES));
  };
  const flow = lay(rows * columns * 8);
  const from = lay(pixels * 4);
  const sink = lay(pixels * 4);
  fit();
  kernel.setUp(rows, columns, flow, from, sink, 0, 0);
  return {
    // Views of their own each time: the memory moves when it grows.
    get flow() {
      return new Float32Array(memory.buffer, flow, rows * columns * 2);
    },
    get from() {
      return new Int32Array(memory.buffer, from, pixels);
    },
    get sink() {
      return new Int32Array(memory.buffer, sink, pixels);
    },
    follow: (steps) => kernel.follow(pixels, steps),
    withLabels(boxPixels) {
      const labels = lay(rows * columns * 4);
      const heat = lay(boxPixels * 16);
      fit();
      kernel.setUp(rows, columns, flow, from, sink, labels, heat);
      return {
        labels: new Int32Array(memory.buffer, labels, rows * columns),
        maskError: kernel.maskError,
      };
    },
  };
}
