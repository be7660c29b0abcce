import type { OrderedInstances } from '../order.ts';
import { type Cells, METHOD_BOUNDARY, METHOD_NUCLEUS } from './compose.ts';

/** Share of a nucleus that links it to a cell of the boundary stain. */
const LINKED_SHARE = 0.5;
/** Share in each of two cells that divides a nucleus between them. */
const DIVIDED_SHARE = 0.3;

/**
 * Gives nuclei to the cells of the boundary stain. A nucleus at least half of which lies in a cell is that cell's; one of which
 * two cells hold at least three tenths each is divided along their border; all others become cells of their own, without an
 * outline yet. Cells: those of the boundary stain first, then the nuclei that are left, both in their order.
 */
export function linkNuclei(nuclei: OrderedInstances, boundary: OrderedInstances | null): Cells {
  const n = nuclei.scores.length;
  if (boundary === null) {
    return {
      nuclei: nuclei.labels,
      outlines: new Int32Array(nuclei.labels.length),
      method: new Uint8Array(n).fill(METHOD_NUCLEUS),
      nucleusCount: new Uint16Array(n).fill(1),
      scores: nuclei.scores,
    };
  }
  const shares = sharesOf(nuclei, boundary);
  const cells = boundary.scores.length;
  /** By nucleus: the cell it goes to, 0 = its own, -1 = divided. */
  const goes = new Int32Array(n + 1);
  let own = 0;
  const ownCell = new Int32Array(n + 1);
  for (let k = 1; k <= n; k++) {
    goes[k] = verdict(shares[k], nuclei.pixels[k - 1]);
    if (goes[k] === 0) ownCell[k] = cells + ++own;
  }
  const labels = new Int32Array(nuclei.labels.length);
  const outlines = Int32Array.from(boundary.labels);
  for (let i = 0; i < labels.length; i++) {
    const k = nuclei.labels[i];
    if (k === 0) continue;
    const cell = goes[k] === -1 ? boundary.labels[i] : goes[k] === 0 ? ownCell[k] : goes[k];
    labels[i] = cell;
    // A nucleus is its cell's as a whole; one that belongs elsewhere leaves a gap in the outline over it.
    if (goes[k] !== -1) outlines[i] = goes[k];
  }
  return { nuclei: labels, outlines, ...columnsOf(nuclei, boundary, shares, goes, cells + own) };
}

function columnsOf(
  nuclei: OrderedInstances,
  boundary: OrderedInstances,
  shares: Map<number, number>[],
  goes: Int32Array,
  total: number,
): Pick<Cells, 'method' | 'nucleusCount' | 'scores'> {
  const cells = boundary.scores.length;
  const method = new Uint8Array(total).fill(METHOD_BOUNDARY, 0, cells);
  const nucleusCount = new Uint16Array(total).fill(1, cells);
  const scores = new Float32Array(total);
  scores.set(boundary.scores);
  let own = cells;
  for (let k = 1; k < goes.length; k++) {
    if (goes[k] > 0) nucleusCount[goes[k] - 1]++;
    else if (goes[k] === -1) {
      // A pixel of it does not make it a cell's.
      for (const [cell, shared] of shares[k])
        if (shared >= DIVIDED_SHARE * nuclei.pixels[k - 1]) nucleusCount[cell - 1]++;
    } else scores[own++] = nuclei.scores[k - 1];
  }
  return { method, nucleusCount, scores };
}

/** Pixels of each nucleus by boundary cell. */
function sharesOf(nuclei: OrderedInstances, boundary: OrderedInstances): Map<number, number>[] {
  const shares = Array.from({ length: nuclei.scores.length + 1 }, () => new Map<number, number>());
  for (let i = 0; i < nuclei.labels.length; i++) {
    const [k, cell] = [nuclei.labels[i], boundary.labels[i]];
    if (k > 0 && cell > 0) shares[k].set(cell, (shares[k].get(cell) ?? 0) + 1);
  }
  return shares;
}

function verdict(shares: Map<number, number>, pixels: number): number {
  const ranked = [...shares].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  if (ranked.length > 1 && ranked[1][1] >= DIVIDED_SHARE * pixels) return -1;
  return ranked.length > 0 && ranked[0][1] >= LINKED_SHARE * pixels ? ranked[0][0] : 0;
}
