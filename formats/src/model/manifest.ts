import * as z from 'zod';

/**
 * What a network eats, what it gives and how its output becomes instances: `model.yaml` beside the ONNX file. With it any
 * published network of these families runs without code.
 *
 * The fields follow the BioImage Model Zoo (spec 0.5) where they mean the same; percentiles are of the slide, never of a tile.
 */

const axes = z.enum(['NCHW', 'NHWC', 'NHW', 'HWC', 'CHW', 'HW']);

const normalise = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('percentile').describe('the two percentiles of the slide become 0 and 1'),
    low: z.number().min(0).max(49).default(1).describe('lower percentile'),
    high: z.number().min(51).max(100).default(99.8).describe('upper percentile'),
    clip: z.boolean().default(false).describe('cut what lies beyond 0 and 1'),
  }),
  z.strictObject({
    kind: z.literal('constant').describe('(value - offset) * scale, whatever the slide'),
    offset: z.number().default(0).describe('value that becomes 0'),
    scale: z
      .number()
      .positive()
      .default(1 / 255)
      .describe('factor'),
  }),
]);

/** What a channel of the input shows. */
export const CHANNEL_ROLES = [
  'dapi',
  'boundary',
  'interiorRna',
  'interiorProtein',
  'red',
  'green',
  'blue',
  'zero',
] as const;

const stardist = z.strictObject({
  outputs: z
    .discriminatedUnion('layout', [
      z.strictObject({
        layout: z.literal('native').describe('probability and ray lengths apart, at 1/grid'),
        prob: z.string().min(1).default('prob').describe('name of the probability'),
        dist: z.string().min(1).default('dist').describe('name of the ray lengths'),
      }),
      z.strictObject({
        layout: z.literal('packed').describe('one tensor of 1 + rays channels at full resolution'),
        maps: z.string().min(1).describe('its name'),
      }),
    ])
    .describe('names and layout of the outputs'),
  rays: z.number().int().min(8).max(128).default(32).describe('rays of a polygon'),
  grid: z.union([z.literal(1), z.literal(2), z.literal(4)]).describe('pixels of the input per output cell'),
  probability: z.number().min(0.02).max(0.99).describe('candidates have more'),
  overlap: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('of two candidates that share more of the smaller one, the less probable goes'),
});

const cellpose = z.strictObject({
  output: z.string().min(1).default('y').describe('tensor of flow row, flow column and logit'),
  patchPx: z.number().int().min(64).max(1024).describe('side of the patch the graph was exported for'),
  overlapPx: z.number().int().min(8).max(512).default(40).describe('pixels that neighbouring patches share'),
  logit: z.number().min(-6).max(6).default(0).describe('pixels of cells have more'),
  flowError: z
    .number()
    .min(0)
    .max(4)
    .default(0.4)
    .describe('masks whose flows differ more from the network are dropped; 0 keeps all'),
  steps: z.number().int().min(1).max(2000).default(200).describe('steps that a pixel follows the flow'),
});

const cellsam = z.strictObject({
  scores: z.string().min(1).default('scores').describe('tensor of scores, falling'),
  boxes: z
    .string()
    .min(1)
    .default('boxes')
    .describe('tensor of boxes: left, top, right, bottom, as the graph of masks takes them'),
  embedding: z.string().min(1).default('embedding').describe('tensor of what the patch shows'),
  masks: z
    .string()
    .regex(/^[\w][\w.-]{0,120}\.onnx$/, 'a plain file name that ends in .onnx')
    .default('masks.onnx')
    .describe(
      'graph that takes `embedding` and one `box` and gives `mask`, logits of a patch, and `overlap`; also named in weights.externalData',
    ),
  patchPx: z.number().int().min(64).max(1024).describe('side of the patch the graphs were exported for'),
  overlapPx: z.number().int().min(8).max(512).default(56).describe('pixels that neighbouring patches share'),
  score: z.number().min(0).max(1).default(0.4).describe('boxes have more'),
  overlap: z.number().min(0).max(1).default(0.5).describe('masks have at least this IoU expected'),
  probability: z.number().min(0.02).max(0.98).default(0.4).describe('a pixel belongs to a mask above this'),
});

