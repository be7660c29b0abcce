import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { type GraphCheck, masksFit, networkFits } from '@spatile/formats/model/fits';
import type { CellsamManifest } from '@spatile/formats/model/manifest';
import { invalid, verifyWeights, weightsFolder } from '@spatile/formats/model/read';
import { createSession, loadRuntime, reasonOf } from '@spatile/formats/model/runtime';
import { keptFolder } from '@spatile/formats/model/store';
import type { NetworkSettings } from './settings.ts';

/** A tensor of a network: row-major float32 with its shape. */
export interface Dense {
  data: Float32Array;
  shape: readonly number[];
}

/** An opened network. */
export interface Network {
  /** Runs it on one input; the outputs that were asked for, by name. */
  run(input: Dense, outputs: readonly string[]): Promise<Record<string, Dense>>;
}

/** An opened graph of several inputs. */
export interface Graph {
  /** Runs it on inputs by name; the outputs that were asked for, by name. */
  run(inputs: Readonly<Record<string, Dense>>, outputs: readonly string[]): Promise<Record<string, Dense>>;
}

/** Graphs that are open, by weights, file and device: a worker runs the same ones on every tile. */
const opened = new Map<string, Promise<Graph>>();

/**
 * Opens the network of a manifest with one thread, or gives the one that is open.
 *
 * Errors: `RUNTIME_MISSING` without onnxruntime-node or the device, `MODEL_MISSING` for a model that is not kept here,
 * `INPUT_MISSING` and `MODEL_INVALID` for weights that
 * are not there, have another hash, are no ONNX or do not fit the manifest, `MEMORY_LIMIT` when a run does not fit.
 */
export async function openNetwork(settings: NetworkSettings): Promise<Network> {
  const { manifest } = settings;
  const graph = await openGraph(settings, manifest.weights.file, (path, session) =>
    networkFits(path, manifest, session),
  );
  const { name } = manifest.input;
  return { run: (input, outputs) => graph.run({ [name]: input }, outputs) };
}

/** Opens the second graph of a `cellsam` network. Errors: as `openNetwork`. */
export function openMasks(settings: NetworkSettings<CellsamManifest>): Promise<Graph> {
  const { decode, weights } = settings.manifest;
  if (weights.externalData.some(({ file }) => file === decode.masks))
    return openGraph(settings, decode.masks, masksFit);
  throw invalid(
    decode.masks,
    'the manifest does not give its hash',
    'weights.externalData has no such file',
    'an entry for it',
  );
}

function openGraph(settings: NetworkSettings, file: string, check: GraphCheck): Promise<Graph> {
  const { manifest, folder, provider } = settings;
  const key = `${provider} ${manifest.weights.sha256} ${file} ${JSON.stringify(folder)}`;
  const known = opened.get(key);
  if (known) return known;
  const opening = open(settings, file, check);
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return opening;
}

async function open(
  { manifest, folder: place, provider }: NetworkSettings,
  file: string,
  check: GraphCheck,
): Promise<Graph> {
  const folder = typeof place === 'string' ? place : await keptFolder(manifest.name, place.kept);
  await verifyWeights(folder, manifest);
  const path = join(weightsFolder(folder, manifest), file);
  const runtime = await loadRuntime();
  const session = await createSession(runtime, path, provider);
  check(path, session);
  return {
    async run(inputs, outputs) {
      const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [
        name,
        new runtime.Tensor('float32', data, shape),
      ]);
      const results = await session.run(Object.fromEntries(feeds), [...outputs]).catch((cause) => {
        throw runFailure(path, Object.values(inputs)[0].shape, cause);
      });
      return Object.fromEntries(
        outputs.map((output) => {
          const { data, dims } = results[output];
          return [output, { data: data as Float32Array, shape: dims }];
        }),
      );
    },
  };
}

function runFailure(path: string, shape: readonly number[], cause: unknown): SpatileError {
  const reason = reasonOf(cause);
  const asked = shape.join(' x ');
  if (/alloc|memory/i.test(reason)) {
    return new SpatileError(
      'MEMORY_LIMIT',
      `${path}: the network does not fit the memory (${asked} values of input: ${reason}); expected a smaller tile; lower plan.tileSizeUm`,
      { cause },
    );
  }
  return invalid(path, `the network fails on an input of ${asked}`, reason, 'a graph that takes this shape');
}
