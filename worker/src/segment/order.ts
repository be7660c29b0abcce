import type { Instances, Planes } from './method.ts';

/** Instances in an order that every tile agrees on: by (row, column) of their centre of mass. */
export interface OrderedInstances {
  /** 0 background, 1..n in that order. */
  labels: Int32Array;
  scores: Float32Array;
  /** Centre of mass in grid pixels of the slide (pixel centres at .5), and number of pixels. */
  x: Float64Array;
  y: Float64Array;
  pixels: Uint32Array;
}

/**
 * Orders instances and drops those that are small or have no pixel. Sums are of whole numbers, so exact: an instance that two
 * tiles see in full has the same centre in both.
 */
export function orderInstances(
  { labels, scores }: Pick<Instances, 'labels' | 'scores'>,
  planes: Pick<Planes, 'rows' | 'columns' | 'row0' | 'column0'>,
  minPixels: number,
): OrderedInstances {
  const { sumX, sumY, pixels } = momentsOf(labels, scores.length, planes);
  const kept: number[] = [];
  for (let k = 0; k < scores.length; k++) if (pixels[k] > 0 && pixels[k] >= minPixels) kept.push(k);
  const x = (k: number): number => sumX[k] / pixels[k] + 0.5;
  const y = (k: number): number => sumY[k] / pixels[k] + 0.5;
  kept.sort((a, b) => y(a) - y(b) || x(a) - x(b) || pixels[a] - pixels[b] || a - b);
  const rank = new Int32Array(scores.length + 1);
  kept.forEach((k, i) => {
    rank[k + 1] = i + 1;
  });
  return {
    labels: labels.map((label) => rank[label]),
    scores: Float32Array.from(kept, (k) => scores[k]),
    x: Float64Array.from(kept, x),
    y: Float64Array.from(kept, y),
    pixels: Uint32Array.from(kept, (k) => pixels[k]),
  };
}

/** Sums of absolute columns and rows, and numbers of pixels, of labels 1..n. */
export function momentsOf(
  labels: Int32Array,
  n: number,
  { rows, columns, row0, column0 }: Pick<Planes, 'rows' | 'columns' | 'row0' | 'column0'>,
): { sumX: Float64Array; sumY: Float64Array; pixels: Uint32Array } {
  const sumX = new Float64Array(n);
  const sumY = new Float64Array(n);
  const pixels = new Uint32Array(n);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const k = labels[at] - 1;
      if (k < 0) continue;
      sumX[k] += column0 + column;
      sumY[k] += row0 + row;
      pixels[k]++;
    }
  }
  return { sumX, sumY, pixels };
}
