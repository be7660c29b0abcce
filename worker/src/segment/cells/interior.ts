import type { Cells } from './compose.ts';
import { METHOD_INTERIOR, METHOD_NUCLEUS } from './compose.ts';

/** A cell of the interior stain is at least so many times its nucleus. */
const LEAST_GROWTH = 1.2;
/** Steps along and across pixels in fifths of a pixel edge (Borgefors 1986). */
const STRAIGHT = 5;
const DIAGONAL = 7;

/**
 * Grows nuclei without an outline through the interior stain: every pixel of it goes to the nucleus that is nearest by a way
 * within the stain, at most `limitPx`, and never into other outlines; ties to the lower cell. Nuclei whose cell is hardly larger
 * than they are keep no outline. In place.
 *
 * @param interior 1 where the stain is.
 */
export function interiorCells(
  { nuclei, outlines, method }: Cells,
  interior: Uint8Array,
  columns: number,
  rows: number,
  limitPx: number,
): void {
  const flooded = flood(nuclei, outlines, method, interior, columns, rows, Math.floor(limitPx * STRAIGHT));
  const nucleus = new Uint32Array(method.length);
  const basin = new Uint32Array(method.length);
  for (let i = 0; i < flooded.length; i++) {
    const cell = flooded[i];
    if (cell === 0) continue;
    basin[cell - 1]++;
    if (nuclei[i] === cell) nucleus[cell - 1]++;
  }
  const taken = method.map((how, k) =>
    how === METHOD_NUCLEUS && basin[k] >= LEAST_GROWTH * nucleus[k] && basin[k] > 0 ? 1 : 0,
  );
  for (let i = 0; i < flooded.length; i++) {
    const cell = flooded[i];
    if (cell > 0 && taken[cell - 1] === 1) outlines[i] = cell;
  }
  for (let k = 0; k < method.length; k++) if (taken[k] === 1) method[k] = METHOD_INTERIOR;
}

/** Labels by geodesic distance: fronts of one distance after the other, a pixel to the lowest cell that reaches it first. */
function flood(
  nuclei: Int32Array,
  outlines: Int32Array,
  method: Uint8Array,
  interior: Uint8Array,
  columns: number,
  rows: number,
  limit: number,
): Int32Array {
  const labels = new Int32Array(nuclei.length);
  const distance = new Uint16Array(nuclei.length).fill(0xffff);
  const fronts: number[][] = Array.from({ length: limit + 1 }, () => []);
  for (let i = 0; i < nuclei.length; i++) {
    const cell = nuclei[i];
    if (cell === 0 || outlines[i] !== 0 || method[cell - 1] !== METHOD_NUCLEUS) continue;
    labels[i] = cell;
    distance[i] = 0;
    fronts[0].push(i);
  }
  for (let d = 0; d <= limit; d++) {
    for (const i of fronts[d]) {
      if (distance[i] !== d) continue;
      const x = i % columns;
      const y = (i - x) / columns;
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if ((dx === 0 && dy === 0) || x + dx < 0 || x + dx >= columns || y + dy < 0 || y + dy >= rows)
            continue;
          const to = i + dy * columns + dx;
          const next = d + (dx === 0 || dy === 0 ? STRAIGHT : DIAGONAL);
          if (next > limit || interior[to] === 0 || outlines[to] !== 0 || nuclei[to] !== 0) continue;
          if (next > distance[to] || (next === distance[to] && labels[to] <= labels[i])) continue;
          if (next < distance[to]) fronts[next].push(to);
          distance[to] = next;
          labels[to] = labels[i];
        }
      }
    }
    fronts[d] = [];
  }
  return labels;
}
