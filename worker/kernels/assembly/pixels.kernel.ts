/**
 * Kernels over the pixels of one tile: smoothing, foreground, distance, seeds, flooding and sums over labels. Every array is
 * laid out by the caller (`bind-pixels.ts`) with at least 64 spare bytes behind it; nothing is allocated.
 */

export { above, cross, fillHoles } from './pixel-mask';
export { blocks, minimum, normalise, roughness, smooth } from './pixel-smooth';
export { distance } from './pixel-distance';
export { quantise, toMicrons } from './pixel-keys';
export { flood, localMaxima, prominent } from './pixel-flood';
export { measure, moments, rename, rowExtents, sumOver } from './pixel-regions';

/** First free byte of the linear memory. */

export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}
