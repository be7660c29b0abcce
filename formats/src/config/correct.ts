import * as z from 'zod';
import { celladmix } from './celladmix.ts';
import { resolvi } from './resolvi.ts';

const rctd = z.strictObject({
  mode: z
    .enum(['doublet', 'full', 'multi'])
    .default('doublet')
    .describe('types in a cell: at most two, any, or a few taken one after the other'),
  umiMin: z.number().int().min(1).default(10).describe('cells with fewer transcripts are not typed'),
  umiMax: z.number().int().min(1).default(20_000_000).describe('cells with more transcripts are not typed'),
  umiMinSigma: z
    .number()
    .int()
    .min(1)
    .default(100)
    .describe('cells that set the scale of the noise have more transcripts than this'),
  sigmaCells: z
    .number()
    .int()
    .min(10)
    .max(100_000)
    .default(1000)
    .describe('cells that set the scale of the noise'),
  countsMin: z
    .number()
    .int()
    .min(0)
    .default(10)
    .describe('least transcripts of a typed cell, also among the genes that fit the platform effect'),
  minObserved: z.number().int().min(0).default(3).describe('least transcripts of a gene that is used'),
  bulkFoldChange: z
    .number()
    .min(0)
    .default(0.5)
    .describe('least ln ratio of a gene between a type and the mean of the others, for the platform effect'),
  bulkShare: z.number().min(0).max(1).default(0.000125).describe('least share of such a gene in its type'),
  foldChange: z.number().min(0).default(0.75).describe('the same ratio for genes that type cells'),
  share: z.number().min(0).max(1).default(0.0002).describe('the same share for genes that type cells'),
  confidence: z
    .number()
    .min(0)
    .default(5)
    .describe('pairs of types within this log-likelihood of the best are its rivals'),
  doublet: z
    .number()
    .min(0)
    .default(20)
    .describe('log-likelihood that a second type must gain before a cell is a doublet'),
  maxTypes: z.number().int().min(1).max(16).default(4).describe('most types of a cell in mode multi'),
  classes: z
    .array(z.string())
    .default([])
    .describe(
      'classes of types, as type=class; types of one class may stand for each other. A type that is not named is its own',
    ),
});

const split = z.strictObject({
  cells: z
    .enum(['all', 'doublets', 'neighbours'])
    .default('neighbours')
    .describe(
      'cells that are purified: all with a second type, all but singlets, or those whose second type lies around them (and uncertain doublets)',
    ),
  radiusUm: z.number().positive().max(500).default(15).describe('how far neighbours reach'),
  neighbours: z.number().int().min(1).max(200).default(19).describe('most neighbours of a cell'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('least share of the second type among the neighbours'),
  minWeight: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('cells with one weight above this have no second type'),
  counts: z
    .enum(['fractions', 'integers'])
    .default('fractions')
    .describe('fractions as in the original, or whole counts drawn transcript by transcript'),
  unreferencedGenes: z
    .enum(['keep', 'split-like'])
    .default('keep')
    .describe(
      'counts of genes that no type of the mixture expresses: kept, or divided by the number of types',
    ),
  reassign: z
    .enum(['none', 'uniform', 'proportional'])
    .default('none')
    .describe(
      'give removed counts to neighbours of the second type, evenly or by their totals (a layer of its own)',
    ),
  reassignPower: z
    .number()
    .min(0)
    .max(10)
    .default(1)
    .describe('power of the totals by which proportional reassignment goes'),
  reassignKeep: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe(
      'share of the removed counts that reassignment gives back to the cell, where it has a receiver',
    ),
  shift: z
    .strictObject({
      swap: z
        .boolean()
        .default(false)
        .describe(
          'swap first and second type of cells whose like in expression are mostly of the class of the second (SPLIT-shift)',
        ),
      neighbours: z.number().int().min(1).max(1000).default(100).describe('cells that a cell is most like'),
      cells: z
        .number()
        .int()
        .min(10)
        .max(100_000)
        .default(10_000)
        .describe('typed cells among which they are sought, drawn by seed; all of a smaller slide'),
      components: z
        .number()
        .int()
        .min(2)
        .max(200)
        .default(50)
        .describe('principal components in which cells are compared'),
      genes: z
        .number()
        .int()
        .min(10)
        .max(50_000)
        .default(2000)
        .describe('genes of largest variance, of which the components are made'),
    })
    .prefault({}),
});

/** Methods of the correct stage. */
export const CORRECT_METHODS = ['rctd', 'split', 'celladmix', 'resolvi'] as const;
export type CorrectMethodName = (typeof CORRECT_METHODS)[number];

/** Settings of the correct stage. */
export const correct = z.strictObject({
  methods: z
    .array(z.enum(CORRECT_METHODS))
    .default([])
    .describe(
      'corrections, one after the other: rctd: cell types of each cell (Cable et al. 2022); split: purified counts (Bilous et al. 2026); celladmix: transcripts of neighbouring cells removed (Mitchel et al. 2025); resolvi: counts that neighbours and background brought removed, by a network (Ergen and Yosef 2025)',
    ),
  reference: z
    .strictObject({
      file: z
        .string()
        .nullable()
        .default(null)
        .describe(
          'labelled cells (.h5ad, 10x .h5, folder with matrix.mtx) or a table of profiles (CSV, Parquet)',
        ),
      labels: z.string().nullable().default(null).describe('column with the cell types; null finds it'),
      labelFile: z
        .string()
        .nullable()
        .default(null)
        .describe('table of barcodes and cell types, for 10x references'),
      layer: z.string().nullable().default(null).describe('place of the counts in an .h5ad; null finds it'),
      minCells: z.number().int().min(1).default(25).describe('least cells of a type'),
      minCounts: z.number().int().min(1).default(10).describe('least transcripts of a cell of the reference'),
      rareTypes: z.enum(['stop', 'drop']).default('stop').describe('what to do about types of fewer cells'),
    })
    .prefault({}),
  rctd: rctd.prefault({}),
  split: split.prefault({}),
  celladmix: celladmix.prefault({}),
  resolvi: resolvi.prefault({}),
});
