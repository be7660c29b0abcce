import * as z from 'zod';
import { CELL_CLASSES } from '../tile/correct.ts';

/** Settings of `resolvi` (Ergen and Yosef 2025). */
export const resolvi = z.strictObject({
  epochs: z.number().int().min(1).max(1000).default(50).describe('passes over the cells that are trained on'),
  minCounts: z
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('cells with fewer transcripts are left out and stay as they are'),
  neighbours: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe('nearest cells that counts may have come from'),
  latent: z.number().int().min(2).max(64).default(10).describe('size of the latent state'),
  hidden: z.number().int().min(4).max(512).default(32).describe('width of the decoder'),
  encoderHidden: z.number().int().min(4).max(1024).default(128).describe('width of the encoders'),
  components: z
    .number()
    .int()
    .min(1)
    .max(500)
    .default(50)
    .describe('components of the prior of the latent state, where there are no labels'),
  batch: z.number().int().min(8).max(8192).default(512).describe('most cells of a training step'),
  particles: z
    .number()
    .int()
    .min(1)
    .max(32)
    .default(5)
    .describe('draws of the latent state in a training step'),
  likelihoodWeight: z
    .number()
    .positive()
    .max(100)
    .default(5)
    .describe('weight of the counts beside the priors: 1 as published, 5 as scvi-tools trains in effect'),
  rate: z.number().positive().max(1).default(0.003).describe('learning rate of the networks'),
  freeRate: z
    .number()
    .positive()
    .max(1)
    .default(0.01)
    .describe("learning rate of the prior's means and of the split over neighbours"),
  dropout: z.number().min(0).max(0.9).default(0.05).describe('dropout of the encoder in training'),
  warmupEpochs: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(20)
    .describe('epochs over which the weight of the latent prior rises to 1'),
  resample: z
    .boolean()
    .default(true)
    .describe('show the encoder counts resampled to a random total in training'),
  supervised: z
    .boolean()
    .default(true)
    .describe('learn from labels, where a method before or labelColumn gives some'),
  labelColumn: z
    .string()
    .nullable()
    .default(null)
    .describe('column of the table with labels, unknown where there is none; null takes types of rctd'),
  labelDifference: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('a type of rctd is a label when its weight exceeds the second by more than this'),
  labelClasses: z
    .array(z.enum(CELL_CLASSES))
    .default(['singlet', 'doublet_certain'])
    .describe('classes of rctd whose types may be labels'),
  trainOn: z
    .enum(['all', 'labelled'])
    .default('all')
    .describe('cells that are trained on; all others are corrected by what was learned'),
  provider: z.enum(['cpu', 'cuda']).default('cpu').describe('device that the networks run on'),
});
