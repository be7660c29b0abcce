import * as z from 'zod';
import { assign } from './assign.ts';
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
  split: z
    .array(z.tuple([z.number(), z.number()]))
    .max(64)
    .default([])
    .describe(
      'points in um (as JSON, such as [[100,250]]), in order: the tile that holds one is cut once more; what a run did that cut tiles itself (memorySplits) is given so to another',
    ),
  memorySplits: z
    .number()
    .int()
    .min(0)
    .max(16)
    .default(4)
    .describe(
      'how often a run may cut a tile on which workers ran out of memory three times, and assign anew; 0 fails instead',
    ),
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
