import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { ModelManifest } from '@spatile/formats/model/manifest';
import { readManifest } from '@spatile/formats/model/read';

/** Fixtures that `tests/interop/networks.py` writes. */
export const fixtures = fileURLToPath(new URL('../../fixtures/network', import.meta.url));

/** Whether networks can run here: onnxruntime-node is optional. */
export const runtimeIsHere = (() => {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node');
    return true;
  } catch {
    return false;
  }
})();

export function bytesOf(path: string): ArrayBuffer {
  const bytes = gunzipSync(readFileSync(join(fixtures, path)));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

export const floatsOf = (path: string) => new Float32Array(bytesOf(path));

/** The input that the fixtures were made with. */
export const ramp = (length: number) => Float32Array.from({ length }, (_, i) => ((i * 37) % 101) / 101);

export async function manifestOf<M extends ModelManifest['method']>(folder: string, method: M) {
  const manifest = await readManifest(join(folder, 'model.yaml'));
  if (manifest.method !== method) throw new Error(`${folder} is ${manifest.method}`);
  return manifest as Extract<ModelManifest, { method: M }>;
}

export const context = { progress() {}, count() {} };

/** Largest difference of two arrays of one length. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} and ${b.length} values`);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

export const shippedFolder = fileURLToPath(new URL('../../../worker/networks/nuclei', import.meta.url));
export const shippedIsHere = existsSync(join(shippedFolder, 'model.onnx'));
