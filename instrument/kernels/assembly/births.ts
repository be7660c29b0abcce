import { share } from './random';
import { AREA, holds, IS_LOOSE, prepare, RING_NUMBERS, spread, spreadX, spreadY } from './rings';

/** Height of the section in microns, and how near a floor comes to its top or bottom. */
const SECTION_UM: f64 = 10;
const LEAST_UM: f64 = 1.5;
/** Tries after which a place that is not wholly right is taken: in the nucleus for the cytoplasm, or pushed to the cell's own height. */
const TRIES = 12;
const RING_BYTES: usize = RING_NUMBERS << 3;
/** A cover: a ring, then the floor's place, height and slopes, and whether the other cell lies above. */
const COVER_BYTES: usize = (RING_NUMBERS + 6) << 3;
const FLOOR_X: usize = RING_NUMBERS << 3;

/** The cell's body, its nuclei one after the other, and its covers. */
let body: usize = 0;
let nuclei: usize = 0;
let nucleusCount = 0;
let covers: usize = 0;
let coversEnd: usize = 0;

/** Where a transcript was born: microns on the slide and above the section's bottom. */
export let bornX: f64 = 0;
export let bornY: f64 = 0;
export let bornZ: f64 = 0;

/** Turns to the cell whose rings were written: the body, `nucleusCount` nuclei and `coverCount` covers, one after the other. */
export function turnTo(rings: usize, nucleusSteps: usize, bodySteps: usize, count: i32, coverCount: i32): void {
  body = rings;
  nuclei = rings + RING_BYTES;
  nucleusCount = count;
  covers = rings + 3 * RING_BYTES;
  coversEnd = covers + <usize>coverCount * COVER_BYTES;
  prepare(body, bodySteps);
  for (let i = 0; i < count; i++) prepare(nuclei + <usize>i * RING_BYTES, nucleusSteps);
}

/** Whether a place lies on the cell's own ground. */
export function isOnCell(x: f64, y: f64): bool {
  return holds(body, x, y);
}

/**
 * Draws where a transcript is born, uniform in the cell's volume: its ground times the section's height less what lies
 * beyond the floor to a cell of the other layer. `nuclearShare`: see `EmissionKernel.birthPlace`.
 */
export function bear(nuclearShare: f64): void {
  const hasNuclei = nucleusCount > 0;
  const isNuclear = hasNuclei && share() < nuclearShare;
  const isOutside = hasNuclei && !isNuclear && !isNaN(nuclearShare);
  const ring = isNuclear ? pickNucleus() : body;
  const isLoose = load<f64>(ring, IS_LOOSE) != 0;
  let x: f64 = 0;
  let y: f64 = 0;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const p = share();
    spread(ring, p, share());
    x = spreadX;
    y = spreadY;
    if (isLoose && !holds(ring, x, y)) continue;
    if (isOutside && isInNucleus(x, y)) continue;
    const z = SECTION_UM * share();
    if (covers == coversEnd || isOwnHeight(x, y, z)) {
      bornX = x;
      bornY = y;
      bornZ = z;
      return;
    }
  }
  bornX = x;
  bornY = y;
  bornZ = ownHeight(x, y, SECTION_UM * share());
}

function pickNucleus(): usize {
  if (nucleusCount == 1) return nuclei;
  const first = load<f64>(nuclei, AREA);
  const second = nuclei + RING_BYTES;
  return share() * (first + load<f64>(second, AREA)) < first ? nuclei : second;
}

// @ts-ignore: decorator
@inline
function isInNucleus(x: f64, y: f64): bool {
  for (let i = 0; i < nucleusCount; i++) if (holds(nuclei + <usize>i * RING_BYTES, x, y)) return true;
  return false;
}

/** Height of a cover's floor at a place, in [1.5, 8.5] microns. */
// @ts-ignore: decorator
@inline
function floorAt(cover: usize, x: f64, y: f64): f64 {
  const floor = cover + FLOOR_X;
  const height =
    load<f64>(floor, 16) +
    load<f64>(floor, 24) * (x - load<f64>(floor)) +
    load<f64>(floor, 32) * (y - load<f64>(floor, 8));
  return min<f64>(SECTION_UM - LEAST_UM, max<f64>(LEAST_UM, height));
}

// @ts-ignore: decorator
@inline
function isAbove(cover: usize): bool {
  return load<f64>(cover + FLOOR_X, 40) != 0;
}

function isOwnHeight(x: f64, y: f64, z: f64): bool {
  for (let cover = covers; cover < coversEnd; cover += COVER_BYTES) {
    if (z >= floorAt(cover, x, y) == isAbove(cover) && holds(cover, x, y)) return false;
  }
  return true;
}

/** A height squeezed into the cell's own part of the section. */
function ownHeight(x: f64, y: f64, height: f64): f64 {
  let low: f64 = 0;
  let high = SECTION_UM;
  for (let cover = covers; cover < coversEnd; cover += COVER_BYTES) {
    if (!holds(cover, x, y)) continue;
    const middle = floorAt(cover, x, y);
    if (isAbove(cover)) high = min<f64>(high, middle);
    else low = max<f64>(low, middle);
  }
  return low + ((high - low) * height) / SECTION_UM;
}
