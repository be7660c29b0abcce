/** Where the arrays of the kernel `rctd` lie, and how they are read; see `rctd.kernel.ts`. */

export const SMALLEST: f64 = 1e-4;
export const LARGEST: f64 = 1600.0 - 1e-4;
export const EIGEN_FLOOR: f64 = 1e-3;
export const RIDGE: f64 = 1e-7;

export let genes: i32 = 0;
export let stride: i32 = 0;
export let types: i32 = 0;
export let profiles: usize = 0;
export let table: usize = 0;
export let nodes: usize = 0;
export let interval: usize = 0;
export let rowOf: usize = 0;
/** Scratch over genes. */
export let rate: usize = 0;
export let slope: usize = 0;
export let bend: usize = 0;
export let product: usize = 0;
/** Scratch over types. */
export let column: usize = 0;
export let weight: usize = 0;
export let gradient: usize = 0;
export let linear: usize = 0;
export let target: usize = 0;
export let values: usize = 0;
export let offDiagonal: usize = 0;
export let right: usize = 0;
export let origin: usize = 0;
export let rows: usize = 0;
export let free: usize = 0;
export let hessian: usize = 0;
export let vectors: usize = 0;
export let factor: usize = 0;

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}

/** Bytes of scratch for so many genes (padded) and types. */
export function scratchBytes(paddedGenes: i32, typeCount: i32): usize {
  return <usize>(4 * 8 * paddedGenes + typeCount * (9 * 8 + 16) + 3 * 8 * typeCount * typeCount + 1024);
}

/** Takes the layout; every pointer is a multiple of 16. */
export function setUp(geneCount: i32, paddedGenes: i32, typeCount: i32, profilesAt: usize, tableAt: usize, nodesAt: usize, intervalAt: usize, rowOfAt: usize, scratch: usize): void {
  genes = geneCount;
  stride = paddedGenes;
  types = typeCount;
  profiles = profilesAt;
  table = tableAt;
  nodes = nodesAt;
  interval = intervalAt;
  rowOf = rowOfAt;
  const perGene = <usize>paddedGenes << 3;
  const perType = (<usize>(typeCount + 1) >> 1) << 4;
  const square = ((<usize>(typeCount * typeCount) + 1) >> 1) << 4;
  rate = scratch;
  slope = rate + perGene;
  bend = slope + perGene;
  product = bend + perGene;
  weight = product + perGene;
  gradient = weight + perType;
  linear = gradient + perType;
  target = linear + perType;
  values = target + perType;
  offDiagonal = values + perType;
  right = offDiagonal + perType;
  origin = right + perType;
  hessian = origin + perType;
  vectors = hessian + square;
  factor = vectors + square;
  column = factor + square;
  rows = column + perType;
  free = rows + perType;
}

/** Where the weights of the last `solve` lie (f64), and where its list of types goes (u32). */
export function weightsAt(): usize {
  return weight;
}

export function columnsAt(): usize {
  return column;
}

/** Rates at the present weights of the last `solve`: f64 by gene, bounded to the table. */
export function ratesAt(): usize {
  return rate;
}

// @ts-ignore: decorator
@inline
export function f(p: usize, i: i32): f64 {
  return load<f64>(p + (<usize>i << 3));
}

// @ts-ignore: decorator
@inline
export function put(p: usize, i: i32, value: f64): void {
  store<f64>(p + (<usize>i << 3), value);
}

// @ts-ignore: decorator
@inline
export function profile(type: i32): usize {
  return profiles + (<usize>(type * stride) << 3);
}

// @ts-ignore: decorator
@inline
export function listed(a: i32): usize {
  return profile(load<i32>(column + (<usize>a << 2)));
}
