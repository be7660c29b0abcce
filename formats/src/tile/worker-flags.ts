/** Head room of V8's heap below the memory limit: buffers and WebAssembly memory live outside of it. */
const HEAP_SHARE = 0.5;

/**
 * Flags of Node for a process that computes tiles: a heap of half its memory, at least 256 MiB, and no threads for garbage, so that it
 * keeps to one processor. There are as many such processes as processors; V8's helpers would only take turns with them. It may collect
 * garbage between tasks.
 * @param memoryBytes limit of the process.
 */
export function workerFlags(memoryBytes: number): string[] {
  const heapMiB = Math.max(256, Math.floor((memoryBytes * HEAP_SHARE) / 2 ** 20));
  return [`--max-old-space-size=${heapMiB}`, '--single-threaded-gc', '--expose-gc'];
}

/**
 * Environment of such a process: that of this one, and one arena for all of its memory instead of one for each thread of the C
 * library (glibc), where pieces that one thread gave back lie idle while another takes new ones. Whoever has set it otherwise is heard.
 */
export function workerEnvironment(): NodeJS.ProcessEnv {
  return { MALLOC_ARENA_MAX: '1', ...process.env };
}
