import * as z from 'zod';

/** Settings of assignment by a mixture of cells. */
export const baysor = z.strictObject({
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
