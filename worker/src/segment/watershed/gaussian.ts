import { exp } from '@spatile/random/elementary';

/** One half of a Gaussian filter, the centre first, cut at three standard deviations; with its other half it sums to 1. */
export function gaussianWeights(sigmaPx: number): Float32Array {
  const radius = Math.ceil(3 * sigmaPx);
  const raw = Array.from({ length: radius + 1 }, (_, k) =>
    k === 0 ? 1 : exp(-(k * k) / (2 * sigmaPx * sigmaPx)),
  );
  const sum = raw.reduce((total, weight, k) => total + (k === 0 ? 1 : 2) * weight, 0);
  return Float32Array.from(raw, (weight) => weight / sum);
}
