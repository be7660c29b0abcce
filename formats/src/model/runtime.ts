import type { InferenceSession } from 'onnxruntime-node';
import { SpatileError } from '../errors.ts';
import { invalid } from './read.ts';

/** The program that runs networks, loaded where one is opened and nowhere else. */
export type NetworkRuntime = typeof import('onnxruntime-node');

/** Loads the optional dependency. Errors: `RUNTIME_MISSING`. */
export async function loadRuntime(): Promise<NetworkRuntime> {
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

/** Opens a graph with one thread. Errors: `MODEL_INVALID` for a file that is no network, `RUNTIME_MISSING` without the device. */
export async function createSession(
  runtime: NetworkRuntime,
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

/** The first line of a native message, without the paths of the machine it was built on. */
export function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return (text.split('\n')[0].replace(/(\/[\w.-]+){2,}/g, '…') || 'no reason given').slice(0, 200);
}
