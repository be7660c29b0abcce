import { exp } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { CELL_TYPES } from './cell-types.ts';
import type { Settings } from './options.ts';
import { markerShare, type Panel } from './panel.ts';
import type { Reference } from './reference.ts';

/** Latent programs that types mix. */
const PROGRAMS = 30;
/** Processes that cells of any type turn on and off: cycle, stress and the like; and how much of a cell they take. */
const PROCESSES = 4;
export const MOST_ACTIVE = 0.3;
/** Mean of `MOST_ACTIVE` u^2 over u in (0, 1). */
export const MEAN_ACTIVE = MOST_ACTIVE / 3;
/** Genes whose share varies together from cell to cell. */
export const MODULES = 8;
/** How far a gene's share differs between the two ends of a type's states, relative to its mean. */
const STATE_SPREAD = 0.8;
/** Part of a type's transcripts that the markers of its lineage make up, per part of its own. */
const LINEAGE_SHARE = 0.4;

export interface Expression {
  /** Per type: share of each gene, and its relative change at the end of the type's states (mean 0 over transcripts). */
  types: Float64Array[];
  tilts: Float64Array[];
  /** Per process: share of each gene. */
  processes: Float64Array[];
  moduleOf: Uint8Array;
  /** What drifts around: the mean of all types, more of what leaks more. */
  ambient: Float64Array;
}

/**
 * Expression of all types. Without a reference: gene means are log-normal; types mix latent programs, half of them those
 * of their lineage; markers belong to a lineage or to one type and are absent elsewhere. With one, a type's shares are the
 * reference's. Not the model any assignment method assumes: see `Mixture` for what varies between the cells of a type.
 */
export function drawExpression(settings: Settings, panel: Panel, reference: Reference | null): Expression {
  const stream = new RandomStream(settings.seed, 'expression');
  const { genes } = panel;
  const means = Float64Array.from({ length: genes }, () => exp(stream.normal()));
  const programs = Array.from({ length: PROGRAMS }, () => drawProgram(stream, genes));
  const types = reference?.shares ?? drawTypes(stream, means, programs, panel);
  const tilts = types.map((profile) => drawTilt(stream, profile));
  const mean = means.map((_, g) => types.reduce((sum, profile) => sum + profile[g], 0));
  const isMarker = (g: number): boolean => panel.markerOf[g] >= 0 || panel.lineageOf[g] >= 0;
  const processes = Array.from({ length: PROCESSES }, (_, k) =>
    toShares(mean.map((m, g) => (isMarker(g) ? 0 : m * (0.02 + programs[k][g])))),
  );
  const moduleOf = Uint8Array.from({ length: genes }, () => stream.integer(MODULES));
  const ambient = toShares(mean.map((m, g) => m * panel.leakFactor[g]));
  return { types, tilts, processes, moduleOf, ambient };
}

/** Expected share of each gene in a cell of a type: what the transcripts of many such cells add up to. Sums to 1. */
export function expectedShares({ types, processes }: Expression, type: number): Float64Array {
  return types[type].map((share, g) => {
    const active = processes.reduce((sum, process) => sum + process[g], 0) / processes.length;
    return (1 - MEAN_ACTIVE) * share + MEAN_ACTIVE * active;
  });
}

/** Sparse loadings with mean 1. */
function drawProgram(stream: RandomStream, genes: number): Float64Array {
  const loadings = new Float64Array(genes);
  for (let g = 0; g < genes; g++) loadings[g] = stream.gamma(0.3) / 0.3;
  return loadings;
}

function drawWeights(stream: RandomStream): Float64Array {
  return stream.dirichlet(new Float64Array(PROGRAMS).fill(0.3), new Float64Array(PROGRAMS));
}

function drawTypes(
  stream: RandomStream,
  means: Float64Array,
  programs: readonly Float64Array[],
  panel: Panel,
): Float64Array[] {
  const lineages = CELL_TYPES.map(() => drawWeights(stream));
  return CELL_TYPES.map(({ lineage }, type) => {
    const weights = drawWeights(stream).map((own, k) => 0.5 * own + 0.5 * lineages[lineage][k]);
    const common = means.map((mean, g) => {
      if (panel.markerOf[g] >= 0 || panel.lineageOf[g] >= 0) return 0;
      let activity = 0.1;
      for (let k = 0; k < PROGRAMS; k++) activity += weights[k] * programs[k][g];
      return mean * activity;
    });
    const own = means.map((mean, g) => (panel.markerOf[g] === type ? mean : 0));
    // The types of a lineage hold its markers at levels of their own.
    const shared = means.map((mean, g) =>
      panel.lineageOf[g] === lineage ? mean * exp(0.5 * stream.normal()) : 0,
    );
    const ofMarkers = own.some((m) => m > 0) ? markerShare(panel.genes) : 0;
    const ofLineage = shared.some((m) => m > 0) ? LINEAGE_SHARE * ofMarkers : 0;
    const [a, b, c] = [toShares(common), toShares(own), toShares(shared)];
    return common.map((_, g) => (1 - ofMarkers - ofLineage) * a[g] + ofMarkers * b[g] + ofLineage * c[g]);
  });
}

/** Relative changes within +-1 that leave the sum of the profile as it is. */
function drawTilt(stream: RandomStream, profile: Float64Array): Float64Array {
  const tilt = profile.map(() => STATE_SPREAD * (2 * stream.uniform() - 1));
  const drift = profile.reduce((sum, share, g) => sum + share * tilt[g], 0);
  // Moved to mean 0, then brought back within 1 by a factor, which keeps the mean.
  const centred = tilt.map((value) => value - drift);
  const most = centred.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  return centred.map((value) => value / most);
}

function toShares(weights: Float64Array): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total > 0 ? weights.map((weight) => weight / total) : weights;
}