const unet = z.strictObject({
  output: z.string().min(1).describe('name of the output'),
  classes: z
    .enum(['inside', 'insideBorder', 'distance'])
    .describe('background and inside; background, inside and border; or a distance map in pixels'),
  activation: z
    .enum(['none', 'softmax', 'sigmoid'])
    .default('none')
    .describe('what is still to be applied to the output'),
  probability: z
    .number()
    .min(0.02)
    .max(0.98)
    .default(0.5)
    .describe('a pixel belongs to an instance above this'),
  minDistancePx: z.number().min(0).max(50).default(1).describe('distance above which a pixel is inside'),
});

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'lower-case letters, digits, dot, dash and underscore')
    .describe('name to call it by'),
  description: z.string().max(500).default('').describe('one line for people'),
  weights: z
    .strictObject({
      file: z
        .string()
        .regex(/^[\w][\w.-]{0,120}\.onnx$/, 'a plain file name that ends in .onnx')
        .default('model.onnx')
        .describe('ONNX file beside the manifest'),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
        .describe('SHA-256 of that file'),
      beside: z
        .string()
        .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'the name of a folder')
        .nullable()
        .default(null)
        .describe('folder beside that of the manifest which holds the files; null: its own'),
      externalData: z
        .array(
          z.strictObject({
            file: z
              .string()
              .regex(/^[\w][\w.-]{0,120}$/, 'a plain file name')
              .describe('file with weights'),
            sha256: z
              .string()
              .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
              .describe('its SHA-256'),
          }),
        )
        .max(16)
        .default([])
        .describe('files the graph keeps its weights in, and further graphs'),
    })
    .describe('the network itself'),
  license: z.string().min(1).max(120).describe('licence of the weights (SPDX where there is one)'),
  trainingDataLicense: z
    .string()
    .max(200)
    .default('unknown')
    .describe('licence of what they were trained on'),
  attribution: z.string().max(500).default('').describe('whom to cite'),
  input: z
    .strictObject({
      name: z.string().min(1).default('input').describe('name of the input tensor'),
      axes: axes.default('NCHW').describe('its order'),
      channels: z
        .array(z.enum(CHANNEL_ROLES))
        .min(1)
        .max(8)
        .describe('what each channel shows; zero is a plane of zeros'),
      invert: z
        .boolean()
        .default(false)
        .describe('nuclei are dark (transmitted light) and the network wants them bright'),
      normalise: normalise
        .prefault({ kind: 'percentile' })
        .describe('from raw intensities to what the network expects'),
      pixelSizeUm: z.number().min(0.05).max(10).describe('pixel size the network was trained for'),
      step: z
        .number()
        .int()
        .min(1)
        .max(256)
        .default(16)
        .describe('sides and origin of an input are multiples of this'),
    })
    .describe('what goes in'),
  receptiveFieldPx: z
    .number()
    .int()
    .min(0)
    .max(1024)
    .describe('pixels beyond which nothing changes an output'),
  runBytesPerPixel: z
    .number()
    .positive()
    .max(1e6)
    .nullable()
    .default(null)
    .describe(
      'memory of a run beside the weights, in bytes per pixel of its input; null takes what is usual for the method',
    ),
  size: z
    .strictObject({
      expectedUm: z.number().positive().max(500).default(8).describe('usual diameter of an instance'),
      maxUm: z.number().positive().max(500).default(25).describe('largest diameter; decides the halo'),
      minAreaUm2: z.number().min(0).max(1e5).default(8).describe('smaller ones are dropped'),
    })
    .prefault({})
    .describe('sizes of instances'),
};

/** `model.yaml`, strict: an unknown key is an error. The fields under `decode` depend on the method. */
export const modelManifest = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('stardist'), ...common, decode: stardist }),
  z.strictObject({ method: z.literal('cellpose'), ...common, decode: cellpose }),
  z.strictObject({ method: z.literal('cellsam'), ...common, decode: cellsam }),
  z.strictObject({ method: z.literal('unet'), ...common, decode: unet }),
]);

export type ModelManifest = z.infer<typeof modelManifest>;
export type StardistManifest = Extract<ModelManifest, { method: 'stardist' }>;
export type CellposeManifest = Extract<ModelManifest, { method: 'cellpose' }>;
export type CellsamManifest = Extract<ModelManifest, { method: 'cellsam' }>;
export type UnetManifest = Extract<ModelManifest, { method: 'unet' }>;
