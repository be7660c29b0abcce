import * as z from 'zod';
import { SpatileError } from '../errors.ts';
import { type Affine, IDENTITY } from '../space.ts';
import { compose } from '../spatialdata/transforms.ts';

const numbers = z.array(z.number());
const frame = z.looseObject({
  name: z.string().optional(),
  axes: z.array(z.looseObject({ name: z.string(), unit: z.string().optional() })).optional(),
});
const base = { output: frame.optional() };
const transformation = z.discriminatedUnion('type', [
  z.looseObject({ ...base, type: z.literal('identity') }),
  z.looseObject({ ...base, type: z.literal('scale'), scale: numbers }),
  z.looseObject({ ...base, type: z.literal('translation'), translation: numbers }),
  z.looseObject({ ...base, type: z.literal('affine'), affine: z.array(numbers) }),
  z.looseObject({ ...base, type: z.literal('sequence'), transformations: z.array(z.unknown()).max(16) }),
]);
type Transformation = z.infer<typeof transformation>;

/** Microns per unit of length, by the names that OME-NGFF takes from UDUNITS-2, and their symbols. */
const UNIT_UM = new Map([
  ['micrometer', 1],
  ['micrometre', 1],
  ['micron', 1],
  ['um', 1],
  ['µm', 1],
  ['nanometer', 1e-3],
  ['nanometre', 1e-3],
  ['nm', 1e-3],
  ['millimeter', 1e3],
  ['millimetre', 1e3],
  ['mm', 1e3],
]);

/** The frame in which spatile and others put microns into a SpatialData store; it needs no unit. */
const MICRONS = 'microns';
/** Cosine between the axes of the pixels, up to which they count as square to each other. */
const MAX_SHEAR = 1e-3;

export interface Multiscale {
  axes: readonly { name: string; unit?: string }[];
  /** Of the full resolution. */
  datasetTransformations: unknown;
  /** Of all levels: applied in turn, or, in a SpatialData store, one for each frame that they end in. */
  transformations: unknown;
}

/**
 * Where the full resolution of an OME-Zarr image lies, from its transforms and the units of its axes: column, row to microns.
 * In a SpatialData store the frame `microns` counts, else one whose axes have a unit of length, `global` first: without a unit
 * `global` may as well be pixels. Errors: `IMAGE_INVALID` when a unit or a scale is missing, for shear and unknown transforms.
 */
export function statedPlace(path: string, image: Multiscale, order: readonly string[]): Affine {
  const whole = list(path, image.transformations);
  const dataset = list(path, image.datasetTransformations);
  const frames = whole.filter(({ output }) => output !== undefined);
  const level = inTurn(path, dataset, order);
  if (frames.length > 0) {
    const chosen = chooseFrame(frames);
    if (chosen === null) {
      const names = frames.map(({ output }) => output?.name).join(', ');
      throw unplaced(path, `no frame of it is in microns (${names})`);
    }
    const toUnits = compose(inTurn(path, [chosen.transformation], order), level);
    return checked(path, compose(chosen.unit, toUnits));
  }
  const unit = unitOf(image.axes);
  if (unit === null)
    throw unplaced(path, 'it does not say how large a pixel is (no unit of length of its axes)');
  if (![...dataset, ...whole].some(({ type }) => type !== 'identity' && type !== 'translation'))
    throw unplaced(path, 'it does not say how large a pixel is (no scale)');
  return checked(path, compose(unit, compose(inTurn(path, whole, order), level)));
}

function unplaced(path: string, what: string): SpatileError {
  return new SpatileError(
    'IMAGE_INVALID',
    `${path}: ${what}; expected a transform to microns; set segment.pixelSizeUm`,
    { fields: { file: path } },
  );
}

function list(path: string, found: unknown): Transformation[] {
  const parsed = z
    .array(transformation)
    .max(64)
    .safeParse(found ?? []);
  if (!parsed.success) throw unplaced(path, 'its transforms are of a kind that is not read');
  return parsed.data;
}

function chooseFrame(frames: Transformation[]): { transformation: Transformation; unit: Affine } | null {
  const microns = frames.find(({ output }) => output?.name === MICRONS);
  if (microns !== undefined) return { transformation: microns, unit: IDENTITY };
  const globalFirst = [...frames].sort(
    (a, b) => Number(b.output?.name === 'global') - Number(a.output?.name === 'global'),
  );
  for (const transformation of globalFirst) {
    const unit = unitOf(transformation.output?.axes ?? []);
    if (unit !== null) return { transformation, unit };
  }
  return null;
}

function unitOf(axes: readonly { name: string; unit?: string }[]): Affine | null {
  const um = (axis: string): number | undefined =>
    UNIT_UM.get(axes.find(({ name }) => name === axis)?.unit ?? '');
  const [x, y] = [um('x'), um('y')];
  return x === undefined || y === undefined ? null : [x, 0, 0, 0, y, 0, 0, 0, 1];
}

function inTurn(path: string, steps: Transformation[], order: readonly string[], depth = 0): Affine {
  return steps.reduce<Affine>(
    (before, step) => compose(affineOf(path, step, order, depth), before),
    IDENTITY,
  );
}

function affineOf(path: string, step: Transformation, order: readonly string[], depth: number): Affine {
  const [x, y] = [order.indexOf('x'), order.indexOf('y')];
  const sized = (values: unknown[]): void => {
    if (values.length !== order.length)
      throw unplaced(path, `a transform has ${values.length} axes, the image ${order.length}`);
  };
  if (step.type === 'identity') return IDENTITY;
  if (step.type === 'scale') {
    sized(step.scale);
    return [step.scale[x], 0, 0, 0, step.scale[y], 0, 0, 0, 1];
  }
  if (step.type === 'translation') {
    sized(step.translation);
    return [1, 0, step.translation[x], 0, 1, step.translation[y], 0, 0, 1];
  }
  if (step.type === 'sequence') {
    if (depth > 2) throw unplaced(path, 'its transforms are nested too deeply');
    return inTurn(path, list(path, step.transformations), order, depth + 1);
  }
  sized(step.affine);
  for (const row of step.affine) sized(row.slice(1));
  const [toX, toY] = [step.affine[x], step.affine[y]];
  if (order.some((_, axis) => axis !== x && axis !== y && (toX[axis] !== 0 || toY[axis] !== 0)))
    throw unplaced(path, 'a transform mixes the plane with other axes');
  const offset = order.length;
  return [toX[x], toX[y], toX[offset], toY[x], toY[y], toY[offset], 0, 0, 1];
}

function checked(path: string, affine: Affine): Affine {
  const [a, b, , d, e] = affine;
  const [alongX, alongY] = [Math.sqrt(a * a + d * d), Math.sqrt(b * b + e * e)];
  if (!affine.every(Number.isFinite) || !(alongX > 0 && alongY > 0))
    throw unplaced(path, 'its transform gives pixels no size');
  if (Math.abs(a * b + d * e) > MAX_SHEAR * alongX * alongY) throw unplaced(path, 'its transform shears');
  return affine;
}
