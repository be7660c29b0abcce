import type { CellposeManifest } from '@spatile/formats/model/manifest';
import { inputCutter } from '../../network/input.ts';
import { openNetwork } from '../../network/session.ts';
import type { NetworkSettings } from '../../network/settings.ts';
import type { ImageMethod } from '../method.ts';
import { instancesFromFlows } from './masks.ts';
import { flowMaps } from './patches.ts';

/**
 * Cellpose 1 to 4 (Stringer et al., Nat Methods 18:100, 2021; Pachitariu et al., bioRxiv 2025.04.28.651001): a network of
 * fixed patches gives flows and a logit, pixels follow the flows to the sinks that make the masks.
 *
 * Errors: those of `openNetwork`, `inputCutter` and `flowMaps`.
 */
export const cellpose: ImageMethod<NetworkSettings<CellposeManifest>> = async (
  planes,
  model,
  settings,
  context,
) => {
  const { manifest } = settings;
  const network = await openNetwork(settings);
  const cutter = inputCutter(planes, model, manifest);
  const maps = await flowMaps(network, cutter, manifest, planes, context);
  const area = planes.pixelSizeUm ** 2;
  return instancesFromFlows(
    maps,
    planes.rows,
    planes.columns,
    manifest.decode,
    manifest.size.minAreaUm2 / area,
    manifest.size.maxUm ** 2 / area,
  );
};
