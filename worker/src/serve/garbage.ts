/** Memory in buffers, bytes, from which on those that nobody needs are given up after a task. */
const MOST_BUFFER_BYTES = 32 * 2 ** 20;

/**
 * Frees what a task left in buffers. V8 sees how small they are on its heap and lets those of many tasks pile up: a worker
 * would grow with the number of its tasks. Takes some 10 ms; does nothing where V8 shows no collector (`workerFlags`).
 */
export function freeBuffers(): void {
  if (process.memoryUsage().arrayBuffers > MOST_BUFFER_BYTES) globalThis.gc?.();
}
