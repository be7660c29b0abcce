import { readFile } from 'node:fs/promises';

/** One instance of a kernel with a memory of its own, in which the binding lays arrays out one behind the other. */
export interface KernelRoom<Exports> {
  readonly kernel: Exports;
  /** Moves when the memory grows: make views anew after `fit`. */
  readonly buffer: ArrayBuffer;
  /** Address of so many bytes, at a multiple of 64. */
  lay(bytes: number): number;
  /** Grows the memory to what has been laid out. */
  fit(): void;
  /** Leaves the room, whatever is in it, to who opens the next one. */
  release(): void;
}

interface Common {
  start(): void;
  memoryStart(): number;
}

const PAGE_BYTES = 65536;
const ALIGN = 64;
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

const compiled = new Map<string, Promise<object>>();
/** Rooms that were released: memory that was used before costs nothing to touch. */
const idle = new Map<string, { memory: LinearMemory; kernel: Common }>();

/** Opens a room for the kernel `build/<name>.wasm`, which is compiled once. What lies in its memory is not known. */
export async function openRoom<Exports>(name: string): Promise<KernelRoom<Exports>> {
  const left = idle.get(name);
  idle.delete(name);
  const { memory, kernel } = left ?? (await instantiate(name));
  let end = aligned(kernel.memoryStart());
  return {
    kernel: kernel as Common & Exports,
    get buffer() {
      return memory.buffer;
    },
    lay(bytes) {
      const at = end;
      end = aligned(end + bytes);
      return at;
    },
    fit() {
      memory.grow(Math.max(0, Math.ceil(end / PAGE_BYTES) - memory.buffer.byteLength / PAGE_BYTES));
    },
    release() {
      idle.set(name, { memory, kernel });
    },
  };
}

async function instantiate(name: string): Promise<{ memory: LinearMemory; kernel: Common }> {
  let compiling = compiled.get(name);
  if (compiling === undefined) {
    const bytes = readFile(new URL(`./build/${name}.wasm`, import.meta.url));
    compiling = bytes.then((read) => wasm.compile(read));
    compiled.set(name, compiling);
  }
  const memory = new wasm.Memory({ initial: 1 });
  const instance = await wasm.instantiate(await compiling, { env: { memory } });
  const kernel = instance.exports as Common;
  kernel.start();
  return { memory, kernel };
}

/** Errors: RangeError for a size that is no integer or negative. */
export function checkSizes(kernel: string, sizes: object): void {
  for (const [name, size] of Object.entries(sizes))
    if (!(Number.isSafeInteger(size) && size >= 0))
      throw new RangeError(`${kernel} kernel: ${name} is ${size}`);
}
