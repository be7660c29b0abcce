import { z } from 'zod';
import { correct } from './correct.ts';
import { segment } from './segment.ts';

/**
 * Every setting of a run that can change its result (and the few operational ones), with unit, default and description.
 * This is the only place where defaults live. All objects are strict: an unknown key is an error.
 */

/** `2GiB`, `512 MiB`, `1500000000` -> bytes. */
const bytes = z
  .union([z.number().int().positive(), z.string().regex(/^\s*\d+(\.\d+)?\s*([KMGT]i?B|B)?\s*$/i)])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?\s*$/i.exec(value) ?? [];
    const power = ' KMGT'.indexOf((unit ?? '').toUpperCase() || ' ');
    return Math.round(Number(amount) * (/i/i.test(value) || unit === '' ? 1024 : 1000) ** power);
  });

const input = z.strictObject({
  platform: z
    .enum(['auto', 'xenium', 'merscope', 'cosmx', 'table'])
    .default('auto')
    .describe('platform of the bundle; auto looks at file names and one column'),
  minQv: z
    .number()
    .min(0)
    .max(60)
    .nullable()
    .default(20)
    .describe('transcripts with a lower call quality are left out (Phred); null keeps all'),
  dropInvalid: z
    .boolean()
    .default(false)
    .describe('leave out and count transcripts with NaN or infinite coordinates instead of stopping'),
  zStepUm: z
    .number()
    .positive()
    .default(1.5)
    .describe('height of one plane in um where the platform gives plane numbers (MERSCOPE)'),
  cosmxPixelSizeUm: z
    .number()
    .positive()
    .default(0.120280945)
    .describe('um per pixel of CosMx coordinates (older releases: 0.18)'),
  columns: z
    .strictObject({
      path: z
        .string()
        .nullable()
        .default(null)
        .describe('transcript file inside the folder, when the bundle is a folder'),
      x: z.string().default('x').describe('column of x'),
      y: z.string().default('y').describe('column of y'),
      z: z.string().nullable().default(null).describe('column of z'),
      feature: z.string().default('gene').describe('column of the gene or control name'),
      qv: z.string().nullable().default(null).describe('column of the call quality'),
      transcriptId: z.string().nullable().default(null).describe('column of the transcript id (integer)'),
      cell: z.string().nullable().default(null).describe('column of a prior cell id'),
      nuclear: z.string().nullable().default(null).describe('column that is 1 (or Nuclear) inside nuclei'),
      umPerUnit: z.number().positive().default(1).describe('um per unit of x, y and z'),
      unassigned: z
        .array(z.string())
        .default(['', '0', '-1', 'UNASSIGNED', 'NA', 'nan'])
        .describe('values of the cell column that mean none'),
      controls: z
        .string()
        .default(
          '^(NegControl|NegPrb|Negative|Blank|BLANK_|antisense_|Unassigned|Deprecated|Intergenic|FalseCode|SystemControl)',
        )
        .describe('regular expression of control names'),
    })
    .prefault({})
    .describe('column mapping of platform table'),
});

const prior = z.strictObject({
  source: z
    .enum(['auto', 'nucleus', 'cell', 'transcripts', 'file'])
    .default('auto')
    .describe(
      'which prior segmentation: outlines of nuclei or cells of the bundle, per-transcript ids, or a file; auto takes the file when one is set, else nuclei, cells for cells without one, and transcripts for cells without an outline',
    ),
  file: z
    .string()
    .nullable()
    .default(null)
    .describe('GeoJSON, GeoParquet, .npy or .tif mask with the prior cells'),
  fileKind: z.enum(['nucleus', 'cell']).default('nucleus').describe('what the outlines of the file are'),
  fileUnit: z
    .enum(['um', 'px'])
    .default('um')
    .describe('unit of polygon files; px uses the pixel size of the bundle'),
  maskPixelSizeUm: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('um per pixel of a mask; null takes the pixel size of the bundle'),
  maskOriginUm: z
    .tuple([z.number(), z.number()])
    .default([0, 0])
    .describe('place of the upper left corner of the mask in um'),
  cellsWithoutNucleus: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('cells of the prior that have an outline or transcripts but no nucleus'),
});

