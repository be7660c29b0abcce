import { readFile } from 'node:fs/promises';

/** Binds the kernel `rctd.wasm`: lays its arrays out in one linear memory, checks shapes once and hands out typed views. */

interface RctdExports {
  start(): void;
  memoryStart(): number;
  scratchBytes(paddedGenes: number, types: number): number;
  setUp(
    genes: number,
    paddedGenes: number,
    types: number,
    profiles: number,
    table: number,
    nodes: number,
    interval: number,
    rowOf: number,
    scratch: number,
  ): void;
  weightsAt(): number;
  columnsAt(): number;
  ratesAt(): number;
  solve(
    n: number,
    umi: number,
    damping: number,
    most: number,
    tolerance: number,
    settled: number,
    near: number,
  ): number;
  scoreOf(n: number, umi: number): number;
  scoreOfRates(multiplier: number): number;
  scoreOne(type: number, umi: number): number;
  scorePair(a: number, b: number, umi: number): number;
}

export interface RctdSizes {
  genes: number;
  types: number;
  /** Rows of the likelihood table: counts 0..rows - 1. */
  rows: number;
  /** Bytes of a row. */
  rowBytes: number;
}

export interface BoundRctd {
  readonly sizes: RctdSizes;
  /** Expression shares: types x `stride`; the padding stays 0. */
  readonly profiles: Float64Array;
  readonly stride: number;
  /** Likelihood table, as `rctd.kernel.ts` says. */
  readonly table: Float64Array;
  /** Byte offset in the table of the count of each gene in the present cell. */
  readonly rowOf: Uint32Array;
  /** Types to solve for, and the weights of the last `solve`. */
  readonly columns: Uint32Array;
  readonly weights: Float64Array;
  /** Rates of all genes at the present weights. */
  readonly rates: Float64Array;
  readonly kernel: Pick<RctdExports, 'solve' | 'scoreOf' | 'scoreOfRates' | 'scoreOne' | 'scorePair'>;
  /** Size of the linear memory in pages of 64 KiB. */
  readonly wasmPages: number;
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
 * Makes a kernel of its own memory.
 * @param grid begin of each interval of rates, and the interval by floor(1000 sqrt(rate)).
 * Errors: RangeError for sizes that are no positive integers.
 */
export async function bindRctd(
  sizes: RctdSizes,
  grid: { nodes: Float64Array; intervalOfL: Uint16Array },
): Promise<BoundRctd> {
  for (const [name, size] of Object.entries(sizes))
    if (!(Number.isSafeInteger(size) && size > 0)) throw new RangeError(`rctd kernel: ${name} is ${size}`);
  compiled ??= readFile(new URL('./build/rctd.wasm', import.meta.url)).then((bytes) => wasm.compile(bytes));
  const memory = new wasm.Memory({ initial: 1 });
  const instance = await wasm.instantiate(await compiled, { env: { memory } });
  const kernel = instance.exports as RctdExports;
  kernel.start();
  const stride = sizes.genes + (sizes.genes % 2);
  let end = aligned(kernel.memoryStart());
  const place = (bytes: number): number => {
    const at = end;
    end = aligned(end + bytes);
    return at;
  };
  const at = {
    profiles: place(sizes.types * stride * 8),
    table: place(sizes.rows * sizes.rowBytes),
    nodes: place(grid.nodes.length * 8),
    interval: place(grid.intervalOfL.length * 2),
    rowOf: place(stride * 4),
    scratch: place(kernel.scratchBytes(stride, sizes.types)),
  };
  const wasmPages = Math.ceil(end / PAGE_BYTES);
  memory.grow(Math.max(0, wasmPages - 1));
  const { buffer } = memory;
  new Float64Array(buffer, at.nodes, grid.nodes.length).set(grid.nodes);
  new Uint16Array(buffer, at.interval, grid.intervalOfL.length).set(grid.intervalOfL);
  kernel.setUp(
    sizes.genes,
    stride,
    sizes.types,
    at.profiles,
    at.table,
    at.nodes,
    at.interval,
    at.rowOf,
    at.scratch,
  );
  return {
    sizes,
    stride,
    profiles: new Float64Array(buffer, at.profiles, sizes.types * stride),
    table: new Float64Array(buffer, at.table, (sizes.rows * sizes.rowBytes) / 8),
    rowOf: new Uint32Array(buffer, at.rowOf, sizes.genes),
    columns: new Uint32Array(buffer, kernel.columnsAt(), sizes.types),
    weights: new Float64Array(buffer, kernel.weightsAt(), sizes.types),
    rates: new Float64Array(buffer, kernel.ratesAt(), sizes.genes),
    kernel,
    wasmPages,
  };
}
