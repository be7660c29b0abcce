import type { BaysorSettings } from '@spatile/formats/tile/baysor';
import { philox } from '@spatile/random/philox';
import type { Start } from './mixture.ts';
import type { Molecules } from './molecules.ts';
import { PointGrid } from './nearest.ts';

/** Molecules surer than this may start a cell. */
const LEAST_CONFIDENCE = 0.25;
/** Free components per smallest cell's worth of molecules. */
const COMPONENTS_PER_CELL = 2;
/** No molecule starts in a component whose centre is farther than this many scales. */
const REACH_SCALES = 2;
/** Tells these draws from those of labels. */
const DOMAIN = 0x57415254;
const TWO_32 = 4294967296;

/**
 * The first components: one for each prior cell that has a molecule here, and free ones where the prior has none, about the
 * places of molecules drawn with probability 2 / m (by seed and input row, so that two tiles that see a molecule agree).
 * Molecules in no segment go to the nearest centre within two scales, or to noise.
 */
export function startComponents(
  molecules: Molecules,
  confidence: Float64Array,
  priorCells: number,
  settings: BaysorSettings,
  seed: number,
): Start {
  const { n, x, y, z, segment } = molecules;
  const members = new Uint32Array(priorCells + 1);
  const trusted = settings.priorConfidence > 0;
  if (trusted) for (const s of segment) if (s > 0) members[s]++;
  const componentOf = new Uint32Array(priorCells + 1);
  const priorOf = [0];
  for (let s = 1; s <= priorCells; s++) {
    if (members[s] === 0) continue;
    componentOf[s] = priorOf.length;
    priorOf.push(s);
  }
  const seeded = priorOf.length - 1;
  const free: number[] = [];
  const chance = (COMPONENTS_PER_CELL / settings.minTranscriptsPerCell) * TWO_32;
  for (let i = 0; i < n; i++) {
    if ((trusted && segment[i] > 0) || confidence[i] < LEAST_CONFIDENCE) continue;
    if (philox([molecules.row[i], 0, 0, DOMAIN], [seed >>> 0, Math.floor(seed / TWO_32)])[0] < chance)
      free.push(i);
  }
  const components = seeded + free.length;
  const centre = new Float64Array(3 * (components + 1));
  for (let i = 0; i < n && trusted; i++) {
    const c = componentOf[segment[i]];
    if (c === 0) continue;
    centre[3 * c] += x[i] / members[segment[i]];
    centre[3 * c + 1] += y[i] / members[segment[i]];
    centre[3 * c + 2] += z[i] / members[segment[i]];
  }
  free.forEach((i, k) => {
    priorOf.push(0);
    centre.set([x[i], y[i], z[i]], 3 * (seeded + 1 + k));
  });
  const label = nearestCentres(molecules, centre, components, settings.scaleUm);
  if (trusted) for (let i = 0; i < n; i++) if (segment[i] > 0) label[i] = componentOf[segment[i]];
  return { components, label, priorOf: Uint32Array.from(priorOf), centre };
}

function nearestCentres(
  { n, x, y, z }: Molecules,
  centre: Float64Array,
  components: number,
  scaleUm: number,
): Int32Array {
  const label = new Int32Array(n);
  if (components === 0) return label;
  const axis = (k: number): Float64Array =>
    Float64Array.from({ length: components }, (_, c) => centre[3 * (c + 1) + k]);
  const grid = new PointGrid(axis(0), axis(1), axis(2), scaleUm);
  for (let i = 0; i < n; i++) label[i] = grid.nearestOf(x[i], y[i], z[i], REACH_SCALES * scaleUm) + 1;
  return label;
}
