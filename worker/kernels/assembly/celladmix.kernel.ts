/** Heavy loops of cellAdmix: neighbours of molecules, factors of their neighbourhoods, labels. Nothing is allocated. */
export { linked, nearest } from './nearest';
export { updateFactors } from './factors';
export { joinMolecules, labelMolecules } from './field';

/** First free byte of the linear memory. */
export function memoryStart(): usize {
  return (__heap_base + 63) & ~63;
}
