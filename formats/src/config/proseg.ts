import * as z from 'zod';

/** Settings of assignment by cell simulation. */
export const proseg = z.strictObject({
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