const plan = z.strictObject({
  tileSizeUm: z
    .number()
    .min(50)
    .max(20000)
    .default(800)
    .describe('largest edge of a tile core in um; tiles split further by what they hold'),
  minTileSizeUm: z
    .number()
    .min(20)
    .max(20000)
    .default(120)
    .describe(
      'tiles are not split below this edge, a few cell diameters (or half of tileSizeUm where that is less)',
    ),
  memoryPerWorker: bytes
    .prefault('2GiB')
    .describe('memory limit of one worker; tiles are split so that their estimate fits'),
  haloUm: z
    .number()
    .min(0)
    .max(500)
    .nullable()
    .default(null)
    .describe('margin around a core; null derives it from the prior cells and the method'),
});

const proseg = z.strictObject({
  voxelUm: z.number().min(0.1).max(10).default(1).describe('edge of the fine voxels in um'),
  coarseFactor: z.number().int().min(1).max(4).default(2).describe('coarse voxel edge in fine voxels'),
  layers: z.number().int().min(1).max(32).default(4).describe('voxel layers in z'),
  components: z.number().int().min(1).max(64).default(10).describe('mixture components of cells'),
  privateGenes: z
    .number()
    .int()
    .min(0)
    .max(20000)
    .default(300)
    .describe('genes with a loading of their own (most frequent first); the rest is factorised'),
  factors: z.number().int().min(1).max(400).default(100).describe('factors of the remaining genes'),
  densityBins: z.number().int().min(1).max(16).default(5).describe('density bins of the background'),
  densityBandwidthUm: z.number().positive().default(10).describe('bandwidth of the local density in um'),
  fit: z
    .strictObject({
      parameterIterations: z.number().int().min(1).default(20).describe('pilot iterations with fixed labels'),
      coarseIterations: z.number().int().min(0).default(20).describe('pilot iterations on coarse voxels'),
      fineIterations: z.number().int().min(0).default(20).describe('pilot iterations on fine voxels'),
      blockIterations: z
        .number()
        .int()
        .min(1)
        .default(10)
        .describe('pilot iterations between two updates of the global variables'),
      minPilots: z
        .number()
        .int()
        .min(1)
        .default(4)
        .describe('fewest pilot tiles (all tiles when there are fewer)'),
      maxPilots: z.number().int().min(1).default(32).describe('most pilot tiles'),
      share: z
        .number()
        .min(0)
        .max(1)
        .default(0.05)
        .describe('share of all tiles taken as pilots within those bounds'),
      pilotTranscripts: z
        .number()
        .int()
        .min(1000)
        .default(60000)
        .describe('transcripts a pilot holds; larger tiles are cut down to a window of about so many'),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      coarseIterations: z.number().int().min(0).default(100).describe('iterations on coarse voxels'),
      fineIterations: z.number().int().min(1).default(100).describe('iterations on fine voxels'),
      hillClimbIterations: z.number().int().min(0).default(50).describe('cooled iterations at the end'),
      recordedIterations: z
        .number()
        .int()
        .min(1)
        .default(50)
        .describe('fine iterations that are recorded for probabilities'),
      finalTemperature: z
        .number()
        .min(0.001)
        .max(1)
        .default(0.324)
        .describe('temperature of the last cooled iteration'),
      proposalsPerPair: z
        .number()
        .positive()
        .max(10)
        .default(0.2)
        .describe('label proposals per boundary voxel and iteration'),
      loadings: z
        .enum(['drawn', 'point'])
        .default('point')
        .describe('loadings of cells: drawn from their law, or a typical value of it, which is faster'),
      loadingsEvery: z.number().int().min(1).default(2).describe('redraw loadings every n-th iteration'),
      borderIterations: z.number().int().min(0).default(100).describe('iterations of the border round'),
      borderHillClimbIterations: z
        .number()
        .int()
        .min(0)
        .default(50)
        .describe('cooled iterations of the border round'),
    })
    .prefault({}),
  compactnessSigma: z
    .number()
    .positive()
    .default(0.04)
    .describe('strength of the compactness prior (smaller is stricter)'),
  bubbleProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('probability that a proposal opens a hole'),
  nuclearReassignmentProbability: z
    .number()
    .min(0.001)
    .max(0.999)
    .default(0.2)
    .describe('prior probability that a voxel of a nucleus belongs to another cell'),
  cellReassignmentProbability: z
    .number()
    .min(0.001)
    .max(0.999)
    .default(0.5)
    .describe('the same for voxels of a prior cell outside its nucleus'),
  diffusion: z.boolean().default(true).describe('transcripts may have moved from where they were made'),
  diffusionProbability: z.number().min(0).max(1).default(0.2).describe('share of transcripts that moved far'),
  diffusionSdNearUm: z.number().positive().default(1).describe('sd of the near displacement in um'),
  diffusionSdFarUm: z.number().positive().default(4).describe('sd of the far displacement in um'),
  diffusionSdZ: z
    .number()
    .positive()
    .default(0.1)
    .describe('sd of the displacement in z, in units of the rescaled depth'),
  enforceConnectivity: z.boolean().default(false).describe('refuse label moves that would cut a cell in two'),
  minProbability: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe(
      'transcripts less sure of their cell than this become background: fewer transcripts, purer cells',
    ),
  refine: z
    .strictObject({
      rounds: z
        .number()
        .int()
        .min(0)
        .max(20)
        .default(3)
        .describe(
          'last rounds in which each transcript takes the cell most likely by its neighbours and by what the components of cells express; 0 keeps what the chain says',
        ),
      bandwidthUm: z
        .number()
        .min(0.5)
        .max(20)
        .default(2.5)
        .describe('bandwidth of the weights of neighbours in um'),
      neighbours: z
        .number()
        .min(1)
        .max(200)
        .default(30)
        .describe('transcripts that are looked at around each (the radius is 1.5 to 6 um)'),
      ambient: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe('weight of the slide-wide background, where all neighbours together weigh 1'),
      background: z.number().min(0).max(10).default(0.5).describe('weight of neighbours that are background'),
      nucleusUm: z
        .number()
        .min(0)
        .max(50)
        .default(5)
        .describe('how far a nucleus speaks for its cell, in um'),
      nucleusWeight: z
        .number()
        .min(0)
        .max(10)
        .default(0.3)
        .describe('weight of the nearest nucleus, where all neighbours together weigh 1'),
    })
    .prefault({}),
  ambient: z
    .strictObject({
      ratio: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe(
          "a transcript becomes background when cells of its cell's component hold its gene less than this many times as often as the slide or the surrounding cells (on a slide without strays; more, up to 0.8, the more of them there are); 0 keeps all",
        ),
      strayCost: z
        .number()
        .min(0)
        .max(100)
        .default(8)
        .describe('how much the share of strays on the slide adds to that ratio'),
      radiusUm: z.number().positive().max(500).default(25).describe('how far the surrounding cells reach'),
    })
    .prefault({}),
});

