import * as z from 'zod';

/** Schemas of SpatialData attributes, as strict as spatialdata 0.8 needs them to be. */

const axis = z.looseObject({
  name: z.string(),
  type: z.enum(['channel', 'space']),
  unit: z.string().optional(),
});
const frame = z.looseObject({
  name: z.string().min(1),
  axes: z
    .array(axis)
    .min(1)
    .refine(
      (axes) => axes.every(({ type, unit }) => type === 'channel' || unit !== undefined),
      'a spatial axis needs a unit',
    ),
});
const common = { input: frame, output: frame };

const transformation = z
  .discriminatedUnion('type', [
    z.looseObject({ type: z.literal('identity'), ...common }),
    z.looseObject({ type: z.literal('scale'), scale: z.array(z.number()), ...common }),
    z.looseObject({ type: z.literal('translation'), translation: z.array(z.number()), ...common }),
    z.looseObject({ type: z.literal('affine'), affine: z.array(z.array(z.number())), ...common }),
  ])
  .superRefine((value, context) => {
    const inputs = value.input.axes.length;
    const outputs = value.output.axes.length;
    const fits =
      value.type === 'affine'
        ? value.affine.length === outputs && value.affine.every((row) => row.length === inputs + 1)
        : value.type === 'identity' ||
          (value.type === 'scale' ? value.scale : value.translation).length === inputs;
    if (!fits)
      context.addIssue({ code: 'custom', message: `the numbers of ${value.type} do not fit the axes` });
  });

/** One entry per target frame; the frames are distinct. */
const transformations = z
  .array(transformation)
  .min(1)
  .refine(
    (list) => new Set(list.map(({ output }) => output.name)).size === list.length,
    'two entries have the same output frame',
  );

const vector = { coordinateTransformations: transformations, axes: z.array(z.enum(['x', 'y', 'z'])).min(2) };

export const pointsAttributes = z.looseObject({
  'encoding-type': z.literal('ngff:points'),
  spatialdata_attrs: z.looseObject({
    version: z.literal('0.2'),
    feature_key: z.string(),
    instance_key: z.string(),
  }),
  ...vector,
});

export const shapesAttributes = z.looseObject({
  'encoding-type': z.literal('ngff:shapes'),
  spatialdata_attrs: z.looseObject({ version: z.literal('0.3') }),
  ...vector,
});

const levelScale = z.looseObject({ type: z.literal('scale'), scale: z.array(z.number().positive()) });

export const rasterAttributes = z.looseObject({
  spatialdata_attrs: z.looseObject({ version: z.literal('0.3') }),
  ome: z.looseObject({
    version: z.literal('0.5-dev-spatialdata'),
    omero: z.looseObject({ channels: z.array(z.looseObject({ label: z.string() })) }).optional(),
    multiscales: z
      .array(
        z.looseObject({
          axes: z.array(z.looseObject({ name: z.string(), type: z.string() })),
          datasets: z
            .array(
              z.looseObject({ path: z.string(), coordinateTransformations: z.array(levelScale).length(1) }),
            )
            .min(1),
          coordinateTransformations: transformations,
        }),
      )
      .length(1),
  }),
});

export const arrayNode = z.looseObject({
  zarr_format: z.literal(3),
  node_type: z.literal('array'),
  shape: z.array(z.number().int().nonnegative()),
  data_type: z.string(),
  chunk_grid: z.looseObject({
    name: z.literal('regular'),
    configuration: z.looseObject({ chunk_shape: z.array(z.number().int().positive()) }),
  }),
  dimension_names: z.array(z.string()).optional(),
  codecs: z.array(z.looseObject({ name: z.string() })).min(1),
});

export const tableAttributes = z.looseObject({
  'encoding-type': z.literal('anndata'),
  'encoding-version': z.literal('0.1.0'),
  'spatialdata-encoding-type': z.literal('ngff:regions_table'),
  region: z.union([z.string(), z.null()]),
  region_key: z.union([z.string(), z.null()]),
  instance_key: z.union([z.string(), z.null()]),
  version: z.literal('0.2'),
});

/** First issue of a failed parse as a clause, or the parsed value. */
export function parseNode<T>(schema: z.ZodType<T>, value: unknown): { value: T } | { problem: string } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  return { problem: `${issue.path.join('.') || 'attributes'}: ${issue.message}` };
}
