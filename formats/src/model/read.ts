import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { SpatileError } from '../errors.ts';
import { type ModelManifest, modelManifest } from './manifest.ts';

/** A manifest is a page of text; more is no manifest. */
const MAX_MANIFEST_BYTES = 64 * 1024;
/** The largest network that is read: Cellpose-SAM in 32 bits is 1.2 GiB. */
const MAX_WEIGHT_BYTES = 4 * 1024 ** 3;

/**
 * Reads and checks a manifest.
 * Errors: `INPUT_MISSING` when it is not there, `MODEL_INVALID` when it is too long, no YAML, or breaks the schema.
 */
export async function readManifest(path: string): Promise<ModelManifest> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) {
    throw new SpatileError(
      'INPUT_MISSING',
      `${path}: there is no manifest (nothing of that name, or no file); expected a model.yaml; see docs/models.md`,
    );
  }
  if (found.size > MAX_MANIFEST_BYTES) {
    throw invalid(path, 'the file is too long for a manifest', `${found.size} bytes`, 'a page of YAML');
  }
  let value: unknown;
  try {
    value = parse(await readFile(path, 'utf8'), { maxAliasCount: 0 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw invalid(path, 'the manifest is no YAML', reason, 'a mapping of fields');
  }
  const parsed = modelManifest.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(
    path,
    'the manifest breaks the schema',
    firstIssue(parsed.error),
    'the fields of docs/models.md',
  );
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  const at = issue.path.join('.');
  return at === '' ? issue.message : `${at}: ${issue.message}`;
}

/**
 * Checks that the files a manifest names lie in `folder` and are the ones it was written for; gives their size in bytes.
 * Errors: `INPUT_MISSING` for a file that is not there, `MODEL_INVALID` for one that is too big or whose hash differs.
 */
export async function verifyWeights(folder: string, manifest: ModelManifest): Promise<number> {
  let bytes = 0;
  for (const { file, sha256 } of [manifest.weights, ...manifest.weights.externalData]) {
    const path = join(weightsFolder(folder, manifest), file);
    await verifyFile(path, sha256);
    bytes += (await stat(path)).size;
  }
  return bytes;
}

/** The folder of a model's weights. @param folder that of its manifest. */
export const weightsFolder = (folder: string, { weights }: Pick<ModelManifest, 'weights'>): string =>
  weights.beside === null ? folder : join(folder, '..', weights.beside);

/** Checks one file of weights. Errors as `verifyWeights`. */
export async function verifyFile(path: string, sha256: string): Promise<void> {
  const found = await sha256Of(path);
  if (found !== sha256) {
    throw invalid(path, 'the weights are not those of the manifest', `SHA-256 ${found}`, sha256);
  }
}

async function sha256Of(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) {
    throw new SpatileError(
      'INPUT_MISSING',
      `${path}: the weights are missing (no such file); expected the ONNX file that the manifest names; see docs/models.md`,
    );
  }
  if (found.size > MAX_WEIGHT_BYTES) {
    throw invalid(path, 'the file is too big', `${found.size} bytes`, `at most ${MAX_WEIGHT_BYTES}`);
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** The one sentence of a model that cannot be used. */
export function invalid(path: string, wrong: string, found: string, expected: string): SpatileError {
  return new SpatileError(
    'MODEL_INVALID',
    `${path}: ${wrong} (${found}); expected ${expected}; correct the manifest or convert the model again (docs/models.md)`,
    { fields: { file: basename(path), folder: dirname(path) } },
  );
}
