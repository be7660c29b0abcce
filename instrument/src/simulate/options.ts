import { basename } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { PRESETS, type Preset } from './presets.ts';
import type { Reference, ReferenceScale } from './reference.ts';

export { PRESETS, type Preset } from './presets.ts';

export interface SimulateOptions {
  /** Folder of the bundle; must not exist or be empty. */
  out: string;
  /** Folder of the truth; default `<out>.truth`. */
  truth?: string;
  /** Edge of the square slide in microns; default 400. */
  sizeUm?: number;
  /** Instead of `sizeUm`: the slide's area, 0.05 to 100. */
  areaMm2?: number;
  /** Instead of `sizeUm`: about how many transcripts the slide shall hold. */
  transcripts?: number;
  /** Genes on the panel; default 300 (18,000 for `whole-transcriptome`), or those of the reference. */
  genes?: number;
  /** CSV of mean expression per cell type (see `readReference`), whose genes and types the slide then has. */
  reference?: string;
  /** How the reference's values were stored; default `linear`. */
  referenceScale?: ReferenceScale;
  /** Safe integer; default 1. */
  seed?: number;
  /** Mean number of transcripts a cell emits; default 150 (45 for `sparse`, 400 for `whole-transcriptome`). */
  transcriptsPerCell?: number;
  preset?: Preset;
  /** Whether to write the images; default true. */
  images?: boolean;
}

/** What the tissue, the chemistry and the vendor do; lengths in microns, shares in [0, 1]. */
export interface Settings {
  seed: number;
  sizeUm: number;
  genes: number;
  /** Name of the file with the reference; null = drawn profiles. */
  reference: string | null;
  transcriptsPerCell: number;
  preset: Preset;
  /** Smallest distance of two cell seeds. */
  spacingUm: number;
  /** Median of the log-normal cell radius, and its sd on the log scale. */
  radiusUm: number;
  radiusSd: number;
  /** Factor on every type's length over width (which is 1 at least); above 1 seeds are packed along the fibres by it. */
  aspect: number;
  /** Sd of a cell's own bend: how far its ends lie off its axis, in half-widths. */
  bend: number;
  /** Sd of the outline's second to fourth harmonics, in radii. */
  irregularity: number;
  /** Cells of a second layer, per cell of the first, that lie over or under the others in z. */
  overlapShare: number;
  /** Share of the cells without a nucleus in the section, and of those with two. */
  anucleateShare: number;
  binucleateShare: number;
  /** Share of the slide without tissue. */
  gapShare: number;
  /** Share of a cell's transcripts that leave their place, and the scale of their distance (see `Leakage`). */
  leakShare: number;
  leakScaleUm: number;
  /** Ambient transcripts per emitted one: spread evenly over the slide, and around where cells are. */
  ambientUniform: number;
  ambientLocal: number;
  /** Shares of nuclei that the vendor misses, takes for one with a neighbour's, and splits; sd of its outlines' shift. */
  vendorMissed: number;
  vendorMerged: number;
  vendorSplit: number;
  vendorShiftUm: number;
}

const BASE = {
  genes: 300,
  spacingUm: 9,
  radiusUm: 7.5,
  radiusSd: 0.2,
  aspect: 1,
  bend: 0.4,
  irregularity: 0.08,
  overlapShare: 0.12,
  anucleateShare: 0.06,
  binucleateShare: 0.03,
  gapShare: 0.04,
  leakShare: 0.2,
  leakScaleUm: 4,
  ambientUniform: 0.03,
  ambientLocal: 0.02,
  vendorMissed: 0.05,
  vendorMerged: 0.03,
  vendorSplit: 0.03,
  vendorShiftUm: 0.5,
  transcriptsPerCell: 150,
};

