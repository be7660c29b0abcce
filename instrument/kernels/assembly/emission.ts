import { bear, bornX, bornY, bornZ, isOnCell } from './births';
import { share, word } from './random';

const SECTION_UM: f64 = 10;
/** Localisation error of a transcript that stays where it was born, and spread of what drifts around a cell. */
const NOISE_SD_UM: f64 = 0.4;
const AMBIENT_SD_UM: f64 = 12;
/** No transcript leaks farther than this. */
const LEAK_LIMIT_UM: f64 = 60;
const MOST_LEAKED: f64 = 0.9;
/** Tilt of the section per micron along x and y. */
const TILT_X: f64 = 0.002;
const TILT_Y: f64 = 0.001;
/** Calls below the usual cut-off of 20, and the share of them whose gene is wrong. */
const LOW_QUALITY: f64 = 0.1;
const MISCALLED: f64 = 0.3;
const BEST: f64 = 40;

/** Addresses that `EmissionKernel` lays out, in this order. */
@unmanaged
export class Layout {
  /** f32[65536] values of the normal distribution, each as likely as the others. */
  normals: usize;
  /** f64[4096] cosines, then sines. */
  directions: usize;
  /** f64[genes], see `Panel`. */
  nuclearShare: usize;
  leakFactor: usize;
  /** Table of the ambient: see `pick`. */
  ambient: usize;
  /** Of the cell's mixture: f64[32] running sums, u32[32] addresses of the entries' tables, u8[64] where to begin. */
  upTo: usize;
  tables: usize;
  guide: usize;
  /** Columns of the transcripts. */
  feature: usize;
  cell: usize;
  seenX: usize;
  seenY: usize;
  seenZ: usize;
  bornX: usize;
  bornY: usize;
  qv: usize;
  displaced: usize;
  outside: usize;
  genes: u32;
}

let all: Layout = changetype<Layout>(0);
let sizeUm: f64 = 0;
/** Of the cell: its number, the leak's chance before the gene's factor, twice the squared scale and what lies beyond the limit. */
let label: u32 = 0;
let leakShare: f64 = 0;
let regionChance: f64 = 0;
let twice: f64 = 0;
let beyondLimit: f64 = 0;
/** Rows filled. */
let rows: usize = 0;

export function begin(layout: Layout, edgeUm: f64): void {
  all = layout;
  sizeUm = edgeUm;
  rows = 0;
}

/** How many rows are filled; begins anew. */
export function takeRows(): i32 {
  const taken = <i32>rows;
  rows = 0;
  return taken;
}

export function setCell(number: u32, share: f64, chance: f64, scaleUm: f64): void {
  label = number;
  leakShare = share;
  regionChance = chance;
  twice = 2 * scaleUm * scaleUm;
  beyondLimit = twice / (twice + LEAK_LIMIT_UM * LEAK_LIMIT_UM);
}

/** Index of an alias table (Walker 1977): u32 count and padding, f64[count] shares kept, u32[count] own, u32[count] other. */
// @ts-ignore: decorator
@inline
function pick(table: usize): u32 {
  const n = load<u32>(table);
  const at = share() * <f64>n;
  const i = min<u32>(<u32>at, n - 1);
  const kept = table + 8 + (<usize>i << 3);
  const own = table + 8 + (<usize>n << 3) + (<usize>i << 2);
  return load<u32>(at - <f64>i < load<f64>(kept) ? own : own + (<usize>n << 2));
}

/** A gene of the cell; its share of the cell's transcripts is its probability. */
// @ts-ignore: decorator
@inline
function drawGene(): u32 {
  const u = share();
  let entry = <usize>load<u8>(all.guide + <usize>(u * 64));
  while (load<f64>(all.upTo + (entry << 3)) <= u) entry++;
  return pick(load<u32>(all.tables + (entry << 2)));
}

// @ts-ignore: decorator
@inline
function normalOf(bits: u32): f64 {
  return <f64>load<f32>(all.normals + (<usize>bits << 2));
}

