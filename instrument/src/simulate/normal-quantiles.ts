import { exp } from '@spatile/random/elementary';

/** Values in the table, each as likely as the others; the outermost are 4.1 sd from the middle. */
const VALUES = 65536;
const HALF = VALUES / 2;
/** The density is summed up in steps of this. */
const STEP = 1 / 1024;
const FARTHEST = 4.5;

let table: Float32Array | null = null;

/**
 * Standard normal value of 16 random bits (0..65535): a look-up, for noise that is drawn for every transcript. Symmetric;
 * sd 1 within 1e-4.
 */
export function normalOf(bits: number): number {
  return normalTable()[bits];
}

/** The values of `normalOf`, by their bits. */
export function normalTable(): Float32Array {
  table ??= makeTable();
  return table;
}

function makeTable(): Float32Array {
  const values = new Float32Array(VALUES);
  const scale = 1 / Math.sqrt(2 * Math.PI);
  let below = 0;
  let z = 0;
  let density = scale;
  let next = 0;
  // Half of the mass lies above 0; value i of that half is where half of its own (i + 0.5) / HALF is passed.
  while (next < HALF && z < FARTHEST) {
    const nextDensity = scale * exp((-(z + STEP) * (z + STEP)) / 2);
    const mass = ((density + nextDensity) * STEP) / 2;
    while (next < HALF && (next + 0.5) / VALUES <= below + mass) {
      const value = z + (STEP * ((next + 0.5) / VALUES - below)) / mass;
      values[HALF + next] = value;
      values[HALF - 1 - next] = -value;
      next++;
    }
    below += mass;
    density = nextDensity;
    z += STEP;
  }
  return values;
}
