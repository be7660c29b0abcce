import type { BaysorModel, BaysorSettings } from '@spatile/formats/tile/baysor';
import { ln } from '@spatile/random/elementary';
import { CellCounts } from './counts.ts';
import type { Graph } from './graph.ts';
import type { Molecules } from './molecules.ts';
import { NORMAL_FORM } from './shape.ts';

/** Where the mixture of a tile starts from: components are 1 to `components`. */
export interface Start {
  components: number;
  /** Component of each molecule, 0 = noise. */
  label: Int32Array;
  /** Cell of the tile (k = its (k-1)-th) that a component stands for, 0 = a free one; entry c: component c. */
  priorOf: Uint32Array;
  /** Centre of each component, microns from the corner of the region, three to a component. */
  centre: Float64Array;
}

/** Everything the iterations of one tile work on; arrays by component have an entry 0 for noise, which is not used. */
export interface Mixture {
  molecules: Molecules;
  graph: Graph;
  settings: BaysorSettings;
  model: BaysorModel;
  seed: number;
  /** End of the edges of each molecule that a cell may pass (they come first), and ln C and ln (1 - C). */
  passable: Uint32Array;
  weight: Float32Array;
  lnReal: Float64Array;
  lnNoise: Float64Array;
  /** Cluster of each molecule, 1 = the first; all 1 without clusters. */
  cluster: Uint32Array;
  components: number;
  label: Int32Array;
  /** Molecules of each component now. */
  size: Uint32Array;
  mean: Float64Array;
  normal: Float64Array;
  mainCluster: Uint32Array;
  /** Segment that a component covers in the largest share, 0 = none. */
  mainSegment: Uint32Array;
  genes: CellCounts;
  segments: CellCounts;
  /** Molecules of each segment; 0 where it has too few to count. */
  segmentSize: Uint32Array;
  /** Segment of each molecule where it counts, else 0. */
  segment: Uint32Array;
  /** ln k for whole k. */
  lnInteger: Float64Array;
}

/** Fewest molecules of a segment that count: max(round(m / 4), 2). */
export const leastOfSegment = (minTranscripts: number): number => Math.max(Math.round(minTranscripts / 4), 2);

/** Lays out the mixture of a tile. `confidence`: C of each molecule. */
export function makeMixture(
  input: Pick<Mixture, 'molecules' | 'graph' | 'settings' | 'model' | 'seed'> & {
    confidence: Float64Array;
    cluster: Uint8Array;
    start: Start;
    priorCells: number;
  },
): Mixture {
  const { molecules, settings, model, confidence, start } = input;
  const { n } = molecules;
  const graph = shortFirst(input.graph, model.edges.longestUm);
  const { components } = start;
  const { segment, segmentSize } = countedSegments(molecules.segment, input.priorCells, settings);
  return {
    molecules,
    graph: graph.graph,
    settings,
    model,
    seed: input.seed,
    passable: graph.passable,
    weight: graph.graph.length.map((d) => model.edges.unitUm / Math.max(d, model.edges.unitUm)),
    lnReal: confidence.map((c) => ln(c)),
    lnNoise: confidence.map((c) => ln(1 - c)),
    cluster: Uint32Array.from(input.cluster),
    components,
    label: start.label,
    size: new Uint32Array(components + 1),
    mean: start.centre.slice(),
    normal: new Float64Array((components + 1) * NORMAL_FORM),
    mainCluster: new Uint32Array(components + 1),
    mainSegment: new Uint32Array(components + 1),
    genes: new CellCounts(n, components),
    segments: new CellCounts(n, components),
    segmentSize,
    segment,
    lnInteger: Float64Array.from({ length: n + 3 }, (_, k) => ln(k)),
  };
}

/** The same graph with the edges of each molecule that are no longer than `longest` before the others. */
function shortFirst(
  { start, neighbour, length }: Graph,
  longest: number,
): { graph: Graph; passable: Uint32Array } {
  const out = {
    start,
    neighbour: new Uint32Array(neighbour.length),
    length: new Float32Array(length.length),
  };
  const passable = new Uint32Array(start.length - 1);
  for (let i = 0; i < passable.length; i++) {
    let at = start[i];
    for (const short of [true, false]) {
      for (let e = start[i]; e < start[i + 1]; e++) {
        if (length[e] <= longest !== short) continue;
        out.neighbour[at] = neighbour[e];
        out.length[at++] = length[e];
      }
      if (short) passable[i] = at;
    }
  }
  return { graph: out, passable };
}

function countedSegments(
  segment: Uint32Array,
  priorCells: number,
  { minTranscriptsPerCell, priorConfidence }: BaysorSettings,
): Pick<Mixture, 'segment' | 'segmentSize'> {
  const segmentSize = new Uint32Array(priorCells + 1);
  for (const s of segment) segmentSize[s]++;
  segmentSize[0] = 0;
  const least = leastOfSegment(minTranscriptsPerCell);
  for (let s = 0; s <= priorCells; s++)
    if (segmentSize[s] < least || priorConfidence === 0) segmentSize[s] = 0;
  return { segmentSize, segment: segment.map((s) => (segmentSize[s] > 0 ? s : 0)) };
}
