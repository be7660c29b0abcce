/**
 * Kernels over the pixels of one tile: smoothing, foreground, distance, seeds, flooding, spreading, sums over labels, their pieces and
 * outlines, painting of stars. Every array is laid out by the caller (`bind-pixels.ts`) with at least 64 spare bytes behind it; nothing is
 * allocated.
 */

export { above, cross, fillHoles } from './pixel-mask';
export { blocks, minimum, normalise, roughness, smooth } from './pixel-smooth';
export { distance } from './pixel-distance';
export { quantise, toMicrons } from './pixel-keys';
export { flood, localMaxima, prominent } from './pixel-flood';
export { countRuns, tidy } from './pixel-pieces';
export { paintStars } from './pixel-stars';
export { countTurns, traceBorders } from './outline-borders';
export { chooseOutlines } from './outline-rings';
export { countPoints, drawLines } from './outline-lines';
export { countSegments, restoreCrossing } from './outline-crossings';
export { ridges, rims, spread } from './pixel-spread';
export { measure, moments, rename, rowExtents, sumOver } from './pixel-regions';

/** First free byte of the linear memory. */

export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}
