import { readFile } from 'node:fs/promises';

/**
 * Binds the kernel `assign.wasm`: lays its arrays out in one linear memory, checks shapes once and hands out typed views.
 * What each array means stands on top of `assembly/tile.ts`.
 */

/** Everything that decides the layout. */
export interface AssignSizes {
  /** Fine voxels of the tile. */
  width: number;
  height: number;
  layers: number;
  /** Model transcripts (controls are no part of it). */
  transcripts: number;
  /** Cells and one entry for the background. */
  cells: number;
  genes: number;
  privateGenes: number;
  factors: number;
  components: number;
  densityBins: number;
  /** Bins of the histogram of cells by voxel count. */
  volumeBins: number;
  /** Room for the record of posterior shares. */
  records: boolean;
  /** Room for the statistics of a fit. */
  statistics: boolean;
}

const RECORD_SLOTS = 3;
const RISING = 16;
/** Voxel counts and perimeters whose logarithm is tabulated. */
const LN_TABLE = 16384;
/** Room of an alias table. */
const ALIAS = 256;
const ALIGN = 64;

const even = (n: number): number => n + (n % 2);
const four = (n: number): number => Math.ceil(n / 4) * 4;

/** Width of the private block, of the factor block, of a loading row, and of a row over components. */
export function assignWidths(sizes: Pick<AssignSizes, 'privateGenes' | 'factors' | 'components'>) {
  const privateWidth = four(sizes.privateGenes);
  const factorWidth = four(sizes.factors);
  return {
    privateWidth,
    factorWidth,
    latent: privateWidth + factorWidth,
    componentWidth: even(sizes.components),
  };
}

/** Arrays in the order of the pointers of `Tile`: constructor and length. */
function arraysOf(s: AssignSizes) {
  const w = assignWidths(s);
  const plane = (s.width + 2) * (s.height + 2);
  const voxels = plane * s.layers;
  const n = s.transcripts;
  const records = s.records ? n : 0;
  const factored = s.genes - s.privateGenes;
  const table = w.latent * w.componentWidth;
  const perFactor = s.statistics ? s.components * w.latent : 0;
  const statistics = s.statistics ? 1 : 0;
  return {
    label: [Uint16Array, voxels],
    boundary: [BigUint64Array, Math.ceil(s.width / 64) * s.height * s.layers],
    priorLabel: [Uint16Array, plane],
    priorClass: [Uint8Array, plane],
    bucketStart: [Uint32Array, voxels + 2],
    bucketItem: [Uint32Array, n],
    row: [Uint32Array, n],
    gene: [Uint16Array, n],
    observedX: [Uint16Array, n],
    observedY: [Uint16Array, n],
    observedL: [Uint8Array, n],
    current: [Uint32Array, n],
    background: [Float32Array, n],
    backgroundIndex: [Uint32Array, n],
    rate: [Float32Array, n],
    rateCell: [Uint16Array, n],
    foreground: [Uint8Array, n],
    role: [Uint8Array, n],
    recordCell: [Uint16Array, records * RECORD_SLOTS],
    recordWeight: [Float32Array, records * RECORD_SLOTS],
    recordBackground: [Float32Array, records],
    cellId: [Uint32Array, s.cells],
    frozen: [Uint8Array, s.cells],
    owned: [Uint8Array, s.cells],
    component: [Uint16Array, s.cells],
    size: [Int32Array, s.cells],
    layerSize: [Int32Array, s.cells * s.layers],
    perimeter: [Int32Array, s.cells * s.layers],
    loading: [Float32Array, s.cells * w.latent],
    totalRate: [Float64Array, s.cells],
    latentCount: [Uint32Array, s.cells * w.latent],
    theta: [Float32Array, factored * w.factorWidth],
    thetaSum: [Float64Array, w.latent],
    shape: [Float64Array, table],
    scale: [Float64Array, table],
    logPi: [Float64Array, w.componentWidth],
    mu: [Float64Array, w.componentWidth],
    sigma2: [Float64Array, w.componentWidth],
    risingLog: [Float64Array, table * RISING],
    pointCount: [Float64Array, table * RISING],
    emptyLog: [Float64Array, (s.volumeBins + 1) * w.componentWidth],
    lnTable: [Float64Array, LN_TABLE],
    priorLog: [Float64Array, 512],
    nearThreshold: [Uint32Array, ALIAS],
    nearAlias: [Uint8Array, ALIAS],
    farThreshold: [Uint32Array, ALIAS],
    farAlias: [Uint8Array, ALIAS],
    modeThreshold: [Uint32Array, ALIAS],
    modeAlias: [Uint8Array, ALIAS],
    weights: [Float64Array, w.componentWidth],
    statX: [Uint32Array, statistics * factored * s.factors],
    statB: [Uint32Array, statistics * s.genes * s.layers * s.densityBins],
    statN: [Uint32Array, statistics * s.components],
    statH: [Uint32Array, statistics * s.components * s.volumeBins],
    statXt: [Uint32Array, perFactor],
    statCrt: [Uint32Array, perFactor],
    statOmega: [BigInt64Array, perFactor],
    statOmegaLnV: [BigInt64Array, perFactor],
    statLogLikelihood: [BigInt64Array, statistics],
  } as const satisfies Record<string, readonly [TypedArrayConstructor, number]>;
}

