import * as z from 'zod';

/** Settings of the segment stage: nuclei and cells from the images of a slide. */

/** Of the classical method. Defaults chosen on every second labelled image and on two simulated ones (bench/segment.ts). */
const watershed = z.strictObject({
  smoothUm: z.number().min(0).max(5).default(0.3).describe('sd of the Gaussian before anything else, in um'),
  backgroundUm: z
    .number()
    .min(1)
    .max(50)
    .default(12)
    .describe(
      'half side of the square whose minimum is the background, in um: more than the radius of the largest nucleus',
    ),
  localMeanUm: z.number().min(0.5).max(30).default(8).describe('sd of the local mean in um'),
  localFactor: z
    .number()
    .min(0)
    .max(10)
    .default(1.1)
    .describe('nuclei are brighter than so many times the local mean, above the background'),
  otsuFactor: z
    .number()
    .min(0)
    .max(10)
    .default(0.5)
    .describe("nuclei are brighter than so many times the slide's Otsu level, above the background"),
  minContrast: z
    .number()
    .min(0)
    .max(100)
    .default(8)
    .describe('nuclei are brighter than so many sd of the noise, above the background'),
  seedSmoothUm: z
    .number()
    .min(0)
    .max(5)
    .default(0.5)
    .describe('sd of the Gaussian on the distance map in um'),
  seedDistanceUm: z
    .number()
    .min(0)
    .max(20)
    .default(1.5)
    .describe('no second, lower seed within this distance in um'),
  seedDepthUm: z
    .number()
    .min(0)
    .max(10)
    .default(0.25)
    .describe('how deep the distance map must dip between two seeds, in um'),
  brightnessUm: z
    .number()
    .min(0)
    .max(50)
    .default(2)
    .describe(
      'depth in um that the full brightness of the slide counts for beside the distance to the background',
    ),
  maxHoleUm2: z.number().min(0).max(1000).default(20).describe('holes up to this size are filled, in um2'),
  minAreaUm2: z.number().min(0).max(10000).default(5).describe('smaller nuclei are dropped, in um2'),
  maxAreaUm2: z.number().positive().max(100000).default(800).describe('larger nuclei are dropped, in um2'),
  maxRadiusUm: z
    .number()
    .min(1)
    .max(100)
    .default(15)
    .describe('no pixel farther from its seed belongs to it, in um'),
});

export type WatershedSettings = z.infer<typeof watershed>;

/** Of cells on the boundary stain without a network. Defaults chosen on two simulated slides (bench/segment.ts). */
const membrane = z.strictObject({
  smoothUm: z.number().min(0).max(5).default(0.3).describe('sd of the Gaussian on the boundary stain, in um'),
  aroundUm: z
    .number()
    .min(0.5)
    .max(20)
    .default(1.5)
    .describe('sd of the Gaussian whose value membrane stands out from, in um'),
  floor: z
    .number()
    .min(0.001)
    .max(1)
    .default(0.05)
    .describe(
      'added to that value, so that noise where there is no stain is no membrane; share of the contrast limits',
    ),
  contrast: z
    .number()
    .min(0.05)
    .max(10)
    .default(0.4)
    .describe(
      'membrane counts fully where it is brighter than its surroundings by so many times their value',
    ),
  weight: z
    .number()
    .int()
    .min(1)
    .max(250)
    .default(12)
    .describe('a way through full membrane costs so many times its length more'),
  reachUm: z
    .number()
    .min(1)
    .max(50)
    .default(12)
    .describe('how far a cell may reach from its nucleus where there is no membrane, in um'),
  rimLevel: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('a border lies on membrane where that counts by at least this share'),
  rimShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('share of the border of a cell that has to lie on membrane'),
});

export type MembraneSettings = z.infer<typeof membrane>;

const IMAGE_METHODS = ['watershed', 'stardist', 'cellpose', 'cellsam', 'unet'] as const;

