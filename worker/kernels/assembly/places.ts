import { labelAt } from './pairs';
import { fourth, philox4, unit } from './philox';
import { keepRate, keptRateOf, rateOf } from './rates';
import { KIND_PLACE, ROLE_MOVES, Tile } from './tile';
import { countWork, PLACE_PROPOSALS, PLACES_ACCEPTED, RATES_REFRESHED } from './work';

/** Draws an index of an alias table (Walker): the high half of word * count picks the column, the low half the side. */
// @ts-ignore: decorator
@inline
function aliasDraw(word: u32, count: i32, threshold: usize, alias: usize): i32 {
  const wide = <u64>word * <u64>count;
  const at = <usize>(wide >> 32);
  return <u32>wide < load<u32>(threshold + (at << 2)) ? <i32>at : <i32>load<u8>(alias + at);
}

/**
 * Repositioning (1.6): every movable transcript proposes a birth place from the displacement law around its observed voxel and
 * takes it with the ratio of intensities. Refreshes `rate`. Returns how many were accepted.
 */
export function movePlaces(t: Tile, iteration: u32): i32 {
  const reachNear = t.nearCount >> 1;
  const reachFar = t.farCount >> 1;
  const depths = t.modeCount >> 1;
  const reachZ = depths >> 1;
  let proposed = 0;
  let accepted = 0;
  for (let i: usize = 0; i < <usize>t.transcripts; i++) {
    if ((i & 3) == 0) philox4(t.placeKey0, t.placeKey1, iteration, KIND_PLACE, t.row + (i << 2), 0);
    const at = load<u32>(t.current + (i << 2));
    const a = labelAt(t, at);
    const g = <u32>load<u16>(t.gene + (i << 1));
    if (!(load<u8>(t.role + i) & ROLE_MOVES)) {
      keepRate(t, i, a, keptRateOf(t, i, a, g));
      continue;
    }
    proposed++;
    const lane = i & 3;
    let mode = aliasDraw(fourth(0, lane), t.modeCount, t.modeThreshold, t.modeAlias);
    let dx: i32;
    let dy: i32;
    if (mode >= depths) {
      mode -= depths;
      dx = aliasDraw(fourth(1, lane), t.farCount, t.farThreshold, t.farAlias) - reachFar;
      dy = aliasDraw(fourth(2, lane), t.farCount, t.farThreshold, t.farAlias) - reachFar;
    } else {
      dx = aliasDraw(fourth(1, lane), t.nearCount, t.nearThreshold, t.nearAlias) - reachNear;
      dy = aliasDraw(fourth(2, lane), t.nearCount, t.nearThreshold, t.nearAlias) - reachNear;
    }
    const x = <i32>load<u16>(t.observedX + (i << 1)) + dx;
    const y = <i32>load<u16>(t.observedY + (i << 1)) + dy;
    const l = <i32>load<u8>(t.observedL + i) + mode - reachZ;
    const inside = x >= 0 && x < t.width && y >= 0 && y < t.height && l >= 0 && l < t.layers;
    const to = inside ? l * t.plane + (y + 1) * t.stride + x + 1 : <i32>at;
    const b = labelAt(t, to);
    const old = keptRateOf(t, i, a, g);
    if (a == b) {
      store<u32>(t.current + (i << 2), to);
      keepRate(t, i, a, old);
      if (to != at) accepted++;
      continue;
    }
    const fresh = rateOf(t, b, g);
    const beta = f64(load<f32>(t.background + (i << 2)));
    const take = unit(fourth(3, lane)) * (f64(old) + beta) < f64(fresh) + beta;
    if (take) {
      accepted++;
      store<u32>(t.current + (i << 2), to);
    }
    keepRate(t, i, take ? b : a, take ? fresh : old);
  }
  countWork(PLACE_PROPOSALS, proposed);
  countWork(PLACES_ACCEPTED, accepted);
  countWork(RATES_REFRESHED, t.transcripts);
  return accepted;
}

/** Refreshes `rate` without moving anything (coarse phase, or diffusion off). */
export function refreshRates(t: Tile): void {
  for (let i: usize = 0; i < <usize>t.transcripts; i++) {
    const a = labelAt(t, load<u32>(t.current + (i << 2)));
    keepRate(t, i, a, keptRateOf(t, i, a, <u32>load<u16>(t.gene + (i << 1))));
  }
  countWork(RATES_REFRESHED, t.transcripts);
}
