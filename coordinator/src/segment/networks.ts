import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { SegmentConfig } from '@spatile/formats/config/schema';
import { SpatileError } from '@spatile/formats/errors';
import type { ModelManifest } from '@spatile/formats/model/manifest';
import { readManifest, verifyWeights } from '@spatile/formats/model/read';
import { findModel, listModels, MANIFEST_FILE } from '@spatile/formats/model/store';
import { networkHaloUm } from '@spatile/formats/segment/halo';

/** Name of the network that comes with spatile. */
const SHIPPED = 'nuclei';
/** Peak of the runtime by pixel of its input, measured for the versatile StarDist layout (method notes, 1.3). */
const NETWORK_BYTES = 280;
/** Patch methods hold maps of flows and one patch. */
const PATCH_BYTES = 96;

/** A network as a run uses it. */
export interface NetworkChoice {
  name: string;
  method: ModelManifest['method'];
  roles: readonly string[];
  pixelSizeUm: number;
  /** Settings of its method on the worker. */
  settings: Record<string, unknown>;
  haloUm: (pixelSizeUm: number) => number;
  bytesPerPixel: number;
  /** Files that the result depends on. */
  folder: string;
}

export const isNetwork = (method: string): method is ModelManifest['method'] =>
  method === 'stardist' || method === 'cellpose' || method === 'unet';

/**
 * The network of a name or folder, checked. @param method it must be of; null takes any. A method alone takes the one network
 * that is installed for it. Errors: `MODEL_MISSING`, `MODEL_INVALID`, `CONFIG_INVALID`.
 */
export async function networkFor(
  method: ModelManifest['method'] | null,
  model: string | null,
  provider: SegmentConfig['provider'],
): Promise<NetworkChoice> {
  const { folder, manifest } = await located(method, model);
  if (method !== null && manifest.method !== method) {
    throw new SpatileError(
      'CONFIG_INVALID',
      `segment.model: ${manifest.name} is a network of another method (${manifest.method}); expected ${method}; choose segment.method=${manifest.method} or another model`,
    );
  }
  await verifyWeights(folder, manifest);
  return choiceOf(folder, manifest, provider);
}

/** The network that comes with spatile, or the one that was named; null when there is none, or nothing to run it with. */
export async function shippedNetwork({ model, provider }: SegmentConfig): Promise<NetworkChoice | null> {
  if (model !== null) return networkFor(null, model, provider);
  if (!hasRuntime()) return null;
  const shipped = (await listModels()).find(
    ({ manifest, origin }) => origin === 'shipped' && manifest.name === SHIPPED,
  );
  return shipped === undefined ? null : choiceOf(shipped.folder, shipped.manifest, provider);
}

function hasRuntime(): boolean {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    return false;
  }
}

async function located(
  method: string | null,
  model: string | null,
): Promise<{ folder: string; manifest: ModelManifest }> {
  if (model !== null && existsSync(join(model, MANIFEST_FILE)))
    return { folder: model, manifest: await readManifest(join(model, MANIFEST_FILE)) };
  if (model !== null) return findModel(model);
  const fitting = (await listModels()).filter(({ manifest }) => manifest.method === method);
  const preferred = fitting.find(({ manifest }) => manifest.name === SHIPPED) ?? fitting[0];
  if (preferred !== undefined) return preferred;
  throw new SpatileError(
    'MODEL_MISSING',
    `segment.model: no network for ${method} is installed; expected one; name it with segment.model, or add it with spatile models add FILE.onnx --manifest MODEL.yaml`,
  );
}

function choiceOf(
  folder: string,
  manifest: ModelManifest,
  provider: SegmentConfig['provider'],
): NetworkChoice {
  return {
    name: manifest.name,
    method: manifest.method,
    roles: manifest.input.channels,
    pixelSizeUm: manifest.input.pixelSizeUm,
    settings: { manifest, folder, provider },
    haloUm: (pixelSizeUm) => networkHaloUm(manifest, pixelSizeUm),
    bytesPerPixel: manifest.method === 'cellpose' ? PATCH_BYTES : NETWORK_BYTES,
    folder,
  };
}
