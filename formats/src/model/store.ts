import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { nearestWord } from '../config/nearest.ts';
import { SpatileError } from '../errors.ts';
import { checkGraphs } from './check.ts';
import type { ModelManifest } from './manifest.ts';
import { readManifest, verifyFile } from './read.ts';

/**
 * Where models are kept: a folder per model, `<name>/model.yaml` beside its weights. Those that ship with spatile lie in
 * `networks`; a user's lie in `SPATILE_MODELS` or, without it, in the user's data folder.
 */

export const MANIFEST_FILE = 'model.yaml';

/** Shipped with spatile, or added by the user. */
export type ModelOrigin = 'shipped' | 'user';

export interface KeptModel {
  folder: string;
  manifest: ModelManifest;
  origin: ModelOrigin;
}

/** The user's folder of models. */
export function userModels(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.SPATILE_MODELS) return environment.SPATILE_MODELS;
  const data = environment.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  return join(data, 'spatile', 'models');
}

/** The folder of models that ship with spatile: beside the built program, or in the sources of a checkout. */
export function shippedModels(): string | null {
  let at = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    for (const place of [join(at, 'networks'), join(at, 'worker', 'networks')])
      if (existsSync(join(place, 'nuclei', MANIFEST_FILE))) return place;
    const up = dirname(at);
    if (up === at) return null;
    at = up;
  }
}

/**
 * Models that can be used, by name; a user's model hides a shipped one of the same name.
 * Errors: those of `readManifest` for a folder with a damaged manifest.
 */
export async function listModels(environment: NodeJS.ProcessEnv = process.env): Promise<KeptModel[]> {
  const kept = [...(await modelsOf('shipped', environment)), ...(await modelsOf('user', environment))];
  const models = new Map(kept.map((model) => [model.manifest.name, model]));
  return [...models.values()].sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
}

async function modelsOf(origin: ModelOrigin, environment: NodeJS.ProcessEnv): Promise<KeptModel[]> {
  const place = origin === 'shipped' ? shippedModels() : userModels(environment);
  const models: KeptModel[] = [];
  for (const folder of place === null ? [] : await foldersIn(place)) {
    if (!existsSync(join(folder, MANIFEST_FILE))) continue;
    models.push({ folder, manifest: await readManifest(join(folder, MANIFEST_FILE)), origin });
  }
  return models;
}

/**
 * The folder in which this machine keeps a model that another one chose. What lies there may differ: check the weights.
 * Errors: `MODEL_MISSING`; those of `readManifest` for a folder with a damaged manifest.
 */
export async function keptFolder(
  name: string,
  origin: ModelOrigin,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const models = await modelsOf(origin, environment);
  const found = models.find(({ manifest }) => manifest.name === name);
  if (found) return found.folder;
  const place =
    origin === 'shipped' ? 'beside the program of this worker' : "in this worker's folder of models";
  throw new SpatileError(
    'MODEL_MISSING',
    `${name}: there is no model of that name ${place} (${models.map(({ manifest }) => manifest.name).join(', ') || 'none is there'}); expected the one that the run was started with; ${origin === 'shipped' ? 'install the same version of spatile' : 'copy its folder there, or set SPATILE_MODELS'} on every machine`,
    { fields: { model: name } },
  );
}

async function foldersIn(place: string): Promise<string[]> {
  const entries = await readdir(place, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(place, entry.name))
    .sort();
}

/** The model of a name. Errors: `MODEL_MISSING` with the nearest name that is there. */
export async function findModel(
  name: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<KeptModel> {
  const models = await listModels(environment);
  const found = models.find(({ manifest }) => manifest.name === name);
  if (found) return found;
  const names = models.map(({ manifest }) => manifest.name);
  const near = nearestWord(name, names);
  throw new SpatileError(
    'MODEL_MISSING',
    `${name}: there is no model of that name (${names.length === 0 ? 'none is installed' : `installed: ${names.join(', ')}`}); expected ${near === null ? 'an installed model' : `perhaps ${near}`}; add it with spatile models add FILE.onnx --manifest MODEL.yaml`,
    { fields: { model: name } },
  );
}

/**
 * Copies a network and its manifest into the user's folder, after checking both; an earlier one of that name goes only when
 * `replace` says so. `checked` tells whether its graphs were opened, which takes the runtime.
 * Errors: those of `readManifest`, `verifyFile` and `checkGraphs`, `OUTPUT_EXISTS`.
 */
export async function addModel(
  onnx: string,
  manifestPath: string,
  options: { replace: boolean; environment?: NodeJS.ProcessEnv },
): Promise<KeptModel & { checked: boolean }> {
  const read = await readManifest(manifestPath);
  // Its files are copied into a folder of its own.
  const manifest = { ...read, weights: { ...read.weights, beside: null } };
  const store = userModels(options.environment);
  const folder = join(store, manifest.name);
  if (existsSync(folder) && !options.replace) {
    throw new SpatileError(
      'OUTPUT_EXISTS',
      `${folder}: a model of that name is there (${manifest.name}); expected a new name; add --replace to put this one in its place`,
    );
  }
  await verifyFile(onnx, manifest.weights.sha256);
  for (const { file, sha256 } of manifest.weights.externalData) {
    await verifyFile(join(dirname(onnx), file), sha256);
  }
  const arriving = join(store, `.${manifest.name}-${process.pid}`);
  await mkdir(arriving, { recursive: true });
  let checked: boolean;
  try {
    await copyWeights(onnx, manifest, arriving);
    checked = await checkGraphs(arriving, manifest);
    await writeFile(join(arriving, MANIFEST_FILE), stringify(manifest));
    await rm(folder, { recursive: true, force: true });
    await rename(arriving, folder);
  } finally {
    await rm(arriving, { recursive: true, force: true });
  }
  return { folder, manifest, origin: 'user', checked };
}

async function copyWeights(onnx: string, manifest: ModelManifest, to: string): Promise<void> {
  const files = [
    [onnx, manifest.weights.file],
    ...manifest.weights.externalData.map(({ file }) => [join(dirname(onnx), file), file]),
  ];
  for (const [from, name] of files) await copyFile(from, join(to, name));
}
