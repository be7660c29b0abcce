import { exp } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { AliasTable } from './alias-table.ts';
import { CELL_TYPES } from './cell-types.ts';
import type { Settings } from './options.ts';
import type { Panel } from './panel.ts';
import { share } from './share.ts';

const PROGRAMS = 30;
/** Programs that cells of any type turn on and off: cycle, stress and the like. */
const STATES = 6;
/** Share of a type's transcripts that are markers, when the panel has as many as it may. */
const MARKER_SHARE = 0.3;

export interface Expression {
  /** One table of genes per cell type, and one per state. */
  types: AliasTable[];
  states: AliasTable[];
  /** What drifts around: the mean of all types. */
  ambient: AliasTable;
}

/**
 * Expression profiles: gene means log-normal; types mix latent programs, partly shared within a lineage; markers belong to
 * one type and are absent elsewhere. Not the model any assignment method assumes: within a cell the mix also varies with
 * cell states (`Mixture`).
 */
export function drawExpression(settings: Settings, panel: Panel): Expression {
  const stream = new RandomStream(settings.seed, 'expression');
  const means = new Float64Array(panel.genes);
  for (let g = 0; g < panel.genes; g++) means[g] = exp(stream.normal());
  const programs = Array.from({ length: PROGRAMS }, () => drawProgram(stream, panel.genes));
  const lineages = [0, 1, 2].map(() => drawWeights(stream));
  const profiles = CELL_TYPES.map((type, index) => {
    const own = drawWeights(stream);
    const weights = own.map((w, k) => 0.5 * w + 0.5 * lineages[type.lineage][k]);
    return profileOf(index, weights, means, programs, panel);
  });
  const states = Array.from(
    { length: STATES },
    (_, s) =>
      new AliasTable(
        means.map((m, g) => (panel.markerOf[g] >= 0 ? 0 : m * (0.02 + programs[PROGRAMS - 1 - s][g]))),
      ),
  );
  const ambient = means.map((_, g) => profiles.reduce((sum, profile) => sum + profile[g], 0));
  return {
    types: profiles.map((profile) => new AliasTable(profile)),
    states,
    ambient: new AliasTable(ambient),
  };
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

/** Probabilities of the genes in a cell type; markers of the type share `MARKER_SHARE`, those of others have none. */
function profileOf(
  type: number,
  weights: Float64Array,
  means: Float64Array,
  programs: Float64Array[],
  panel: Panel,
): Float64Array {
  const profile = means.map((mean, g) => {
    if (panel.markerOf[g] >= 0) return 0;
    let activity = 0.1;
    for (let k = 0; k < PROGRAMS; k++) activity += weights[k] * programs[k][g];
    return mean * activity;
  });
  const shared = profile.reduce((sum, p) => sum + p, 0);
  const markers = means.map((mean, g) => (panel.markerOf[g] === type ? mean : 0));
  const marked = markers.reduce((sum, p) => sum + p, 0);
  const markerShare = marked > 0 ? MARKER_SHARE : 0;
  return profile.map(
    (p, g) => ((1 - markerShare) * p) / shared + (marked > 0 ? (markerShare * markers[g]) / marked : 0),
  );
}

/** One cell's own mix of its type's profile and two states. */
export class Mixture {
  readonly #tables: AliasTable[];
  readonly #limits: [number, number];

  constructor(stream: RandomStream, type: number, expression: Expression) {
    const first = expression.states[stream.integer(STATES)];
    const second = expression.states[stream.integer(STATES)];
    const activity = Math.min(0.6, 0.2 * stream.gamma(1.2));
    const split = stream.uniform();
    this.#tables = [expression.types[type], first, second];
    this.#limits = [1 - activity, 1 - activity * split];
  }

  drawGene(stream: RandomStream): number {
    const u = share(stream);
    const which = u < this.#limits[0] ? 0 : u < this.#limits[1] ? 1 : 2;
    return this.#tables[which].draw(share(stream));
  }
}
