import { join, resolve } from 'node:path';
import type { SegmentConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { ModelManifest } from '@spatile/formats/model/manifest';
import { readManifest, verifyWeights } from '@spatile/formats/model/read';
import { findModel, type KeptModel, MANIFEST_FILE, shippedModels } from '@spatile/formats/model/store';
import { networkHaloUm } from '@spatile/formats/segment/halo';
import { type NetworkMemory, networkMemory } from './memory.ts';

/** Name of the network that comes with spatile. */
const SHIPPED = 'nuclei';

/** A network as a run uses it. */
export interface NetworkChoice {
  name: string;
  method: ModelManifest['method'];
  roles: readonly string[];
  pixelSizeUm: number;
  /** Percentiles of the slide that it expects as 0 and 1; null for one that takes raw intensities. */
  percentiles: [number, number] | null;
  /** Settings of its method on the worker. */
  settings: Record<string, unknown>;
  haloUm: (pixelSizeUm: number) => number;
  memory: NetworkMemory;
  /** Files that the result depends on. */
  folder: string;
}

export const isNetwork = (method: string): method is ModelManifest['method'] =>
  method === 'stardist' || method === 'cellpose' || method === 'cellsam' || method === 'unet';

/**
 * The network of a name or folder, checked. @param method it must be of; null takes any. A method alone takes the network of
 * it that comes with spatile. Errors: `MODEL_MISSING`, `MODEL_INVALID`, `CONFIG_INVALID`.
 */
export async function networkFor(
  method: ModelManifest['method'] | null,
  model: string | null,
  provider: SegmentConfig['provider'],
): Promise<NetworkChoice> {
  const found = await located(method, model);
  const { folder, manifest } = found;
  if (method !== null && manifest.method !== method) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `segment.model: ${manifest.name} is a network of another method (${manifest.method}); expected ${method}; choose segment.method=${manifest.method} or another model`,
    );
  }
  return choiceOf(found, provider, await verifyWeights(folder, manifest));
}

/** The network that was named; null where none was, and nuclei come from a watershed. Errors: as `networkFor`. */
export async function namedNetwork({ model, provider }: SegmentConfig): Promise<NetworkChoice | null> {
  return model === null ? null : networkFor(null, model, provider);
}

/** A network that was found; of none of the places where models are kept when a folder was named. */
type Located = Omit<KeptModel, 'origin'> & { origin: KeptModel['origin'] | null };

async function located(method: string | null, model: string | null): Promise<Located> {
  // A name is never a folder that happens to lie in the working directory.
  if (model !== null && /[\\/]|^\.+$/.test(model))
    return { folder: model, manifest: await readManifest(join(model, MANIFEST_FILE)), origin: null };
  if (model !== null) return findModel(model);
  // Not what else happens to be installed: equal settings have to mean equal results on every machine.
  const shipped = shippedModels();
  if (shipped !== null) {
    const folder = join(shipped, SHIPPED);
    const manifest = await readManifest(join(folder, MANIFEST_FILE));
    if (manifest.method === method) return { folder, manifest, origin: 'shipped' };
  }
  throw new SpatileError(
    'MODEL_MISSING',
    `segment.model: none is named, and none for ${method} comes with spatile; expected the name of an installed network; see spatile models list, or add one with spatile models add FILE.onnx --manifest MODEL.yaml`,
  );
}

function choiceOf(
  { folder, manifest, origin }: Located,
  provider: SegmentConfig['provider'],
  weightBytes: number,
): NetworkChoice {
  const { normalise } = manifest.input;
  // By name where models are kept: another machine keeps them elsewhere.
  const place = origin === null ? resolve(folder) : { kept: origin };
  return {
    name: manifest.name,
    method: manifest.method,
    roles: manifest.input.channels,
    pixelSizeUm: manifest.input.pixelSizeUm,
    percentiles: normalise.kind === 'percentile' ? [normalise.low, normalise.high] : null,
    settings: { manifest, folder: place, provider },
    haloUm: (pixelSizeUm) => networkHaloUm(manifest, pixelSizeUm),
    memory: networkMemory(manifest, weightBytes),
    folder,
  };
}
