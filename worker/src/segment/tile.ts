import type { MembraneSettings } from '@spatile/formats/config/segment';
import { SpatileError } from '@spatile/formats/errors';
import {
  MEMBRANE,
  type MethodCall,
  type SegmentTile,
  type SegmentTileMeta,
  segmentResultFrame,
  segmentTileFrom,
} from '@spatile/formats/tile/segment';
import type { Handler, HandlerContext } from '../handler.ts';
import { type Cells, cellsOfImage, composeCells } from './cells/compose.ts';
import { interiorMask } from './cells/interior-mask.ts';
import { membraneCells } from './cells/membrane.ts';
import type { ImageMethod, Planes } from './method.ts';
import { imageMethods } from './methods.ts';
import { type OrderedInstances, orderInstances } from './order.ts';
import { preparePlanes } from './prepare.ts';
import { recordUnits } from './record.ts';

/**
 * Segments one tile: decodes its pixels, finds nuclei (or cells) by the image method, turns nuclei into cells, and reports
 * every unit whose seed lies in the core, and those just outside it, which another tile may have seen otherwise.
 *
 * In: segment-tile. Out: segment-result. Errors: `IMAGE_INVALID`, and those of the method.
 */
export const segmentTile: Handler = async (input, context) => {
  const { meta, pixels } = segmentTileFrom(input);
  const planes = await preparePlanes(pixels, meta.pixelSizeUm);
  context.count({ pixelsSegmented: planes.rows * planes.columns });
  context.progress(0.2);
  const found = await callMethod(planes, meta, meta.instances, part(context, 0.2, 0.7));
  const cells = meta.target === 'cell' ? cellsOfImage(found) : await cellsOf(planes, meta, found, context);
  context.progress(0.9);
  return segmentResultFrame(await recordUnits(planes, meta, cells));
};

async function cellsOf(
  planes: Planes,
  meta: SegmentTile['meta'],
  nuclei: OrderedInstances,
  context: HandlerContext,
): Promise<Cells> {
  const { boundary, interior, expandUm, interiorUm } = meta.cells;
  return composeCells({
    rows: planes.rows,
    columns: planes.columns,
    nuclei,
    boundary: boundary === null ? null : await boundaryCells(planes, meta, nuclei, boundary, context),
    interior:
      interior === null
        ? null
        : interiorMask(planes, planes.channels[interior], meta.models[interior], meta.pixelSizeUm),
    expandPx: expandUm / meta.pixelSizeUm,
    interiorPx: interiorUm / meta.pixelSizeUm,
  });
}

/** Cells on the boundary stain: by a network, or from the nuclei. */
async function boundaryCells(
  planes: Planes,
  meta: SegmentTileMeta,
  nuclei: OrderedInstances,
  call: MethodCall,
  context: HandlerContext,
): Promise<OrderedInstances> {
  if (call.name !== MEMBRANE) return callMethod(planes, meta, call, part(context, 0.7, 0.85));
  const [channel] = call.channels;
  const settings = call.settings as MembraneSettings;
  return membraneCells(planes, planes.channels[channel], meta.models[channel], nuclei, settings);
}

/** Runs an image method on the channels it asks for. */
async function callMethod(
  planes: Planes,
  { models, minAreaUm2, pixelSizeUm }: SegmentTileMeta,
  { name, channels, settings }: MethodCall,
  context: HandlerContext,
): Promise<OrderedInstances> {
  if (!Object.hasOwn(imageMethods, name)) {
    throw new SpatileError(
      'INTERNAL',
      `segment: no image method is called ${name}; expected one of ${Object.keys(imageMethods).join(', ')}; use workers and coordinator of one version`,
    );
  }
  const method = imageMethods[name] as ImageMethod<unknown>;
  const model = { limits: channels.map((c) => models[c]), otsu: models[channels[0]].otsu };
  const own = { ...planes, channels: channels.map((c) => planes.channels[c]) };
  const found = await method(own, model, settings, context);
  return orderInstances(found, planes, Math.ceil(minAreaUm2 / pixelSizeUm ** 2));
}

/** The progress of a step within that of the task. */
const part = (context: HandlerContext, from: number, to: number): HandlerContext => ({
  progress: (fraction) => context.progress(from + (to - from) * fraction),
  count: (work) => context.count(work),
});
