import { readFile } from 'node:fs/promises';

/** Binds the kernels over pixels, `pixels.wasm`: lays arrays out in one linear memory and hands out typed views. */

export interface PixelExports {
  start(): void;
  memoryStart(): number;
  normalise(plane: number, pixels: number, low: number, scale: number, floor: number, ceiling: number): void;
  smooth(
    source: number,
    target: number,
    line: number,
    rows: number,
    columns: number,
    weights: number,
    radius: number,
  ): void;
  blocks(source: number, rows: number, columns: number, size: number, least: number, mean: number): void;
  minimum(
    source: number,
    target: number,
    between: number,
    rows: number,
    columns: number,
    radius: number,
  ): void;
  roughness(image: number, rows: number, columns: number, size: number, target: number): void;
  above(
    image: number,
    rows: number,
    columns: number,
    surface: number,
    size: number,
    line: number,
    level: number,
    mask: number,
  ): void;
  cross(source: number, target: number, rows: number, columns: number, erode: boolean): void;
  fillHoles(mask: number, rows: number, columns: number, most: number, reach: number, stack: number): number;
  distance(mask: number, rows: number, columns: number, gap: number, target: number, envelope: number): void;
  toMicrons(plane: number, pixels: number, pixelUm: number, most: number): void;
  quantise(
    depth: number,
    image: number,
    brightness: number,
    mask: number,
    pixels: number,
    keys: number,
  ): void;
  localMaxima(keys: number, rows: number, columns: number, peaks: number): number;
  prominent(
    keys: number,
    rows: number,
    columns: number,
    peaks: number,
    n: number,
    depth: number,
    reach: number,
    spacing: number,
    stamp: number,
    list: number,
  ): number;
  flood(
    keys: number,
    rows: number,
    columns: number,
    seeds: number,
    n: number,
    reachSq: number,
    labels: number,
    next: number,
    queues: number,
    ranks: number,
  ): void;
  ridges(
    fine: number,
    coarse: number,
    pixels: number,
    floor: number,
    contrast: number,
    most: number,
    weights: number,
  ): void;
  spread(
    labels: number,
    weights: number,
    rows: number,
    columns: number,
    limit: number,
    cost: number,
    next: number,
    previous: number,
    queues: number,
  ): void;
  rims(
    labels: number,
    weights: number,
    rows: number,
    columns: number,
    least: number,
    sums: number,
    n: number,
  ): void;
  measure(labels: number, rows: number, columns: number, shapes: number, n: number): void;
  sumOver(labels: number, rows: number, columns: number, plane: number, sums: number, n: number): void;
  moments(labels: number, rows: number, columns: number, shapes: number, moments: number, n: number): void;
  rowExtents(
    labels: number,
    rows: number,
    columns: number,
    shapes: number,
    starts: number,
    extents: number,
    total: number,
  ): void;
  rename(labels: number, pixels: number, names: number): void;
  countRuns(labels: number, rows: number, columns: number): number;
  tidy(
    labels: number,
    rows: number,
    columns: number,
    runs: number,
    n: number,
    ofRow: number,
    best: number,
    most: number,
    least: number,
  ): number;
  paintStars(
    place: number,
    dist: number,
    n: number,
    rays: number,
    cosine: number,
    sine: number,
    labels: number,
    rows: number,
    columns: number,
    corners: number,
    lines: number,
    height: number,
  ): void;
  countTurns(slots: number): void;
  traceBorders(slots: number): void;
  chooseOutlines(slots: number): void;
  countPoints(slots: number): void;
  drawLines(slots: number, tolerance: number): void;
  countSegments(slots: number): void;
  restoreCrossing(slots: number): number;
}

export type PixelKernel = Omit<PixelExports, 'start' | 'memoryStart'>;

const PAGE_BYTES = 65536;
/** Arrays begin at multiples of 64 and have 64 spare bytes behind them, which vectors may touch. */
const ALIGN = 64;
const MAX_EDGE = 32767;
/** Most pixels of one image: 18 bytes each of the 4 GiB that a linear memory may have. */
const MAX_PIXELS = 2 ** 27;
const aligned = (n: number): number => Math.ceil(n / ALIGN) * ALIGN;

interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

// The types of TypeScript's DOM library are not part of this project.
const wasm = (globalThis as unknown as { WebAssembly: unknown }).WebAssembly as {
  Memory: new (limits: { initial: number }) => LinearMemory;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: unknown }>;
};

/** The kernels with their memory, in which each use lays out its own arrays. */
export class PixelMemory {
  readonly kernel: PixelKernel;
  readonly #memory: LinearMemory;
  readonly #start: number;
  #pages = 1;
  #end = 0;

  constructor(exports: PixelExports, memory: LinearMemory) {
    this.kernel = exports;
    this.#memory = memory;
    this.#start = aligned(exports.memoryStart());
  }

  /** Size of the linear memory in pages of 64 KiB. */
  get wasmPages(): number {
    return this.#pages;
  }

  /**
   * Lays out arrays of so many bytes and gives their places; whatever was laid out before is gone, and nothing is cleared.
   * Use and read them without awaiting in between: everybody shares the one memory.
   */
  reserve<Name extends string>(bytes: Record<Name, number>): Record<Name, number> {
    return this.#place(this.#start, bytes);
  }

  #place<Name extends string>(from: number, bytes: Record<Name, number>): Record<Name, number> {
    let end = from;
    const places = {} as Record<Name, number>;
    for (const [name, size] of Object.entries(bytes) as [Name, number][]) {
      if (!(Number.isSafeInteger(size) && size >= 0))
        throw new RangeError(`pixel kernels: ${name} is ${size}`);
      places[name] = end;
      end = aligned(end + size) + ALIGN;
    }
    this.#end = Math.max(from === this.#start ? 0 : this.#end, end);
    const pages = Math.ceil(end / PAGE_BYTES);
    if (pages > this.#pages) {
      this.#memory.grow(pages - this.#pages);
      this.#pages = pages;
    }
    return places;
  }

  /** Lays out further arrays in place of one that is done with; behind everything else if they need more room. */
  within<Name extends string>(at: number, room: number, bytes: Record<Name, number>): Record<Name, number> {
    const needed = Object.values<number>(bytes).reduce((sum, size) => sum + aligned(size) + ALIGN, 0);
    return this.#place(needed <= room ? at : this.#end, bytes);
  }

  /** Lays out further arrays behind everything else. */
  behind<Name extends string>(bytes: Record<Name, number>): Record<Name, number> {
    return this.#place(this.#end, bytes);
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.#memory.buffer, at, length);
  }

  doubles(at: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, length);
  }

  integers(at: number, length: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, length);
  }

  longs(at: number, length: number): BigInt64Array {
    return new BigInt64Array(this.#memory.buffer, at, length);
  }

  bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  shorts(at: number, length: number): Uint16Array {
    return new Uint16Array(this.#memory.buffer, at, length);
  }
}

let opened: Promise<PixelMemory> | null = null;

/** The kernels of this process, opened once; their memory grows to the largest image and stays. */
export function openPixels(): Promise<PixelMemory> {
  opened ??= open();
  return opened;
}

async function open(): Promise<PixelMemory> {
  const bytes = await readFile(new URL('./build/pixels.wasm', import.meta.url));
  const memory = new wasm.Memory({ initial: 1 });
  const { exports } = await wasm.instantiate(await wasm.compile(bytes), { env: { memory } });
  (exports as PixelExports).start();
  return new PixelMemory(exports as PixelExports, memory);
}

/** Refuses images that the kernels cannot index. Errors: RangeError outside 1..32767 rows and columns or above 2^27 pixels. */
export function checkPixelShape(rows: number, columns: number): void {
  const fits = [rows, columns].every((n) => Number.isSafeInteger(n) && n > 0 && n <= MAX_EDGE);
  if (!fits || rows * columns > MAX_PIXELS)
    throw new RangeError(`pixel kernels: an image of ${rows} x ${columns} pixels`);
}
