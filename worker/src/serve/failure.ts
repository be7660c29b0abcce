import { isSpatileError } from '@spatile/formats/errors';
import type { WireError } from '@spatile/formats/tile/protocol';

/** What V8 and WebAssembly say when memory cannot be had. */
const OUT_OF_MEMORY =
  /allocation failed|out of memory|could not allocate|Invalid typed array length|memory\.grow/i;

/** Any thrown value as plain data: memory that could not be had is `MEMORY_LIMIT`, everything unforeseen is `INTERNAL`. */
export function wireError(error: unknown): WireError {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  if (isSpatileError(error)) {
    const { code, message, fields, retryable } = error;
    return { code, message, fields: { ...fields }, retryable, stack };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RangeError && OUT_OF_MEMORY.test(message)) {
    return {
      code: 'MEMORY_LIMIT',
      message: `the worker ran out of memory (${message}); expected the tile to fit; give workers more memory or choose smaller tiles`,
      fields: {},
      retryable: true,
      stack,
    };
  }
  return { code: 'INTERNAL', message, fields: {}, retryable: false, stack };
}