type TypedArrayConstructor =
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | Int32ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor
  | BigInt64ArrayConstructor
  | BigUint64ArrayConstructor;

type Arrays = ReturnType<typeof arraysOf>;
export type AssignArrays = { [K in keyof Arrays]: InstanceType<Arrays[K][0]> };

/** The integers at the start of the header, in order. */
export const HEADER_INTEGERS = [
  'width',
  'height',
  'layers',
  'stride',
  'plane',
  'voxels',
  'pairCount',
  'sweep',
  'proposed',
  'transcripts',
  'cells',
  'privateGenes',
  'privateWidth',
  'factors',
  'factorWidth',
  'latent',
  'components',
  'componentWidth',
  'tableSize',
  'volumeBins',
  'volumeFactor',
  'connectivity',
  'pointLoadings',
  'placeKey0',
  'placeKey1',
  'tileKey0',
  'tileKey1',
  'nearCount',
  'farCount',
  'modeCount',
] as const;
/** The reals at its end. */
export const HEADER_REALS = ['voxelVolume', 'compactnessScale', 'bubble'] as const;

export type HeaderInteger = (typeof HEADER_INTEGERS)[number];
export type HeaderReal = (typeof HEADER_REALS)[number];

/** Names of all header fields in order. */
export function headerFields(sizes: AssignSizes): string[] {
  return [...HEADER_INTEGERS, ...Object.keys(arraysOf(sizes)), ...HEADER_REALS];
}

/** What the kernels count, in order; what each means stands in `docs/output.md`. */
export const WORK_KINDS = [
  'labelProposals',
  'labelsWeighed',
  'labelTerms',
  'labelsAccepted',
  'placeProposals',
  'placesAccepted',
  'ratesRefreshed',
  'multiplyAdds',
  'foregroundDraws',
  'factorSteps',
  'componentTerms',
  'loadingDraws',
  'statisticDraws',
  'streamBlocks',
  'records',
  'voxelsScanned',
  'transcriptsSorted',
] as const;

const realsStart = (pointers: number): number => Math.ceil((HEADER_INTEGERS.length + pointers) / 2) * 8;

/** Bytes the arrays and the header take behind the first free byte. */
export function assignBytes(sizes: AssignSizes): number {
  const arrays = Object.values(arraysOf(sizes));
  let bytes = realsStart(arrays.length) + HEADER_REALS.length * 8;
  for (const [type, length] of arrays)
    bytes = Math.ceil(bytes / ALIGN) * ALIGN + type.BYTES_PER_ELEMENT * length;
  return bytes;
}

