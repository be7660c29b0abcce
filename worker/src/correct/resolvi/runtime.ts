import { SpatileError } from '@spatile/formats/errors';
import type { ResolviProvider } from '@spatile/formats/tile/resolvi';
import type { InferenceSession } from 'onnxruntime-node';

/** A value fed to a graph: row-major float32 with its shape. */
export interface Fed {
  data: Float32Array;
  shape: readonly number[];
}

/** A graph that is ready to run. */
export interface OpenGraph {
  run(inputs: Readonly<Record<string, Fed>>): Promise<Record<string, Float32Array>>;
  close(): Promise<void>;
}

/**
 * Opens a graph on one thread, on which the same inputs give the same bytes.
 * Errors: `RUNTIME_MISSING` without onnxruntime-node or the device.
 */
export async function openGraph(
  bytes: Uint8Array<ArrayBuffer>,
  provider: ResolviProvider,
): Promise<OpenGraph> {
  const { InferenceSession, Tensor } = await runtime();
  const options = {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  } satisfies InferenceSession.SessionOptions;
  const session = await InferenceSession.create(bytes, options).catch((cause) => {
    throw provider === 'cuda' ? missing('it cannot use a GPU here', 'a CUDA device', 'cuda', cause) : cause;
  });
  return {
    async run(inputs) {
      const feeds = Object.entries(inputs).map(
        ([name, { data, shape }]) => [name, new Tensor('float32', data, shape)] as const,
      );
      const results = await session.run(Object.fromEntries(feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
      );
    },
    close: () => session.release(),
  };
}

async function runtime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw missing('it is not installed', 'version 1.30.0', 'cpu', cause);
  }
}

const missing = (what: string, expected: string, provider: ResolviProvider, cause: unknown): SpatileError =>
  new SpatileError(
    'RUNTIME_MISSING',
    `onnxruntime-node: ${what} (needed by resolvi); expected ${expected}; ${
      provider === 'cuda'
        ? 'set correct.resolvi.provider to cpu'
        : 'run npm install onnxruntime-node@1.30.0 --onnxruntime-node-install=skip, or leave resolvi out of correct.methods'
    }`,
    { cause },
  );