const baysor = z.strictObject({
  minTranscriptsPerCell: z
    .number()
    .int()
    .min(2)
    .max(10000)
    .nullable()
    .default(null)
    .describe(
      'transcripts of the smallest real cell: cells without a nucleus need as many; null takes half the median of the prior cells, within 10 and 50',
    ),
  scaleUm: z
    .number()
    .positive()
    .max(200)
    .nullable()
    .default(null)
    .describe(
      'expected radius of a cell in um; null takes the median radius of the prior cell outlines, else half the median distance between nearest cells',
    ),
  scaleSd: z
    .number()
    .positive()
    .max(10)
    .default(0.25)
    .describe('how far cells may differ from that, as a share of it'),
  priorConfidence: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('trust in the prior segmentation: 0 leaves it out, 1 forbids cells across two of its segments'),
  segments: z
    .enum(['auto', 'nucleus', 'cell'])
    .default('auto')
    .describe(
      "what of the prior a molecule's segment is: its nucleus or its whole cell; auto takes cells where the transcripts name them, else the outline they lie in",
    ),
  clusters: z.number().int().min(1).max(64).default(4).describe('clusters of molecules; 1 does without'),
  iterations: z.number().int().min(10).max(10000).default(200).describe('iterations of the mixture'),
  mrfStrength: z
    .number()
    .min(0)
    .max(10)
    .default(0.1)
    .describe('how strongly neighbouring molecules hold together'),
  clusterPenalty: z
    .number()
    .min(1e-6)
    .max(1)
    .default(0.25)
    .describe("factor on the density of a cell whose main cluster is not the molecule's"),
  splitEvery: z
    .number()
    .int()
    .min(1)
    .default(3)
    .describe('iterations after which cells are cut to their largest connected part'),
  dimensions: z
    .union([z.literal(2), z.literal(3)])
    .default(2)
    .describe('3 fits cells in x, y and z where the slide has z, 2 in x and y'),
  pixelSizeUm: z.number().min(0.1).max(5).default(0.5).describe('pixel of the raster of outlines in um'),
  fit: z
    .strictObject({
      windows: z.number().int().min(1).max(64).default(8).describe('most pilot windows'),
      transcripts: z
        .number()
        .int()
        .min(1000)
        .default(160000)
        .describe('transcripts of all pilot windows together, about'),
    })
    .prefault({}),
});

