import { exp, ln } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { CELL_TYPES } from './cell-types.ts';
import { CONTROL_CODEWORDS, CONTROL_PROBES, type Settings, UNASSIGNED_CODEWORDS } from './options.ts';
import type { Reference } from './reference.ts';

/** Markers of a type on a panel of up to 3,000 genes; larger ones have one in 150. All take at most a third of the panel. */
const MARKERS = 20;
const GENES_PER_MARKER = 150;
/** A lineage's markers (those that all of its types share) for each marker of a type. */
const LINEAGE_MARKERS = 0.4;
const NUCLEAR_GENES = 0.15;
const CYTOPLASMIC_GENES = 0.35;
/** A marker of a reference holds at least this part of an average gene's share, and this many times that of any other type. */
const MARKER_LEVEL = 0.25;
const MARKER_FOLD = 8;

export interface Panel {
  /** Genes first, then controls. */
  names: string[];
  categories: string[];
  genes: number;
  /** Names of the cell types that express them. */
  typeNames: string[];
  /**
   * Index into `typeNames` of the only type that expresses the gene; -1 = not a marker. With a reference: of the type
   * with at least 8 times the share that any other has, and a quarter of an average gene's.
   */
  markerOf: Int16Array;
  /** Lineage whose types alone express the gene; -1 = any. */
  lineageOf: Int8Array;
  /** Share of a gene's transcripts inside the nucleus; NaN = spread evenly over the cell. */
  nuclearShare: Float64Array;
  /** Factor on the chance to leak. */
  leakFactor: Float64Array;
}

/** Names and habits of the features; a pure function of seed and number of genes, or of seed and reference. */
export function drawPanel(settings: Settings, reference: Reference | null = null): Panel {
  const { genes, seed } = settings;
  const stream = new RandomStream(seed, 'panel');
  const order = stream.shuffle(Uint32Array.from({ length: genes }, (_, i) => i));
  const nuclearShare = new Float64Array(genes);
  const leakFactor = new Float64Array(genes);
  for (let g = 0; g < genes; g++) {
    const u = stream.uniform();
    nuclearShare[g] = u < NUCLEAR_GENES ? 0.8 : u < NUCLEAR_GENES + CYTOPLASMIC_GENES ? 0.1 : Number.NaN;
    leakFactor[g] = Math.min(2.5, exp(0.35 * stream.normal()));
  }
  const names = reference?.genes ?? numbered('GENE', 5, genes);
  const typeNames = reference?.types ?? CELL_TYPES.map(({ name }) => name);
  const markers = reference
    ? { markerOf: referenceMarkers(reference.shares), lineageOf: new Int8Array(genes).fill(-1) }
    : nestedMarkers(order);
  return { ...withControls(names), genes, typeNames, ...markers, nuclearShare, leakFactor };
}

/** Exclusive markers of each type, and markers of each lineage, from the genes in random order. */
function nestedMarkers(order: Uint32Array): Pick<Panel, 'markerOf' | 'lineageOf'> {
  const genes = order.length;
  const markerOf = new Int16Array(genes).fill(-1);
  const lineageOf = new Int8Array(genes).fill(-1);
  const lineages = 1 + Math.max(...CELL_TYPES.map(({ lineage }) => lineage));
  const groups = CELL_TYPES.length + LINEAGE_MARKERS * lineages;
  const perType = Math.floor(Math.min(Math.max(MARKERS, genes / GENES_PER_MARKER), genes / (3 * groups)));
  let next = 0;
  CELL_TYPES.forEach((_, type) => {
    for (let i = 0; i < perType; i++) markerOf[order[next++]] = type;
  });
  for (let lineage = 0; lineage < lineages; lineage++) {
    for (let i = 0; i < Math.floor(LINEAGE_MARKERS * perType); i++) lineageOf[order[next++]] = lineage;
  }
  return { markerOf, lineageOf };
}

function referenceMarkers(shares: readonly Float64Array[]): Int16Array {
  const genes = shares[0].length;
  return Int16Array.from({ length: genes }, (_, g) => {
    const values = shares.map((profile) => profile[g]);
    const highest = Math.max(...values);
    const type = values.indexOf(highest);
    const next = Math.max(...values.filter((_, other) => other !== type));
    return highest >= MARKER_LEVEL / genes && highest >= MARKER_FOLD * next ? type : -1;
  });
}

/** Part of a type's transcripts that its markers make up: a quarter on small panels, less on large ones (0.07 of 18,000). */
export function markerShare(genes: number): number {
  return 0.25 * Math.min(1, exp(0.3 * ln(300 / genes)));
}

function withControls(genes: string[]): { names: string[]; categories: string[] } {
  const controls: [string, string[]][] = [
    ['negative_control_probe', numbered('NegControlProbe_', 5, CONTROL_PROBES)],
    ['negative_control_codeword', numbered('NegControlCodeword_', 5, CONTROL_CODEWORDS)],
    ['unassigned_codeword', numbered('UnassignedCodeword_', 4, UNASSIGNED_CODEWORDS)],
  ];
  return {
    names: [...genes, ...controls.flatMap(([, names]) => names)],
    categories: [
      ...genes.map(() => 'predesigned_gene'),
      ...controls.flatMap(([category, names]) => names.map(() => category)),
    ],
  };
}

function numbered(prefix: string, digits: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => prefix + String(i + 1).padStart(digits, '0'));
}
