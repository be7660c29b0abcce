import { join } from 'node:path';
import { SpatileError } from '@spatile/formats/errors';
import { invalid, verifyWeights } from '@spatile/formats/model/read';
import { keptFolder } from '@spatile/formats/model/store';
import type { InferenceSession } from 'onnxruntime-node';
import { networkFits } from './fits.ts';
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

type Runtime = typeof import('onnxruntime-node');

/** One open network per weights and device: a worker runs the same one on every tile. */
const opened = new Map<string, Promise<Network>>();

/**
 * Opens the network of a manifest with one thread, or gives the one that is open. The runtime is loaded here and nowhere else.
 *
 * Errors: `RUNTIME_MISSING` without onnxruntime-node or the device, `MODEL_MISSING` for a model that is not kept here,
 * `INPUT_MISSING` and `MODEL_INVALID` for weights that
 * are not there, have another hash, are no ONNX or do not fit the manifest, `MEMORY_LIMIT` when a run does not fit.
 */
export function openNetwork(settings: NetworkSettings): Promise<Network> {
  const key = `${settings.provider} ${settings.manifest.weights.sha256} ${JSON.stringify(settings.folder)}`;
  const known = opened.get(key);
  if (known) return known;
  const opening = open(settings);
  opened.set(key, opening);
  opening.catch(() => opened.delete(key));
  return opening;
}

async function open({ manifest, folder: place, provider }: NetworkSettings): Promise<Network> {
  const folder = typeof place === 'string' ? place : await keptFolder(manifest.name, place.kept);
  await verifyWeights(folder, manifest);
  const path = join(folder, manifest.weights.file);
  const runtime = await loadRuntime();
  const session = await createSession(runtime, path, provider);
  networkFits(path, manifest, session);
  const { name } = manifest.input;
  return {
    async run({ data, shape }, outputs) {
      const results = await session
        .run({ [name]: new runtime.Tensor('float32', data, shape) }, [...outputs])
        .catch((cause) => {
          throw runFailure(path, shape, cause);
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
