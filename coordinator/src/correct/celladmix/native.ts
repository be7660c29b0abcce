import type { CorrectConfig } from '@spatile/formats/config/schema';
import { CellGrid } from './cell-grid.ts';
import type { CellTypes } from './cell-types.ts';
import type { SlideLabels } from './label.ts';

type Settings = CorrectConfig['celladmix']['native'];

/** Cells of a type that are looked at, at most. */
const MOST_CELLS = 2000;
/** A cell carries a factor when more than this share of its molecules is of it. */
const CARRIES = 0.05;
/** Share of the far cells that may carry a factor without it being compared with other types. */
const MOST_CARRIERS = 0.1;

/** Cells of one type by whether one of another type is among their nearest. */
export interface Exposure {
  /** Rows of sampled cells of the target type. */
  rows: readonly number[];
  /** Bit s of `seen[i * words + (s >> 5)]`: type s is among the nearest of cell i. */
  seen: Uint32Array;
}

/** Looks at the nearest cells of sampled cells of each type. @param order rows in random order. */
export function exposures(
  spatial: Float64Array,
  { names, type }: CellTypes,
  order: Uint32Array,
  neighbours: number,
): Exposure[] {
  const words = Math.ceil(names.length / 32);
  const chosen: number[][] = names.map(() => []);
  for (const row of order)
    if (type[row] >= 0 && chosen[type[row]].length < MOST_CELLS) chosen[type[row]].push(row);
  const grid = new CellGrid(spatial);
  return chosen.map((rows) => {
    const seen = new Uint32Array(rows.length * words);
    rows.forEach((row, i) => {
      for (const other of grid.nearest(row, neighbours)) {
        const t = type[other];
        if (t >= 0) seen[i * words + (t >> 5)] |= 1 << (t & 31);
      }
    });
    return { rows, seen };
  });
}

/** What far cells say of a rule. */
export type NativeVerdict = 'foreign' | 'native' | 'unproven';

/** Shares of one factor in cells of one type, far from and near another type. */
interface Shares {
  far: number[];
  near: number[];
}

function sharesOf(exposure: Exposure, types: number, source: number, labels: SlideLabels, f: number): Shares {
  const words = Math.ceil(types / 32);
  const out: Shares = { far: [], near: [] };
  exposure.rows.forEach((row, i) => {
    let all = 0;
    for (let g = 0; g < labels.factors; g++) all += labels.counts[row * labels.factors + g];
    if (all === 0) return;
    const isNear = ((exposure.seen[i * words + (source >> 5)] >>> (source & 31)) & 1) === 1;
    (isNear ? out.near : out.far).push(labels.counts[row * labels.factors + f] / all);
  });
  return out;
}

/** Value below which a share of the values lies, between neighbours as R's type 7. */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const carriers = (shares: readonly number[]): number =>
  shares.filter((x) => x > CARRIES).length / shares.length;

/**
 * Whether a factor is a type's own, by cells of the type that have none of the source type near: it is when they carry it too
 * (median share above the limit; or carried by more than 10 % of them and by many more than of other types; or no less than by
 * cells near the source) (native check of Mitchel et al.).
 */
export function nativeVerdict(
  exposures: readonly Exposure[],
  target: number,
  source: number,
  labels: SlideLabels,
  factor: number,
  settings: Settings,
): NativeVerdict {
  const types = exposures.length;
  const { far, near } = sharesOf(exposures[target], types, source, labels, factor);
  if (far.length < settings.fewest || near.length < settings.fewest) return 'unproven';
  const sorted = [...far].sort((a, b) => a - b);
  if (quantile(sorted, 0.5) > settings.share) return 'native';
  if (mean(near) < mean(far)) return 'native';
  const own = carriers(far);
  if (own <= MOST_CARRIERS) return 'foreign';
  const others = exposures.flatMap((exposure, t) => {
    if (t === source) return [];
    const shares = sharesOf(exposure, types, source, labels, factor).far;
    return shares.length >= settings.fewest ? [carriers(shares)] : [];
  });
  others.sort((a, b) => a - b);
  const [low, high] = [quantile(others, 0.25), quantile(others, 0.75)];
  return own > high + 1.5 * (high - low) ? 'native' : 'foreign';
}
