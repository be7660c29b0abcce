import { openPixels, type PixelMemory } from '../../kernels/bind-pixels.ts';
import type { Instances } from './method.ts';

/**
 * Leaves of every label its largest 8-connected piece, drops what is smaller than `minPixels`, and numbers what is left
 * from 1 in the order of the labels. Of pieces of one size the one that begins in the upper row, then further left, stays.
 *
 * `labels`: rows x columns, 0 background; not changed. `scores`: score of label i + 1, one per label.
 * Cost: three passes over the pixels; memory: 4 bytes per pixel and 16 per run of equal labels in a row.
 */
export async function tidy(
  labels: Int32Array,
  rows: number,
  columns: number,
  scores: ArrayLike<number>,
  minPixels: number,
): Promise<Instances> {
  const memory = await openPixels();
  const at = memory.reserve({ labels: 4 * labels.length });
  memory.integers(at.labels, labels.length).set(labels);
  return tidyIn(memory, at.labels, rows, columns, scores, minPixels);
}

/** As `tidy`, of labels that lie in the memory of the kernels. */
export function tidyIn(
  memory: PixelMemory,
  labels: number,
  rows: number,
  columns: number,
  scores: ArrayLike<number>,
  minPixels: number,
): Instances {
  const { kernel } = memory;
  const most = scores.length;
  const n = kernel.countRuns(labels, rows, columns);
  const at = memory.behind({ runs: 16 * n, ofRow: 4 * (rows + 1), names: 4 * (most + 1) });
  const count = kernel.tidy(labels, rows, columns, at.runs, n, at.ofRow, at.names, most, minPixels);
  const names = memory.integers(at.names, most + 1);
  const kept = new Float32Array(count);
  for (let label = 1; label <= most; label++)
    if (names[label] > 0) kept[names[label] - 1] = scores[label - 1];
  return { rows, columns, labels: memory.integers(labels, rows * columns).slice(), scores: kept };
}
