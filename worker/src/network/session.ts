import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import type { CellsamManifest } from '@spatile/formats/model/manifest';
import { invalid, verifyWeights } from '@spatile/formats/model/read';
import { keptFolder } from '@spatile/formats/model/store';
import type { InferenceSession } from 'onnxruntime-node';
import { masksFit, networkFits } from './fits.ts';
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

type Runtime = typeof import('onnxruntime-node');

/** Graphs that are open, by weights, file and device: a worker runs the same ones on every tile. */
const opened = new Map<string, Promise<Graph>>();

/**
 * Opens the network of a manifest with one thread, or gives the one that is open. The runtime is loaded here and nowhere else.
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

type Check = (path: string, session: InferenceSession) => void;

function openGraph(settings: NetworkSettings, file: string, check: Check): Promise<Graph> {
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
  check: Check,
): Promise<Graph> {
  const folder = typeof place === 'string' ? place : await keptFolder(manifest.name, place.kept);
  await verifyWeights(folder, manifest);
  const path = join(folder, file);
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

async function loadRuntime(): Promise<Runtime> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new SpatileError(
      'RUNTIME_MISSING',
      'onnxruntime-node: the program that runs networks is not installed (the module cannot be loaded); expected version 1.30.0; run npm install onnxruntime-node@1.30.0 --onnxruntime-node-install=skip, or use segment.method watershed',
      { cause },
    );
  }
}

async function createSession(
  runtime: Runtime,
  path: string,
  provider: 'cpu' | 'cuda',
): Promise<InferenceSession> {
  if (provider === 'cuda' && !runtime.listSupportedBackends().some(({ name }) => name === 'cuda')) {
    throw new SpatileError(
      'RUNTIME_MISSING',
      'onnxruntime-node: it cannot use a GPU here (no CUDA provider in this build); expected one; install onnxruntime-node with its CUDA libraries, or set segment.provider to cpu',
    );
  }
  try {
    return await runtime.InferenceSession.create(path, {
      executionProviders: [provider],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
  } catch (cause) {
    const reason = reasonOf(cause);
    if (/cuda|cudnn|gpu/i.test(reason) && provider === 'cuda') {
      throw new SpatileError(
        'RUNTIME_MISSING',
        `onnxruntime-node: the GPU cannot be used (${reason}); expected a CUDA device and its libraries; set segment.provider to cpu`,
        { cause },
      );
    }
    throw invalid(
      path,
      'the file is no network that can be run',
      reason,
      'an ONNX graph of standard operators',
    );
  }
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

/** The first line of a native message, without the paths of the machine it was built on. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text.split('\n')[0].replace(/(\/[\w.-]+){2,}/g, '…') || 'no reason given').slice(0, 200);
}
