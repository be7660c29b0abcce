import type { Instances } from './method.ts';

/**
 * Leaves of every label its largest 8-connected piece, drops what is smaller than `minPixels`, and numbers what is left
 * from 1 in the order of the labels. Of pieces of one size the one that begins in the upper row, then further left, stays.
 *
 * `labels`: rows x columns, 0 background; changed in place. `scores`: score of label i + 1, one per label.
 * Cost: one visit per labelled pixel.
 */
export function tidy(
  labels: Int32Array,
  rows: number,
  columns: number,
  scores: ArrayLike<number>,
  minPixels: number,
): Instances {
  const { pieceOf, label, size } = pieces(labels, rows, columns);
  const best = new Int32Array(scores.length + 1);
  for (let piece = 1; piece < label.length; piece++) {
    const kept = best[label[piece]];
    if (size[piece] >= minPixels && (kept === 0 || size[piece] > size[kept])) best[label[piece]] = piece;
  }
  const number = new Int32Array(label.length);
  const kept: number[] = [];
  for (let of = 1; of < best.length; of++) {
    if (best[of] === 0) continue;
    kept.push(scores[of - 1]);
    number[best[of]] = kept.length;
  }
  for (let at = 0; at < labels.length; at++) labels[at] = number[pieceOf[at]];
  return { rows, columns, labels, scores: Float32Array.from(kept) };
}

/** 8-connected pieces of equal label, numbered from 1 in reading order of their first pixel; entry 0 is the background. */
function pieces(labels: Int32Array, rows: number, columns: number) {
  const pieceOf = new Int32Array(labels.length);
  const label = [0];
  const size = [0];
  let stack = new Int32Array(1024);
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] === 0 || pieceOf[start] !== 0) continue;
    const own = labels[start];
    const piece = label.length;
    label.push(own);
    let count = 0;
    let depth = 0;
    stack[depth++] = start;
    pieceOf[start] = piece;
    while (depth > 0) {
      const at = stack[--depth];
      count++;
      if (depth + 8 > stack.length) {
        const larger = new Int32Array(stack.length * 2);
        larger.set(stack);
        stack = larger;
      }
      const y = (at / columns) | 0;
      const x = at - y * columns;
      const x0 = x > 0 ? x - 1 : 0;
      const x1 = x < columns - 1 ? x + 1 : x;
      for (let r = y > 0 ? y - 1 : 0; r <= y + 1 && r < rows; r++) {
        for (let next = r * columns + x0; next <= r * columns + x1; next++) {
          if (labels[next] !== own || pieceOf[next] !== 0) continue;
          pieceOf[next] = piece;
          stack[depth++] = next;
        }
      }
    }
    size.push(count);
  }
  return { pieceOf, label, size };
}
