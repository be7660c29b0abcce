import { SpatileError } from '@spatile/formats/errors';

/** Kinds of tissue the simulator knows; each changes a few numbers of the default one. */
export const PRESETS = ['default', 'crowded', 'leaky', 'sparse'] as const;
export type Preset = (typeof PRESETS)[number];

export interface SimulateOptions {
  /** Folder of the bundle; must not exist or be empty. */
  out: string;
  /** Folder of the truth; default `<out>.truth`. */
  truth?: string;
  /** Edge of the square slide in microns; default 400. */
  sizeUm?: number;
  /** Genes on the panel; default 300. */
  genes?: number;
  /** Safe integer; default 1. */
  seed?: number;
  /** Mean number of transcripts a cell emits; default 150 (45 for `sparse`). */
  transcriptsPerCell?: number;
  preset?: Preset;
  /** Whether to write the DAPI image; default true. */
  images?: boolean;
}

/** What the tissue, the chemistry and the vendor do; lengths in microns, shares in [0, 1]. */
export interface Settings {
  seed: number;
  sizeUm: number;
  genes: number;
  transcriptsPerCell: number;
  preset: Preset;
  /** Smallest distance of two cell seeds. */
  spacingUm: number;
  /** Median of the log-normal cell radius, and its sd on the log scale. */
  radiusUm: number;
  radiusSd: number;
  /** Share of the slide without tissue. */
  gapShare: number;
  /** Share of a cell's transcripts that leave their place, and the sd of the nine tenths of them that stay close. */
  leakShare: number;
  leakSdUm: number;
  /** Ambient transcripts per emitted one: spread evenly over the slide, and around where cells are. */
  ambientUniform: number;
  ambientLocal: number;
}

const BASE = {
  spacingUm: 9,
  radiusUm: 7.5,
  radiusSd: 0.2,
  gapShare: 0.04,
  leakShare: 0.2,
  leakSdUm: 4,
  ambientUniform: 0.03,
  ambientLocal: 0.02,
  transcriptsPerCell: 150,
};

const CHANGES: Record<Preset, Partial<typeof BASE>> = {
  default: {},
  crowded: { spacingUm: 6.5, radiusUm: 6.2, radiusSd: 0.3, gapShare: 0 },
  leaky: { leakShare: 0.45, leakSdUm: 5, ambientUniform: 0.06, ambientLocal: 0.06 },
  sparse: { gapShare: 0.3, spacingUm: 10, transcriptsPerCell: 45 },
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

/** The numbers behind the options, checked. Errors: `USAGE` for a value out of range or an unknown preset. */
export function resolveSettings(options: SimulateOptions): Settings {
  const preset = options.preset ?? 'default';
  if (!PRESETS.includes(preset)) {
    throw new SpatileError(
      'USAGE',
      `simulate: preset is unknown (${preset}); expected one of ${PRESETS.join(', ')}; choose one of them`,
    );
  }
  const numbers = { ...BASE, ...CHANGES[preset] };
  const perCell = options.transcriptsPerCell ?? numbers.transcriptsPerCell;
  return {
    ...numbers,
    preset,
    sizeUm: inRange('sizeUm', options.sizeUm ?? 400, 30, 20_000, false),
    genes: inRange('genes', options.genes ?? 300, 16, 40_000, true),
    seed: inRange('seed', options.seed ?? 1, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true),
    transcriptsPerCell: inRange('transcriptsPerCell', perCell, 1, 100_000, false),
  };
}
