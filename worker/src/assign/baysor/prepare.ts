import type { BaysorModel, BaysorSettings } from '@spatile/formats/tile/baysor';
import { clusterOfMolecules } from './clusters.ts';
import { type Graph, moleculeGraph } from './graph.ts';
import { type Mixture, makeMixture, type Start } from './mixture.ts';
import type { Molecules } from './molecules.ts';
import { confidences, neighbourDistances } from './noise.ts';
import { startComponents } from './start.ts';

/** The mixture of one place before its first iteration, given the frozen model. */
export function prepareMixture(
  molecules: Molecules,
  settings: BaysorSettings,
  model: BaysorModel,
  place: { priorCells: number; genes: number; seed: number },
  graph: Graph = moleculeGraph(molecules),
): { mixture: Mixture; confidence: Float64Array; start: Start } {
  const distances = neighbourDistances(molecules, model.noise.k);
  const confidence = confidences(distances, molecules.segment, model.noise, settings.priorConfidence);
  const cluster =
    settings.clusters === 1
      ? new Uint8Array(molecules.n).fill(1)
      : clusterOfMolecules(
          { gene: molecules.gene, confidence, graph, unitUm: model.edges.unitUm },
          model.lnProfile,
          settings.clusters,
          place.genes,
        );
  const start = startComponents(molecules, confidence, place.priorCells, settings, place.seed);
  const mixture = makeMixture({
    molecules,
    graph,
    settings,
    model,
    seed: place.seed,
    confidence,
    cluster,
    start,
    priorCells: place.priorCells,
  });
  return { mixture, confidence, start };
}
