import { readFileSync } from 'node:fs';

/** What `assembly/simulate.kernel.ts` exports; addresses are bytes in the linear memory. */
export interface SimulateExports {
  memoryStart(): number;
  seed(w0: number, w1: number, w2: number, w3: number): void;
  cutRadii(outlines: number, count: number, steps: number, rays: number, radii: number): void;
  turnTo(
    rings: number,
    nucleusSteps: number,
    bodySteps: number,
    nucleusCount: number,
    coverCount: number,
  ): void;
  bear(nuclearShare: number): void;
  readonly bornX: { value: number };
  readonly bornY: { value: number };
  readonly bornZ: { value: number };
  begin(layout: number, edgeUm: number): void;
  setCell(label: number, leakShare: number, chance: number, scaleUm: number): void;
  emit(count: number): void;
  drift(count: number, centreX: number, centreY: number): void;
  scatter(count: number, x0: number, y0: number, width: number, height: number, features: number): void;
  takeRows(): number;
  leakDistance(beyond: number): number;
  beginMap(header: number, x0: number, y0: number, x1: number, y1: number): number;
  fillMap(): void;
  locate(x: number, y: number): number;
  foundDistance(): number;
  locateAll(n: number, x: number, y: number, cells: number, distances: number): void;
  cellRing(index: number, steps: number, rays: number, ring: number): void;
}

/** The part of the WebAssembly interface used here; the Node.js typings leave it out. */
interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
const wasm = (globalThis as unknown as { WebAssembly: unknown }).WebAssembly as {
  Memory: new (size: { initial: number; maximum: number }) => LinearMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
};

const PAGE = 65536;
const ALIGN = 64;
let compiled: object | undefined;

/** One instance of `simulate.wasm` with a memory of its own, in which arrays are laid out one behind the other. */
export class SimulateKernel {
  readonly calls: SimulateExports;
  readonly #memory = new wasm.Memory({ initial: 1, maximum: PAGE });
  #end: number;

  constructor() {
    compiled ??= new wasm.Module(readFileSync(new URL('./build/simulate.wasm', import.meta.url)));
    const { exports } = new wasm.Instance(compiled, { env: { memory: this.#memory } });
    this.calls = exports as SimulateExports;
    this.#end = this.calls.memoryStart();
  }

  /** Gives the address of so many free bytes; views made before may not be used afterwards. RangeError when memory is out. */
  lay(bytes: number): number {
    const at = Math.ceil(this.#end / ALIGN) * ALIGN;
    this.#end = at + bytes;
    const missing = this.#end - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** Forgets all that was laid out. */
  clear(): void {
    this.#end = this.calls.memoryStart();
  }

  u8(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  i32(at: number, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#memory.buffer, at, length);
  }

  u32(at: number, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#memory.buffer, at, length);
  }

  f32(at: number, length: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#memory.buffer, at, length);
  }

  f64(at: number, length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#memory.buffer, at, length);
  }
}