export interface AssignExports {
  memoryStart(): number;
  workStart(): number;
  clearWork(): void;
  headerBytes(): number;
  philox(k0: number, k1: number, c0: number, c1: number, c2: number, c3: number, out: number): void;
  ln(x: number): number;
  exp(x: number): number;
  expDigamma(x: number): number;
  lnGamma(x: number): number;
  erf(x: number): number;
  normalQuantile(p: number): number;
  drawGamma(k0: number, k1: number, item: number, shape: number): number;
  drawPolyaGamma(k0: number, k1: number, item: number, b: number, c: number): number;
  drawTables(k0: number, k1: number, item: number, count: number, r: number): number;
  fillLnTable(tile: number): void;
  fillTables(tile: number): void;
  sumRates(tile: number): void;
  rateOf(tile: number, cell: number, gene: number): number;
  recount(tile: number): void;
  bucketTranscripts(tile: number): void;
  moveLabels(tile: number, iteration: number, sweeps: number, temperature: number): number;
  separates(tile: number, voxel: number, layer: number, label: number): number;
  movePlaces(tile: number, iteration: number): number;
  refreshRates(tile: number): void;
  drawForeground(tile: number, iteration: number, collect: boolean | number): void;
  componentWeights(tile: number, cell: number): void;
  drawComponents(tile: number, iteration: number): void;
  drawLoadings(tile: number, iteration: number): void;
  collectCells(tile: number, iteration: number, fixedDispersion: boolean | number): void;
  record(tile: number): void;
}

/** A loaded kernel with its memory laid out for one tile. */
export interface BoundAssign {
  readonly kernel: AssignExports;
  /** Address of the header: first argument of the exports that take a tile. */
  readonly tile: number;
  readonly arrays: AssignArrays;
  readonly sizes: AssignSizes;
  setInteger(field: HeaderInteger, value: number): void;
  integer(field: HeaderInteger): number;
  setReal(field: HeaderReal, value: number): void;
  /** What the kernels did for this tile so far (`WORK_KINDS`), and the pages of 64 KiB that its layout takes. */
  work(): Record<string, number>;
  /** Gives the memory back for the next tile; the views must not be used afterwards. */
  release(): void;
}

/** The part of the WebAssembly interface used here; the Node.js typings leave it out. */
interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
const wasm = (globalThis as unknown as { WebAssembly: unknown }).WebAssembly as {
  Memory: new (size: { initial: number; maximum: number }) => LinearMemory;
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: unknown }>;
};

interface Instance {
  memory: LinearMemory;
  kernel: AssignExports;
}

const PAGE = 65536;
const idle: Instance[] = [];
let compiled: Promise<object> | undefined;

function compile(): Promise<object> {
  compiled ??= readFile(new URL('./build/assign.wasm', import.meta.url)).then((bytes) => wasm.compile(bytes));
  return compiled;
}

async function instantiate(): Promise<Instance> {
  const memory = new wasm.Memory({ initial: 1, maximum: PAGE });
  const instance = await wasm.instantiate(await compile(), { env: { memory } });
  const kernel = instance.exports as AssignExports & { start(): void };
  kernel.start();
  return { memory, kernel };
}

/** Reserves and zeroes the memory; gives its pages. Throws RangeError when the engine cannot give that much. */
function reserve({ memory, kernel }: Instance, bytes: number): number {
  const wanted = Math.ceil((kernel.memoryStart() + bytes) / PAGE);
  const have = memory.buffer.byteLength / PAGE;
  new Uint8Array(memory.buffer, kernel.memoryStart()).fill(
    0,
    0,
    Math.min(bytes, memory.buffer.byteLength - kernel.memoryStart()),
  );
  if (wanted > have) memory.grow(wanted - have);
  return wanted;
}

function checkSizes(s: AssignSizes): void {
  const limits: [string, number, number, number][] = [
    ['width', s.width, 1, 65535],
    ['height', s.height, 1, 65535],
    ['layers', s.layers, 1, 255],
    ['transcripts', s.transcripts, 0, 2 ** 30],
    ['cells', s.cells, 1, 65535],
    ['genes', s.genes, 0, 65535],
    ['privateGenes', s.privateGenes, 0, s.genes],
    ['factors', s.factors, 0, 255],
    ['components', s.components, 1, 65535],
    ['densityBins', s.densityBins, 1, 255],
    ['volumeBins', s.volumeBins, 1, 2 ** 24],
  ];
  for (const [name, value, low, high] of limits) {
    if (!Number.isInteger(value) || value < low || value > high)
      throw new RangeError(`${name} is ${value}; must be an integer in [${low}, ${high}]`);
  }
}

