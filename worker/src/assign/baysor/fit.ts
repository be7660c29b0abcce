import type { AssignTile } from '@spatile/formats/tile/assign';
import { type BaysorModel, type BaysorSettings, baysorFitFrame } from '@spatile/formats/tile/baysor';
import { unprefixed } from '@spatile/formats/tile/proseg';
import { ln1p } from '@spatile/random/elementary';
import type { Handler } from '../../handler.ts';
import { concatenated } from '../concatenated.ts';
import { tileOf } from '../tile.ts';
import { fitClusters } from './clusters.ts';
import { clusterRows, projectCompositions, projectionDirections } from './composition.ts';
import { type Graph, moleculeGraph, quantile } from './graph.ts';
import { iterate } from './iterate.ts';
import { type Molecules, moleculesOf } from './molecules.ts';
import { confidences, fitNoise, neighbourDistances, noiseNeighbour } from './noise.ts';
import { prepareMixture } from './prepare.ts';

/** Share of edges shorter than the one that weighs one, and normalised deviations from which on one is no path. */
const UNIT_QUANTILE = 0.3;
const LONG_DEVIATIONS = 2;
const MAD_TO_SD = 1.4826;
/** Neighbours of a composition: at least these, a tenth of the genes, and m. */
const LEAST_NEIGHBOURS = 3;
const MOST_NEIGHBOURS = 200;
/** Molecules whose composition is clustered. */
const MOST_COMPOSITIONS = 20000;
/** Share of the iterations after which cells are near enough to their end to count their genes. */
const SETTLED_SHARE = 0.1;

interface Window {
  molecules: Molecules;
  graph: Graph;
  priorCells: number;
}

/**
 * Learns on pilot windows what holds for the slide: lengths of edges, the mixture of noise, profiles of clusters of molecules, and
 * how many genes a cell has.
 *
 * In: assign-tile frame with `meta.windows` (metas of tiles) and their tables and pieces under `w0.`, `w1.`, ..., `meta.settings`.
 * Out: baysor-fit.
 */
export const fitBaysor: Handler = async (input, context) => {
  const settings = input.meta.settings as BaysorSettings;
  const metas = input.meta.windows as AssignTile['meta'][];
  const { genes, seed } = metas[0];
  const windows: Window[] = metas.map((tile, w) => {
    const tables = unprefixed(`w${w}`, input.tables);
    const pieces = unprefixed(`w${w}`, input.pieces ?? {});
    const window = tileOf({ kind: input.kind, meta: { tile }, tables, pieces });
    const molecules = moleculesOf(window, settings);
    return { molecules, graph: moleculeGraph(molecules), priorCells: window.cells.cell.length };
  });
  context.progress(0.1);
  const all = joined(windows);
  const edges = edgeLengths(all.graph);
  const k = noiseNeighbour(settings.minTranscriptsPerCell);
  const distances = concatenated(
    Float64Array,
    windows.map(({ molecules }) => neighbourDistances(molecules, k)),
  );
  const rho2 = settings.priorConfidence ** 2;
  const floor = Float64Array.from(all.segment, (s) => (s > 0 ? rho2 : 0));
  const noise = fitNoise(distances, all.graph, floor, edges.unitUm, k);
  context.progress(0.3);
  const confidence = confidences(distances, all.segment, noise, settings.priorConfidence);
  const lnProfile =
    settings.clusters === 1
      ? new Float64Array(0)
      : fitClusters(
          { gene: all.gene, confidence, graph: all.graph, unitUm: edges.unitUm },
          firstClusters(windows, all.gene, genes, settings, edges.medianUm, seed),
          settings.clusters,
          genes,
        );
  context.progress(0.6);
  const model: BaysorModel = { noise, edges, noiseComposition: 1, lnProfile };
  const composition = noiseComposition(windows, model, settings, genes, seed);
  model.noiseComposition = composition.value;
  let real = 0;
  for (const c of confidence) real += c;
  context.count({ densityTerms: composition.terms, moleculesPlaced: all.gene.length });
  return baysorFitFrame(model, {
    molecules: all.gene.length,
    meanConfidence: all.gene.length === 0 ? 0 : real / all.gene.length,
  });
};

