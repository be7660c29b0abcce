import type { PixelWindow } from './lattice.ts';
import type { Runs } from './runs.ts';

/** Writes `label` on the pixels of a shape that lie in the window and are still 0. */
export function paintFree(labels: Int32Array, window: PixelWindow, runs: Runs, label: number): void {
  const { column0, row0, width, height } = window;
  for (let i = 0; i < runs.y.length; i++) {
    const row = runs.y[i] - row0;
    if (row < 0 || row >= height) continue;
    const from = Math.max(0, runs.x[i] - column0);
    const to = Math.min(width, runs.x[i] + runs.length[i] - column0);
    for (let k = row * width + from; k < row * width + to; k++) if (labels[k] === 0) labels[k] = label;
  }
}

/** Runs of several labels, sorted by (label, y, x). Runs of label k are `start[k]` to `start[k+1] - 1`. */
export interface LabelRuns {
  start: Uint32Array;
  y: Int32Array;
  x: Int32Array;
  length: Uint32Array;
}

/**
 * Cuts a label raster into runs along x, in columns and rows of the slide-wide lattice.
 * `wanted[k]` = 1 for the labels to report (label 0 never is).
 */
export function labelRuns(labels: Int32Array, window: PixelWindow, wanted: Uint8Array): LabelRuns {
  const start = new Uint32Array(wanted.length + 1);
  eachRun(labels, window, (label) => {
    if (wanted[label] === 1) start[label + 1]++;
  });
  for (let k = 0; k < wanted.length; k++) start[k + 1] += start[k];
  const at = start.slice();
  const total = start[wanted.length];
  const out = { start, y: new Int32Array(total), x: new Int32Array(total), length: new Uint32Array(total) };
  eachRun(labels, window, (label, row, from, to) => {
    if (wanted[label] !== 1) return;
    const i = at[label]++;
    out.y[i] = window.row0 + row;
    out.x[i] = window.column0 + from;
    out.length[i] = to - from;
  });
  return out;
}

function eachRun(
  labels: Int32Array,
  { width, height }: PixelWindow,
  visit: (label: number, row: number, from: number, to: number) => void,
): void {
  for (let row = 0, at = 0; row < height; row++, at += width) {
    for (let from = 0; from < width; ) {
      const label = labels[at + from];
      let to = from + 1;
      while (to < width && labels[at + to] === label) to++;
      if (label > 0) visit(label, row, from, to);
      from = to;
    }
  }
}