/**
 * Lays a tile out: all arrays zero, sizes in the header, phase fields (grid, volumes, keys) still to be set.
 * Throws RangeError when a size is out of range or the memory cannot be had.
 */
export async function bindAssign(sizes: AssignSizes): Promise<BoundAssign> {
  checkSizes(sizes);
  const instance = idle.pop() ?? (await instantiate());
  const wasmPages = reserve(instance, assignBytes(sizes));
  const { memory, kernel } = instance;
  kernel.clearWork();
  const counts = new BigInt64Array(memory.buffer, kernel.workStart(), WORK_KINDS.length);
  const tile = kernel.memoryStart();
  const specs = Object.entries(arraysOf(sizes));
  const words = new Int32Array(memory.buffer, tile, HEADER_INTEGERS.length + specs.length);
  const reals = new Float64Array(memory.buffer, tile + realsStart(specs.length), HEADER_REALS.length);
  if (kernel.headerBytes() !== realsStart(specs.length) + reals.byteLength)
    throw new Error('header of assign.wasm differs from bind.ts');
  let at = tile + kernel.headerBytes();
  const views: Record<string, unknown> = {};
  specs.forEach(([name, [type, length]], i) => {
    at = Math.ceil(at / ALIGN) * ALIGN;
    words[HEADER_INTEGERS.length + i] = at;
    views[name] = new type(memory.buffer, at, length);
    at += type.BYTES_PER_ELEMENT * length;
  });
  const bound: BoundAssign = {
    kernel,
    tile,
    sizes,
    arrays: views as AssignArrays,
    setInteger: (field, value) => {
      words[HEADER_INTEGERS.indexOf(field)] = value;
    },
    integer: (field) => words[HEADER_INTEGERS.indexOf(field)],
    setReal: (field, value) => {
      reals[HEADER_REALS.indexOf(field)] = value;
    },
    work: () => ({
      ...Object.fromEntries(WORK_KINDS.map((kind, k) => [kind, Number(counts[k])])),
      wasmPages,
    }),
    release: () => {
      idle.push(instance);
    },
  };
  const fixed = { ...sizes, ...assignWidths(sizes), tableSize: LN_TABLE };
  for (const field of [
    'transcripts',
    'cells',
    'privateGenes',
    'privateWidth',
    'factors',
    'factorWidth',
    'latent',
    'components',
    'componentWidth',
    'tableSize',
    'volumeBins',
  ] as const)
    bound.setInteger(field, fixed[field]);
  kernel.fillLnTable(tile);
  return bound;
}

/**
 * Sets the voxel grid of the header and marks everything outside it.
 * @param width, height voxels at this phase, no more than the sizes allow
 * @param voxelVolume u = edge^2 / layers; @param volumeFactor fine voxels per voxel
 */
export function setGrid(
  bound: BoundAssign,
  grid: { width: number; height: number; voxelVolume: number; volumeFactor: number },
): void {
  const { layers } = bound.sizes;
  if (grid.width > bound.sizes.width || grid.height > bound.sizes.height)
    throw new RangeError('grid is larger than its memory');
  const stride = grid.width + 2;
  const plane = stride * (grid.height + 2);
  const integers = {
    width: grid.width,
    height: grid.height,
    layers,
    stride,
    plane,
    voxels: plane * layers,
    volumeFactor: grid.volumeFactor,
  };
  for (const [field, value] of Object.entries(integers)) bound.setInteger(field as HeaderInteger, value);
  bound.setReal('voxelVolume', grid.voxelVolume);
  const { label } = bound.arrays;
  label.fill(0xffff, 0, plane * layers);
  for (let l = 0; l < layers; l++) {
    for (let j = 1; j <= grid.height; j++)
      label.fill(0, l * plane + j * stride + 1, l * plane + j * stride + 1 + grid.width);
  }
}
