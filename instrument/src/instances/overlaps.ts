/** Pixels shared by true and predicted instances, and how large each is. Instances are numbered from 0 by rising label. */
export interface Overlaps {
  trueAreas: Uint32Array;
  predictedAreas: Uint32Array;
  /** Pairs that share pixels, by true instance, then by predicted one. */
  pairs: { truth: Uint32Array; predicted: Uint32Array; pixels: Uint32Array };
}

/**
 * Counts the pixels shared by the instances of two label images of one shape; 0 is background, labels need not be
 * consecutive. Memory: three numbers per pair, not per pixel. Errors: RangeError for images of unequal length.
 */
export function overlapsOf(truth: ArrayLike<number>, predicted: ArrayLike<number>): Overlaps {
  if (truth.length !== predicted.length)
    throw new RangeError(`label images of ${truth.length} and ${predicted.length} pixels`);
  const trueNames = namesOf(truth);
  const predictedNames = namesOf(predicted);
  const trueAreas = new Uint32Array(trueNames.size);
  const predictedAreas = new Uint32Array(predictedNames.size);
  const shared = new Map<number, number>();
  for (let i = 0; i < truth.length; i++) {
    const t = truth[i] === 0 ? -1 : trueNames.get(truth[i])!;
    const p = predicted[i] === 0 ? -1 : predictedNames.get(predicted[i])!;
    if (t >= 0) trueAreas[t]++;
    if (p >= 0) predictedAreas[p]++;
    if (t < 0 || p < 0) continue;
    const pair = t * predictedNames.size + p;
    shared.set(pair, (shared.get(pair) ?? 0) + 1);
  }
  const sorted = Float64Array.from(shared.keys()).sort();
  return {
    trueAreas,
    predictedAreas,
    pairs: {
      truth: Uint32Array.from(sorted, (pair) => Math.floor(pair / predictedNames.size)),
      predicted: Uint32Array.from(sorted, (pair) => pair % predictedNames.size),
      pixels: Uint32Array.from(sorted, (pair) => shared.get(pair)!),
    },
  };
}

function namesOf(labels: ArrayLike<number>): Map<number, number> {
  const seen = new Set<number>();
  for (let i = 0; i < labels.length; i++) if (labels[i] !== 0) seen.add(labels[i]);
  return new Map([...seen].sort((a, b) => a - b).map((label, i) => [label, i]));
}
