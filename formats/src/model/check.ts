import { join } from 'node:path';
import { isSpatileError } from '../errors.ts';
import { type GraphCheck, masksFit, networkFits } from './fits.ts';
import type { ModelManifest } from './manifest.ts';
import { weightsFolder } from './read.ts';
import { createSession, loadRuntime, type NetworkRuntime } from './runtime.ts';

/**
 * Opens the graphs of a model and compares them with its manifest; false where there is no runtime to open them.
 * Errors: `MODEL_INVALID` in one sentence of what does not fit.
 */
export async function checkGraphs(folder: string, manifest: ModelManifest): Promise<boolean> {
  const runtime = await loadRuntime().catch((error: unknown): NetworkRuntime | null => {
    if (isSpatileError(error) && error.code === 'RUNTIME_MISSING') return null;
    throw error;
  });
  if (runtime === null) return false;
  const open = async (file: string, check: GraphCheck): Promise<void> => {
    const path = join(weightsFolder(folder, manifest), file);
    const session = await createSession(runtime, path, 'cpu');
    try {
      check(path, session);
    } finally {
      await session.release();
    }
  };
  await open(manifest.weights.file, (path, session) => networkFits(path, manifest, session));
  if (manifest.method === 'cellsam') await open(manifest.decode.masks, masksFit);
  return true;
}
