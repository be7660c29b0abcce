import { arrayNode, parseNode, rasterAttributes } from './node-schemas.ts';
import type { StoreCheck } from './validate.ts';

/** Checks of images and labels. */

/** Dask warns about larger chunks. */
const MAX_CHUNK_BYTES = 2 * 2 ** 30;
const INTEGER = /^(bool|u?int(8|16|32|64))$/;

const bytesOf = (type: string): number => (type === 'bool' ? 1 : Number(/(\d+)$/.exec(type)?.[1] ?? 64) / 8);

/** Checks `images/<name>` or `labels/<name>`: attributes, axes, channels, and all levels in order. */
export async function checkRaster(check: StoreCheck, element: string, isLabels: boolean): Promise<void> {
  const { nodes, report } = check;
  const parsed = parseNode(rasterAttributes, nodes.get(element)?.attributes);
  if ('problem' in parsed) {
    report('RASTER_ATTRIBUTES', `${element}: ${parsed.problem}`);
    return;
  }
  const { omero, multiscales } = parsed.value.ome;
  const [multiscale] = multiscales;
  const dims = multiscale.axes.map(({ name }) => name).join('');
  const allowed = isLabels ? ['yx', 'zyx'] : ['cyx', 'czyx'];
  if (!allowed.includes(dims))
    report('RASTER_AXES', `${element}: the axes are ${dims}, expected ${allowed.join(' or ')}`);
  for (const { input } of multiscale.coordinateTransformations) {
    if (input.name !== dims)
      report(
        'RASTER_TRANSFORM',
        `${element}: a transformation starts from ${input.name}, the axes are ${dims}`,
      );
  }
  const shapes = multiscale.datasets.map(({ path }) => checkLevel(check, element, path, dims, isLabels));
  for (let i = 1; i < shapes.length; i++) {
    const [before, after] = [shapes[i - 1], shapes[i]];
    if (!before || !after) continue;
    const smaller =
      after.every((size, axis) => size <= before[axis]) && after.some((size, axis) => size < before[axis]);
    if (!smaller)
      report(
        'RASTER_LEVELS',
        `${element}: level ${i} (${after.join(' x ')}) is not smaller than the one before`,
      );
  }
  const [full] = shapes;
  if (!full) return;
  multiscale.datasets.forEach(({ path, coordinateTransformations: [{ scale }] }, i) => {
    const expected = shapes[i]?.map((size, axis) => full[axis] / size);
    if (
      expected?.some(
        (value, axis) => Math.abs(value - (scale[axis] ?? Number.NaN)) > 1e-9 || scale[axis] === undefined,
      )
    ) {
      report(
        'RASTER_LEVEL_SCALE',
        `${element}/${path}: the scale is ${scale.join(', ')}, its shape says ${expected.join(', ')}`,
      );
    }
  });
  if (!isLabels) checkChannels(check, element, omero?.channels.map(({ label }) => label) ?? [], full[0]);
}

/** Shape of one level, or undefined when it is absent or malformed. */
function checkLevel(
  check: StoreCheck,
  element: string,
  path: string,
  dims: string,
  isLabels: boolean,
): number[] | undefined {
  const name = `${element}/${path}`;
  const parsed = parseNode(arrayNode, check.nodes.get(name));
  if ('problem' in parsed) {
    check.report(
      'RASTER_LEVELS',
      `${name}: ${check.nodes.has(name) ? parsed.problem : 'the level is missing'}`,
    );
    return undefined;
  }
  const { shape, data_type: type, chunk_grid: grid, dimension_names: names } = parsed.value;
  const chunk = grid.configuration.chunk_shape;
  if (names?.join('') !== dims || shape.length !== dims.length || chunk.length !== shape.length) {
    check.report(
      'RASTER_AXES',
      `${name}: the dimensions are ${names?.join('') ?? 'not named'}, expected ${dims}`,
    );
    return undefined;
  }
  const chunkBytes = chunk.reduce((product, size) => product * size, bytesOf(type));
  if (chunkBytes > MAX_CHUNK_BYTES)
    check.report('RASTER_CHUNK', `${name}: a chunk has ${chunkBytes} bytes, more than 2 GiB`);
  if (isLabels && !INTEGER.test(type))
    check.report('RASTER_TYPE', `${name}: labels of type ${type}, expected integers`);
  return shape;
}

function checkChannels(check: StoreCheck, element: string, labels: string[], size: number): void {
  if (labels.length !== size)
    check.report('IMAGE_CHANNELS', `${element}: ${labels.length} channel labels for ${size} channels`);
  if (new Set(labels).size !== labels.length)
    check.report('IMAGE_CHANNELS', `${element}: channel labels are not unique`);
}