/** All windows as one: nothing connects them. */
function joined(windows: Window[]): { graph: Graph; gene: Uint32Array; segment: Uint32Array } {
  const n = windows.reduce((sum, { molecules }) => sum + molecules.n, 0);
  const edges = windows.reduce((sum, { graph }) => sum + graph.neighbour.length, 0);
  const graph: Graph = {
    start: new Uint32Array(n + 1),
    neighbour: new Uint32Array(edges),
    length: new Float32Array(edges),
  };
  const gene = new Uint32Array(n);
  const segment = new Uint32Array(n);
  let first = 0;
  let edge = 0;
  for (const { molecules, graph: own } of windows) {
    for (let i = 0; i < molecules.n; i++) graph.start[first + i + 1] = edge + own.start[i + 1];
    for (let e = 0; e < own.neighbour.length; e++) graph.neighbour[edge + e] = first + own.neighbour[e];
    graph.length.set(own.length, edge);
    gene.set(molecules.gene, first);
    segment.set(molecules.segment, first);
    first += molecules.n;
    edge += own.neighbour.length;
  }
  return { graph, gene, segment };
}

/** Without any edge, or with nothing but doubles, lengths of one micron stand in. */
function edgeLengths({ length }: Graph): BaysorModel['edges'] {
  const sorted = length.filter((d) => d > 0).sort();
  if (sorted.length === 0) return { medianUm: 1, unitUm: 1, longestUm: 1 };
  const median = quantile(sorted, 0.5);
  // log10 d >= median + 2 MAD is d >= median * ratio^2 with ratio = 10^MAD; ln serves as well.
  const deviation = sorted.map((d) => Math.abs(ln1p(d / median - 1))).sort();
  const mad = MAD_TO_SD * quantile(deviation, 0.5);
  let longest = sorted.length - 1;
  while (longest > 0 && ln1p(sorted[longest] / median - 1) >= LONG_DEVIATIONS * mad) longest--;
  return { medianUm: median, unitUm: quantile(sorted, UNIT_QUANTILE), longestUm: sorted[longest] };
}

/** Clusters to begin with: k-means of neighbourhood compositions; each molecule starts in the cluster that its gene is most in. */
function firstClusters(
  windows: Window[],
  gene: Uint32Array,
  genes: number,
  settings: BaysorSettings,
  medianUm: number,
  seed: number,
): Uint8Array {
  const neighbours = Math.min(
    Math.max(Math.floor(genes / 10), settings.minTranscriptsPerCell, LEAST_NEIGHBOURS),
    MOST_NEIGHBOURS,
  );
  const totals = new Float64Array(genes);
  for (const g of gene) totals[g]++;
  // Compositions are compared as shares over the square root of the gene's own: no few genes decide alone.
  const weight = totals.map((t) => (t === 0 ? 0 : 1 / Math.sqrt(t / gene.length)));
  const directions = projectionDirections(genes, seed);
  const step = Math.max(1, Math.ceil(gene.length / MOST_COMPOSITIONS));
  const rows: Float32Array[] = [];
  const sampled: Uint32Array[] = [];
  for (const { molecules } of windows) {
    const chosen = Uint32Array.from({ length: Math.ceil(molecules.n / step) }, (_, i) => i * step);
    rows.push(projectCompositions(molecules, chosen, neighbours, medianUm, weight, directions));
    sampled.push(chosen.map((i) => molecules.gene[i]));
  }
  const label = clusterRows(concatenated(Float32Array, rows), settings.clusters, seed);
  const votes = new Float64Array(settings.clusters * genes);
  const members = new Float64Array(settings.clusters);
  let at = 0;
  for (const list of sampled) {
    for (const g of list) {
      votes[label[at] * genes + g]++;
      members[label[at++]]++;
    }
  }
  const home = Uint8Array.from({ length: genes }, (_, g) => {
    let best = 0;
    for (let t = 1; t < settings.clusters; t++)
      if (votes[t * genes + g] * members[best] > votes[best * genes + g] * members[t]) best = t;
    return best;
  });
  return Uint8Array.from(gene, (g) => home[g]);
}

/** Mean over cells of at least m molecules of 1 / number of genes, after enough iterations for cells to have found their size. */
function noiseComposition(
  windows: Window[],
  model: BaysorModel,
  settings: BaysorSettings,
  genes: number,
  seed: number,
): { value: number; terms: number } {
  let sum = 0;
  let cells = 0;
  let terms = 0;
  const provisional = {
    ...model,
    noiseComposition: 1 / Math.max(1, Math.min(genes, settings.minTranscriptsPerCell)),
  };
  for (const { molecules, graph, priorCells } of windows) {
    const { mixture } = prepareMixture(molecules, settings, provisional, { priorCells, genes, seed }, graph);
    terms += iterate(mixture, Math.max(1, Math.round(settings.iterations * SETTLED_SHARE))).terms;
    for (let c = 1; c <= mixture.components; c++) {
      if (mixture.size[c] < settings.minTranscriptsPerCell) continue;
      sum += 1 / mixture.genes.distinct(c);
      cells++;
    }
  }
  return { value: cells === 0 ? provisional.noiseComposition : sum / cells, terms };
}