/** Length of a bivariate t of 2 degrees of freedom within the limit: see `leakDistance` in `emission-kernel.ts`. */
export function leakDistance(beyond: f64): f64 {
  const probability = beyondLimit + (1 - beyondLimit) * beyond;
  return sqrt<f64>(twice * (1 / probability - 1));
}

/** Fills rows with `count` transcripts of the cell. */
export function emit(count: i32): void {
  for (let i = 0; i < count; i++) {
    const gene = drawGene();
    bear(load<f64>(all.nuclearShare + (<usize>gene << 3)));
    let x = bornX;
    let y = bornY;
    const chance = leakShare * load<f64>(all.leakFactor + (<usize>gene << 3)) * regionChance;
    const leaked = share() < min<f64>(MOST_LEAKED, chance);
    if (leaked) {
      const distance = leakDistance(share());
      const way = all.directions + (<usize>(word() >>> 20) << 3);
      x += distance * load<f64>(way);
      y += distance * load<f64>(way, 8 * 4096);
    } else {
      const bits = word();
      x += NOISE_SD_UM * normalOf(bits & 0xffff);
      y += NOISE_SD_UM * normalOf(bits >>> 16);
    }
    see(gene, label, x, y, bornX, bornY, bornZ, leaked);
  }
}

/** Fills rows with `count` ambient transcripts that drift around a place. */
export function drift(count: i32, centreX: f64, centreY: f64): void {
  for (let i = 0; i < count; i++) {
    const bits = word();
    const x = centreX + AMBIENT_SD_UM * normalOf(bits & 0xffff);
    const y = centreY + AMBIENT_SD_UM * normalOf(bits >>> 16);
    const z = SECTION_UM * share();
    see(pick(all.ambient), 0, x, y, x, y, z, false);
  }
}

/** Fills rows with `count` transcripts even over a rectangle: ambient ones, or of the features listed as u32. */
export function scatter(count: i32, x0: f64, y0: f64, width: f64, height: f64, features: usize): void {
  for (let i = 0; i < count; i++) {
    const x = x0 + width * share();
    const y = y0 + height * share();
    const z = SECTION_UM * share();
    const feature = features == 0 ? pick(all.ambient) : load<u32>(features + (<usize>i << 2));
    see(feature, 0, x, y, x, y, z, false);
  }
}

/** Fills a row, unless the place is off the slide: quality, and what was called, which may be another gene. */
function see(feature: u32, cell: u32, seenX: f64, seenY: f64, fromX: f64, fromY: f64, z: f64, leaked: bool): void {
  const x = <f32>seenX;
  const y = <f32>seenY;
  if (!(x >= 0 && y >= 0 && <f64>x < sizeUm && <f64>y < sizeUm)) return;
  const qv = drawQuality();
  const miscalled = feature < all.genes && qv < 20 && share() < MISCALLED;
  const called = miscalled ? pick(all.ambient) : feature;
  const at = rows << 2;
  store<u32>(all.feature + at, called);
  store<u32>(all.cell + at, cell);
  store<f32>(all.seenX + at, x);
  store<f32>(all.seenY + at, y);
  store<f32>(all.seenZ + at, <f32>(2 + TILT_X * <f64>x + TILT_Y * <f64>y + z));
  store<f32>(all.bornX + at, <f32>fromX);
  store<f32>(all.bornY + at, <f32>fromY);
  store<f32>(all.qv + at, <f32>qv);
  store<u8>(all.displaced + rows, leaked);
  store<u8>(all.outside + rows, cell > 0 && !isOnCell(<f64>x, <f64>y));
  rows++;
}

/** A Phred-like call quality: 10 % below 20, most of the others at the best value. */
function drawQuality(): f64 {
  const u = share();
  if (u < LOW_QUALITY) return 3 + 16.9 * (u / LOW_QUALITY);
  const rest = (u - LOW_QUALITY) / (1 - LOW_QUALITY);
  return rest < 0.7 ? BEST : 20 + ((rest - 0.7) / 0.3) * 20;
}
