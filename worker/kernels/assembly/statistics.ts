import { ln } from './math';
import { labelAt } from './pairs';
import { blocks, open } from './philox';
import { lnInt } from './rates';
import { polyaGamma, tables } from './samplers';
import { KIND_OMEGA, KIND_TABLES, RECORD_SLOTS, Tile } from './tile';
import { countWork, RECORDS, STATISTIC_DRAWS, STREAM_BLOCKS } from './work';

const FIXED_POINT: f64 = 16777216.0;

/** Adds this iteration's owned cells to N, H, Xt and (unless the dispersion is held) the CRT and Polya-Gamma sums (2.2). */
export function collectCells(t: Tile, iteration: u32, fixedDispersion: bool): void {
  for (let c = 1; c < t.cells; c++) {
    const n = load<i32>(t.size + (<usize>c << 2));
    if (!load<u8>(t.owned + c) || n == 0) continue;
    const z = <i32>load<u16>(t.component + (<usize>c << 1));
    add32(t.statN, z, 1);
    add32(t.statH, z * t.volumeBins + min(n * t.volumeFactor, t.volumeBins - 1), 1);
    collectFactors(t, iteration, c, z, ln(t.voxelVolume) + lnInt(t, n), fixedDispersion);
  }
}

function collectFactors(t: Tile, iteration: u32, c: i32, z: i32, lnV: f64, fixedDispersion: bool): void {
  const id = load<u32>(t.cellId + (<usize>c << 2));
  let draws = 0;
  let taken = 0;
  for (let k = 0; k < t.latent; k++) {
    const sum = load<f64>(t.thetaSum + (<usize>k << 3));
    if (sum == 0.0) continue;
    const x = load<u32>(t.latentCount + ((<usize>c * <usize>t.latent + k) << 2));
    const slot = z * t.latent + k;
    add32(t.statXt, slot, x);
    if (fixedDispersion) continue;
    draws++;
    const at = <usize>(k * t.componentWidth + z) << 3;
    const r = load<f64>(t.shape + at);
    open(t.placeKey0, t.placeKey1, iteration, KIND_TABLES, k, id);
    add32(t.statCrt, slot, tables(x, r));
    taken += blocks();
    open(t.placeKey0, t.placeKey1, iteration, KIND_OMEGA, k, id);
    const omega = polyaGamma(f64(x) + r, ln(load<f64>(t.scale + at)) + lnV + ln(sum));
    taken += blocks();
    add64(t.statOmega, slot, i64(nearest<f64>(omega * FIXED_POINT)));
    add64(t.statOmegaLnV, slot, i64(nearest<f64>(omega * lnV * FIXED_POINT)));
  }
  countWork(STATISTIC_DRAWS, draws);
  countWork(STREAM_BLOCKS, taken);
}

// @ts-ignore: decorator
@inline
function add32(at: usize, index: i32, value: u32): void {
  const p = at + (<usize>index << 2);
  store<u32>(p, load<u32>(p) + value);
}

// @ts-ignore: decorator
@inline
function add64(at: usize, index: i32, value: i64): void {
  const p = at + (<usize>index << 3);
  store<i64>(p, load<i64>(p) + value);
}

/**
 * Adds one sample to each transcript's record: to the cell it lies in the probability that it is that cell's (foreground given
 * place), to the background the rest. Three cells are remembered per transcript, first come first kept. `rate` must be current.
 */
export function record(t: Tile): void {
  countWork(RECORDS, t.transcripts);
  for (let i: usize = 0; i < <usize>t.transcripts; i++) {
    const cell = labelAt(t, load<u32>(t.current + (i << 2)));
    const rate = load<f32>(t.rate + (i << 2));
    const inside = cell == 0 ? f32(0) : rate / (rate + load<f32>(t.background + (i << 2)));
    const b = t.recordBackground + (i << 2);
    store<f32>(b, load<f32>(b) + (f32(1) - inside));
    if (cell == 0) continue;
    for (let slot = 0; slot < RECORD_SLOTS; slot++) {
      const at = i * RECORD_SLOTS + slot;
      const held = <u32>load<u16>(t.recordCell + (at << 1));
      if (held != cell && held != 0) continue;
      store<u16>(t.recordCell + (at << 1), <u16>cell);
      store<f32>(t.recordWeight + (at << 2), load<f32>(t.recordWeight + (at << 2)) + inside);
      break;
    }
  }
}