const CHANGES: Record<Preset, Partial<typeof BASE>> = {
  default: {},
  easy: {
    spacingUm: 13,
    radiusUm: 6.5,
    radiusSd: 0.12,
    aspect: 0.6,
    bend: 0.1,
    irregularity: 0.03,
    overlapShare: 0,
    anucleateShare: 0,
    binucleateShare: 0,
    leakShare: 0.05,
    leakScaleUm: 2,
    ambientUniform: 0.01,
    ambientLocal: 0,
    vendorMissed: 0.01,
    vendorMerged: 0,
    vendorSplit: 0.005,
    vendorShiftUm: 0.2,
  },
  crowded: {
    spacingUm: 6.5,
    radiusUm: 6.2,
    radiusSd: 0.3,
    overlapShare: 0.3,
    gapShare: 0,
    vendorMerged: 0.06,
  },
  elongated: { aspect: 2.6, bend: 0.6, spacingUm: 8, vendorSplit: 0.06 },
  leaky: { leakShare: 0.45, leakScaleUm: 5, ambientUniform: 0.06, ambientLocal: 0.06 },
  sparse: { gapShare: 0.3, spacingUm: 10, transcriptsPerCell: 45 },
  'whole-transcriptome': { genes: 18_000, transcriptsPerCell: 400 },
};

/** Names of controls that every panel carries. */
export const CONTROL_PROBES = 20;
export const CONTROL_CODEWORDS = 40;
export const UNASSIGNED_CODEWORDS = 60;

function inRange(name: string, value: number, low: number, high: number, integer: boolean): number {
  if (!(value >= low && value <= high) || (integer && !Number.isSafeInteger(value))) {
    throw new SpatileError(
      'USAGE',
      `simulate: ${name} is out of range (${value}); expected ${integer ? 'an integer' : 'a number'} from ${low} to ${high}; change ${name}`,
      { fields: { name, value } },
    );
  }
  return value;
}

/** At most one of these may be given. */
function oneOf(options: SimulateOptions, ...names: (keyof SimulateOptions)[]): void {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length < 2) return;
  throw new SpatileError(
    'USAGE',
    `simulate: options exclude each other (${given.join(' and ')}); expected one of them; leave out the others`,
    { fields: { options: given } },
  );
}

/** Edge in microns; for `transcripts` the default, until `slideForTranscripts` knows better. */
function edgeUm({ sizeUm, areaMm2 }: SimulateOptions): number {
  if (areaMm2 === undefined) return inRange('sizeUm', sizeUm ?? 400, 30, 20_000, false);
  return 1000 * Math.sqrt(inRange('areaMm2', areaMm2, 0.05, 100, false));
}

/**
 * The numbers behind the options, checked; `reference` is what `options.reference` holds. Errors: `USAGE` for a value out
 * of range, an unknown preset or options that exclude each other.
 */
export function resolveSettings(options: SimulateOptions, reference: Reference | null = null): Settings {
  const preset = options.preset ?? 'default';
  if (!PRESETS.includes(preset)) {
    throw new SpatileError(
      'USAGE',
      `simulate: preset is unknown (${preset}); expected one of ${PRESETS.join(', ')}; choose one of them`,
    );
  }
  oneOf(options, 'sizeUm', 'areaMm2', 'transcripts');
  oneOf(options, 'genes', 'reference');
  if (options.transcripts !== undefined) inRange('transcripts', options.transcripts, 1000, 2e9, true);
  const numbers = { ...BASE, ...CHANGES[preset] };
  const perCell = options.transcriptsPerCell ?? numbers.transcriptsPerCell;
  return {
    ...numbers,
    preset,
    sizeUm: edgeUm(options),
    genes: reference?.genes.length ?? inRange('genes', options.genes ?? numbers.genes, 16, 40_000, true),
    reference: options.reference === undefined ? null : basename(options.reference),
    seed: inRange('seed', options.seed ?? 1, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true),
    transcriptsPerCell: inRange('transcriptsPerCell', perCell, 1, 100_000, false),
  };
}
