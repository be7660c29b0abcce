import { outputsOf } from '@spatile/formats/model/fits';
import type { UnetManifest } from '@spatile/formats/model/manifest';
import { inputCutter } from '../../network/input.ts';
import { openNetwork } from '../../network/session.ts';
import type { NetworkSettings } from '../../network/settings.ts';
import { strips } from '../../network/strips.ts';
import type { ImageMethod } from '../method.ts';
import { divideInside } from './divide.ts';
import { type InsideMaps, takeInside } from './maps.ts';

/**
 * Instances of a semantic network (Ronneberger et al., MICCAI 2015): classes or a distance map, divided by a watershed. The
 * network gives an output of the size of its input.
 *
 * Errors: those of `openNetwork`, `inputCutter` and `takeInside`.
 */
export const unet: ImageMethod<NetworkSettings<UnetManifest>> = async (planes, model, settings, context) => {
  const { manifest } = settings;
  const network = await openNetwork(settings);
  const cutter = inputCutter(planes, model, manifest);
  const { rows, columns, pixelSizeUm } = planes;
  const maps: InsideMaps = {
    inside: new Float32Array(rows * columns),
    mask: new Uint8Array(rows * columns),
  };
  const cut = strips(rows, columns, manifest.input.step, manifest.receptiveFieldPx);
  const [output] = outputsOf(manifest);
  for (const [i, strip] of cut.entries()) {
    const { [output]: found } = await network.run(cutter.cut(strip.window, 'mirror'), [output]);
    takeInside(found, strip, manifest, maps, columns);
    context.progress((0.8 * (i + 1)) / cut.length);
  }
  return divideInside(maps, rows, columns, pixelSizeUm, manifest);
};
