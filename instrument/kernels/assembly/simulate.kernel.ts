/**
 * The inner loops of the simulator: cutting outlines, placing transcripts, finding the vendor's nearest nucleus. Numbers
 * are f64 and only added, multiplied, divided and rooted, so that results are the same bytes on every engine. Arrays are
 * laid out by the modules of `instrument/src/simulate` that call.
 */
export { seed } from './random';
export { cutRadii } from './outlines';
export { turnTo, bear, bornX, bornY, bornZ } from './births';
export { begin, drift, emit, leakDistance, scatter, setCell, takeRows } from './emission';
export { beginMap, cellRing, fillMap, foundDistance, locate, locateAll } from './nuclei';

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}