export const segment = z.strictObject({
  method: z
    .enum(['auto', 'import', ...IMAGE_METHODS, 'expand', 'xenium'])
    .default('auto')
    .describe(
      'import: the prior segmentation; watershed: classical; stardist (Schmidt et al. 2018), cellpose (Stringer et al. 2021), cellsam (Israel et al. 2023), unet: a network; expand: nuclei grown by expandUm; xenium: boundary stain, else interior stain, else growth; auto: import where there is a prior, else nuclei from the image',
    ),
  nuclei: z
    .enum(['auto', ...IMAGE_METHODS])
    .default('auto')
    .describe('how expand and xenium find nuclei; auto takes the network named by model, else watershed'),
  target: z
    .enum(['nucleus', 'cell'])
    .default('nucleus')
    .describe('what the network outlines: nuclei, which then grow to cells, or whole cells'),
  model: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'network by name (spatile models list), or its folder as a path with a slash (./cyto3); null takes the one that comes with spatile for stardist, and none for auto',
    ),
  boundaryModel: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'network that outlines cells on the boundary stain, for xenium; null spreads nuclei through it without one (segment.membrane)',
    ),
  provider: z.enum(['cpu', 'cuda']).default('cpu').describe('where networks run'),
  image: z
    .string()
    .nullable()
    .default(null)
    .describe(
      'image to segment instead of the one of the bundle: TIFF, PNG, JPEG, the folder of an OME-Zarr image, or of a CosMx slide a folder of images per field of view',
    ),
  pixelSizeUm: z
    .number()
    .positive()
    .max(100)
    .nullable()
    .default(null)
    .describe('um per pixel of segment.image; null takes what the file says'),
  originUm: z
    .tuple([z.number(), z.number()])
    .default([0, 0])
    .describe('place of the upper left corner of segment.image in um'),
  channels: z
    .strictObject({
      nuclei: z
        .string()
        .nullable()
        .default(null)
        .describe('channel of the nuclear stain; null finds it by name'),
      boundary: z
        .string()
        .nullable()
        .default(null)
        .describe('channel of the boundary stain; null finds it by name'),
      interior: z
        .string()
        .nullable()
        .default(null)
        .describe('channel of the interior stain; null finds it by name'),
    })
    .prefault({}),
  boundaryStain: z.boolean().default(true).describe('xenium: use the boundary stain where there is one'),
  interiorStain: z.boolean().default(true).describe('xenium: use the interior stain where there is one'),
  workPixelUm: z
    .number()
    .min(0.05)
    .max(5)
    .default(0.4)
    .describe(
      'pixel size to work at in um: the image is read at the whole multiple of its pixels next to it',
    ),
  percentiles: z
    .tuple([z.number().min(0).max(49), z.number().min(51).max(100)])
    .nullable()
    .default(null)
    .describe(
      'contrast limits of each channel, as percentiles of its pixels in tissue over the whole slide; null takes what the network was trained for, else 1 and 99.8',
    ),
  limits: z
    .tuple([z.number(), z.number()])
    .nullable()
    .default(null)
    .describe('contrast limits of the nuclear stain in raw intensities instead'),
  watershed: watershed.prefault({}),
  membrane: membrane.prefault({}),
  minAreaUm2: z
    .number()
    .min(0)
    .max(10000)
    .default(8)
    .describe('smaller nuclei and cells are dropped, in um2'),
  expandUm: z
    .number()
    .min(0)
    .max(100)
    .default(5)
    .describe('how far nuclei grow to cells, in um; 0 leaves nuclei alone'),
  interiorUm: z
    .number()
    .min(0)
    .max(50)
    .default(15)
    .describe('xenium: how far a cell may reach from its nucleus in the interior stain, in um'),
  toleranceUm: z
    .number()
    .min(0)
    .max(5)
    .default(0.2)
    .describe('how far a simplified outline may lie from the traced one, in um'),
  tileSizePx: z
    .number()
    .int()
    .min(64)
    .max(8192)
    .default(1536)
    .describe(
      'largest edge of a tile core in pixels of workPixelUm (a multiple of 16); less where memory asks for it',
    ),
  haloUm: z
    .number()
    .min(0)
    .max(500)
    .nullable()
    .default(null)
    .describe('margin around a core; null takes what the method needs'),
});