const assign = z.strictObject({
  method: z
    .enum(['nucleus', 'expand', 'proseg', 'baysor'])
    .default('proseg')
    .describe(
      'nucleus: transcripts inside nuclei; expand: nuclei grown by a distance; proseg: cell simulation (Jones et al. 2025); baysor: mixture of cells that also finds those without a nucleus (Petukhov et al. 2022)',
    ),
  nucleus: z
    .strictObject({
      by: z
        .enum(['auto', 'flag', 'outline'])
        .default('auto')
        .describe('take the per-transcript nucleus flag of the table or the outlines; auto prefers the flag'),
      pixelSizeUm: z.number().min(0.05).max(5).default(0.25).describe('pixel of the label raster in um'),
    })
    .prefault({}),
  expand: z
    .strictObject({
      distanceUm: z.number().min(0).max(100).default(5).describe('how far nuclei grow, in um'),
      pixelSizeUm: z.number().min(0.05).max(5).default(0.25).describe('pixel of the label raster in um'),
    })
    .prefault({}),
  proseg: proseg.prefault({}),
  baysor: baysor.prefault({}),
});

const output = z.strictObject({
  images: z
    .enum(['copy', 'none'])
    .default('copy')
    .describe('copy: re-chunk the images of the bundle into the Zarr as a pyramid; none: leave them out'),
  outlines: z
    .enum(['consensus', 'voxels'])
    .default('consensus')
    .describe(
      'outlines of proseg. consensus: by voxels and nuclei together, as far around nuclei as cells reach on the slide; voxels: by voxels alone',
    ),
  layers: z
    .boolean()
    .default(false)
    .describe('write the outlines of every voxel layer too (cell_boundaries_layers)'),
  labels: z
    .boolean()
    .default(false)
    .describe(
      'write cells and nuclei as labels too, on the pixels of the segmented image (cell_labels, nucleus_labels)',
    ),
  expected: z
    .boolean()
    .default(true)
    .describe(
      'write expected counts and their 95 % intervals as layers of the table (methods that draw samples only)',
    ),
  minTranscripts: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'cells with fewer transcripts are left out of the table and the outlines (their transcripts stay assigned to nothing)',
    ),
});

export const configSchema = z.strictObject({
  version: z.literal(1).default(1).describe('version of this schema'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe('seed of all random numbers'),
  input: input.prefault({}),
  prior: prior.prefault({}),
  plan: plan.prefault({}),
  segment: segment.prefault({}),
  assign: assign.prefault({}),
  correct: correct.prefault({}),
  output: output.prefault({}),
});

/** The resolved configuration: every default filled in. Part of a run's identity. */
export type RunConfig = z.output<typeof configSchema>;
export type RunConfigInput = z.input<typeof configSchema>;
export type CorrectConfig = RunConfig['correct'];
export type { CorrectMethodName } from './correct.ts';
export type SegmentConfig = RunConfig['segment'];
export type ProsegConfig = RunConfig['assign']['proseg'];
export type BaysorConfig = RunConfig['assign']['baysor'];

/** All defaults. */
export function defaultConfig(): RunConfig {
  return configSchema.parse({});
}
