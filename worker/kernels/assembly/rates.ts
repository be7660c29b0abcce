import { Tile } from './tile';
import { countWork, MULTIPLY_ADDS } from './work';

/** Dot product of two rows of `width` (a multiple of 4) f32: four accumulators, fixed tree. */
// @ts-ignore: decorator
@inline
export function dot(a: usize, b: usize, width: i32): f32 {
  let sum = f32x4.splat(0);
  const bytes = <usize>width << 2;
  for (let o: usize = 0; o < bytes; o += 16) sum = f32x4.add(sum, f32x4.mul(v128.load(a + o), v128.load(b + o)));
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3));
}

/** Rate of a gene in a cell per unit volume; 0 in the background. */
// @ts-ignore: decorator
@inline
export function rateOf(t: Tile, cell: u32, gene: u32): f32 {
  if (cell == 0) return 0;
  const row = t.loading + ((<usize>cell * <usize>t.latent) << 2);
  if (gene < <u32>t.privateGenes) return load<f32>(row + (<usize>gene << 2));
  countWork(MULTIPLY_ADDS, t.factorWidth);
  return dot(
    row + (<usize>t.privateWidth << 2),
    t.theta + ((<usize>(gene - t.privateGenes) * <usize>t.factorWidth) << 2),
    t.factorWidth,
  );
}

/** Rate of a transcript's gene in a cell, from the transcript's last rate where that was the cell's: spares an inner product. */
// @ts-ignore: decorator
@inline
export function keptRateOf(t: Tile, i: usize, cell: u32, gene: u32): f32 {
  return gene >= <u32>t.privateGenes && <u32>load<u16>(t.rateCell + (i << 1)) == cell
    ? load<f32>(t.rate + (i << 2))
    : rateOf(t, cell, gene);
}

// @ts-ignore: decorator
@inline
export function keepRate(t: Tile, i: usize, cell: u32, rate: f32): void {
  store<u16>(t.rateCell + (i << 1), <u16>cell);
  store<f32>(t.rate + (i << 2), rate);
}

/** Loadings have changed: no kept rate holds any more. */
export function dropRates(t: Tile): void {
  memory.fill(t.rateCell, 0xff, <usize>t.transcripts << 1);
}

/** ln of a small integer, from the table where it reaches. */
// @ts-ignore: decorator
@inline
export function lnInt(t: Tile, n: i32): f64 {
  return n < t.tableSize ? load<f64>(t.lnTable + (<usize>n << 3)) : lnFar(n);
}

import { ln } from './math';

function lnFar(n: i32): f64 {
  return ln(f64(n));
}

/** Fills `lnTable[1..tableSize)`. */
export function fillLnTable(t: Tile): void {
  for (let n = 1; n < t.tableSize; n++) store<f64>(t.lnTable + (<usize>n << 3), ln(f64(n)));
}

/** Lambda_c = sum_k phi_ck Theta_k of every cell; to be called whenever loadings were written. */
export function sumRates(t: Tile): void {
  dropRates(t);
  for (let c = 1; c < t.cells; c++) sumRatesOf(t, c);
}

export function sumRatesOf(t: Tile, c: i32): void {
  const row = t.loading + ((<usize>c * <usize>t.latent) << 2);
  let sum: f64 = 0.0;
  for (let k = 0; k < t.latent; k++) sum += f64(load<f32>(row + (<usize>k << 2))) * load<f64>(t.thetaSum + (<usize>k << 3));
  store<f64>(t.totalRate + (<usize>c << 3), sum);
}
