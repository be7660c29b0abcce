import * as z from 'zod';

/** Settings of `celladmix` (Mitchel et al., bioRxiv 2025.01.02.631135). */
export const celladmix = z.strictObject({
  types: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'column of the table with the cell types; null: those of the method before, else the column cell_type',
    ),
  factors: z
    .number()
    .int()
    .min(2)
    .max(120)
    .nullable()
    .default(null)
    .describe('factors of neighbourhoods; null: as many as cell types, at least 5 and at most 30'),
  genes: z
    .number()
    .int()
    .min(10)
    .max(50_000)
    .default(1000)
    .describe('most frequent genes, which shape the factors; the weights of the others follow'),
  neighbours: z
    .number()
    .int()
    .min(2)
    .max(100)
    .default(20)
    .describe('molecules of a neighbourhood, the one in the middle included'),
  sampleMolecules: z
    .number()
    .int()
    .min(100)
    .max(100_000)
    .default(10_000)
    .describe('neighbourhoods from which the factors are learned, in equal parts of each cell type'),
  sampleCells: z
    .number()
    .int()
    .min(10)
    .max(2000)
    .default(500)
    .describe('most cells of a type that neighbourhoods are taken of'),
  starts: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(10)
    .describe('random starts of the factorisation; the one of least loss counts'),
  iterations: z.number().int().min(10).max(10_000).default(500).describe('most updates of a start'),
  tolerance: z
    .number()
    .min(0)
    .max(0.1)
    .default(1e-6)
    .describe('a start ends when ten updates lower the loss by less than this share of the sum of squares'),
  graph: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe('molecules to which each is joined where labels are found'),
  sameLabel: z
    .number()
    .min(1)
    .max(1000)
    .default(5)
    .describe('how much likelier joined molecules are of one factor than of two given ones'),
  leastShare: z
    .number()
    .min(1e-9)
    .max(0.5)
    .default(1e-6)
    .describe('least probability of a factor given a gene; bounds what one molecule can say'),
  sweeps: z.number().int().min(1).max(1000).default(50).describe('most sweeps of messages in a cell'),
  fewest: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('cells of fewer transcripts get no labels and keep their counts'),
  test: z
    .enum(['bridge', 'enrichment', 'both', 'either'])
    .default('enrichment')
    .describe(
      'what makes a factor foreign to a cell type. enrichment: it holds markers of another type and none of this one; bridge: its molecules lie where the cell touches one that has it; both; either',
    ),
  bridge: z
    .strictObject({
      radiusUm: z
        .number()
        .gt(0)
        .max(200)
        .default(30)
        .describe('farthest neighbouring cell, between centroids in microns'),
      pairs: z
        .number()
        .int()
        .min(5)
        .max(2000)
        .default(200)
        .describe('most pairs of cells for each pair of types'),
      fewestPairs: z
        .number()
        .int()
        .min(5)
        .max(1000)
        .default(5)
        .describe('pairs of types with fewer pairs of cells are not tested'),
      links: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(20)
        .describe('a molecule touches a cell when one of its so many nearest in both cells is of it'),
      draws: z.number().int().min(1).max(20).default(3).describe('stand-ins of the neighbouring cell'),
      pool: z
        .number()
        .int()
        .min(10)
        .max(5000)
        .default(300)
        .describe('cells of a type that stand-ins are drawn from: the tenth most alike in factors'),
      fewest: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(5)
        .describe('least molecules of a factor in a cell for it to be scored'),
      fdr: z.number().gt(0).lt(1).default(0.01).describe('false discovery rate among pairs of types'),
    })
    .prefault({}),
  enrichment: z
    .strictObject({
      markers: z.number().int().min(3).max(200).default(20).describe('most markers of a cell type'),
      foldChange: z
        .number()
        .gt(1)
        .max(100)
        .default(2)
        .describe('a marker is so many times as frequent in its type as in the next'),
      permutations: z
        .number()
        .int()
        .min(100)
        .max(100_000)
        .default(10_000)
        .describe('random sets of genes that markers are compared with'),
      fdr: z.number().gt(0).lt(1).default(0.1).describe('false discovery rate'),
    })
    .prefault({}),
  native: z
    .strictObject({
      neighbours: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(30)
        .describe('a cell is far from a type when none of its so many nearest cells is of it'),
      share: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe('a factor with a median share above this in far cells is their own and stays'),
      fewest: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(5)
        .describe('with fewer far cells nothing is concluded from them'),
      unproven: z
        .enum(['keep', 'drop'])
        .default('keep')
        .describe('what becomes of a rule without far cells to check it by; the original drops it'),
    })
    .prefault({}),
});
