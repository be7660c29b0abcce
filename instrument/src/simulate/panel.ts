import { exp } from '@spatile/random/elementary';
import { RandomStream } from '@spatile/random/stream';
import { CELL_TYPES } from './cell-types.ts';
import { CONTROL_CODEWORDS, CONTROL_PROBES, type Settings, UNASSIGNED_CODEWORDS } from './options.ts';

/** Markers of a type: at most this many, and at most a third of the panel for all types together. */
const MAX_MARKERS = 20;
const NUCLEAR_GENES = 0.15;
const CYTOPLASMIC_GENES = 0.35;

export interface Panel {
  /** Genes first, then controls. */
  names: string[];
  categories: string[];
  genes: number;
  /** Index into `CELL_TYPES` of the only type that expresses the gene; -1 = not a marker. */
  markerOf: Int8Array;
  /** Share of a gene's transcripts inside the nucleus; NaN = spread evenly over the cell. */
  nuclearShare: Float64Array;
  /** Factor on the chance to leak. */
  leakFactor: Float64Array;
}

/** Names and habits of the features; a pure function of seed and number of genes. */
export function drawPanel(settings: Settings): Panel {
  const { genes, seed } = settings;
  const stream = new RandomStream(seed, 'panel');
  const order = stream.shuffle(Uint32Array.from({ length: genes }, (_, i) => i));
  const perType = Math.min(MAX_MARKERS, Math.floor(genes / (3 * CELL_TYPES.length)));
  const markerOf = new Int8Array(genes).fill(-1);
  CELL_TYPES.forEach((_, type) => {
    for (let i = 0; i < perType; i++) markerOf[order[type * perType + i]] = type;
  });
  const nuclearShare = new Float64Array(genes);
  const leakFactor = new Float64Array(genes);
  for (let g = 0; g < genes; g++) {
    const u = stream.uniform();
    nuclearShare[g] = u < NUCLEAR_GENES ? 0.8 : u < NUCLEAR_GENES + CYTOPLASMIC_GENES ? 0.1 : Number.NaN;
    leakFactor[g] = Math.min(2.5, exp(0.35 * stream.normal()));
  }
  return { ...featureNames(genes), genes, markerOf, nuclearShare, leakFactor };
}

function featureNames(genes: number): { names: string[]; categories: string[] } {
  const names: string[] = [];
  const categories: string[] = [];
  const add = (count: number, prefix: string, digits: number, category: string): void => {
    for (let i = 1; i <= count; i++) {
      names.push(prefix + String(i).padStart(digits, '0'));
      categories.push(category);
    }
  };
  add(genes, 'GENE', 5, 'predesigned_gene');
  add(CONTROL_PROBES, 'NegControlProbe_', 5, 'negative_control_probe');
  add(CONTROL_CODEWORDS, 'NegControlCodeword_', 5, 'negative_control_codeword');
  add(UNASSIGNED_CODEWORDS, 'UnassignedCodeword_', 4, 'unassigned_codeword');
  return { names, categories };
}
