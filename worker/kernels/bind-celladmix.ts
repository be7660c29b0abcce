import { readFile } from 'node:fs/promises';

/** Binds the kernel `celladmix.wasm`: one linear memory that grows to what a task needs, and typed views on it. */

interface CelladmixExports {
  start(): void;
  memoryStart(): number;
  nearest(
    n: number,
    m: number,
    x: number,
    y: number,
    z: number,
    id: number,
    near: number,
    squared: number,
  ): void;
  linked(
    n: number,
    x: number,
    y: number,
    z: number,
    reach: number,
    others: number,
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    out: number,
  ): number;
  updateFactors(
    rows: number,
    columns: number,
    k: number,
    start: number,
    column: number,
    value: number,
    w: number,
    h: number,
    scratch: number,
    squares: number,
  ): number;
  joinMolecules(
    n: number,
    m: number,
    near: number,
    start: number,
    edge: number,
    reverse: number,
    fill: number,
  ): number;
  labelMolecules(
    n: number,
    k: number,
    gene: number,
    potential: number,
    start: number,
    edge: number,
    reverse: number,
    messages: number,
    belief: number,
    label: number,
    bond: number,
    sweeps: number,
    patience: number,
  ): number;
}

/** Kinds of elements of the arrays that lie in a kernel's memory. */
const ELEMENTS = { u8: Uint8Array, i32: Int32Array, f32: Float32Array, f64: Float64Array };
type Element = keyof typeof ELEMENTS;
type View<E extends Element> = InstanceType<(typeof ELEMENTS)[E]>;

/** An array to lay out: kind and length. */
export type Wanted = Record<string, readonly [Element, number]>;

export type Laid<W extends Wanted> = {
  /** Byte offset of each array. */
  at: { [K in keyof W]: number };
  /** Views on the arrays; valid until the next `lay`. */
  view: { [K in keyof W]: View<W[K][0]> };
};

export interface BoundCelladmix {
  readonly kernel: Omit<CelladmixExports, 'start' | 'memoryStart'>;
  /**
   * Lays arrays out one after the other, in place of those of the call before; what is in them is undefined.
   * Errors: RangeError for lengths that are no whole numbers, or beyond 4 GiB in all.
   */
  lay<W extends Wanted>(wanted: W): Laid<W>;
}

const PAGE_BYTES = 65536;
const ALIGN = 64;
const MOST_BYTES = 2 ** 32 - PAGE_BYTES;

// The types of TypeScript's DOM library are not part of this project.
const wasm = (globalThis as unknown as { WebAssembly: unknown }).WebAssembly as {
  Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: unknown }>;
};

let compiled: Promise<object> | null = null;

/** Makes a kernel with a memory of its own. */
export async function bindCelladmix(): Promise<BoundCelladmix> {
  compiled ??= readFile(new URL('./build/celladmix.wasm', import.meta.url)).then((bytes) =>
    wasm.compile(bytes),
  );
  const memory = new wasm.Memory({ initial: 1 });
  const instance = await wasm.instantiate(await compiled, { env: { memory } });
  const kernel = instance.exports as CelladmixExports;
  kernel.start();
  const first = kernel.memoryStart();
  return {
    kernel,
    lay<W extends Wanted>(wanted: W): Laid<W> {
      let end = first;
      const at: Record<string, number> = {};
      for (const [name, [element, length]] of Object.entries(wanted)) {
        if (!(Number.isSafeInteger(length) && length >= 0))
          throw new RangeError(`celladmix kernel: ${name} has a length of ${length}`);
        at[name] = end;
        end += Math.ceil((length * ELEMENTS[element].BYTES_PER_ELEMENT) / ALIGN) * ALIGN;
      }
      if (end > MOST_BYTES) throw new RangeError(`celladmix kernel: ${end} bytes are more than 4 GiB`);
      const lacking = Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES);
      if (lacking > 0) memory.grow(lacking);
      const view = Object.fromEntries(
        Object.entries(wanted).map(([name, [element, length]]) => [
          name,
          new ELEMENTS[element](memory.buffer, at[name], length),
        ]),
      );
      return { at, view } as Laid<W>;
    },
  };
}
