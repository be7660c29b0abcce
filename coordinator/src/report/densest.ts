import type { RectUm } from '@spatile/formats/space';
import type { CellColumns } from './slide.ts';

/** Windows are looked for on a lattice of a fifth of their size. */
const STEPS = 5;

/**
 * The square of `sizeUm` whose cells hold the most transcripts, counting a cell where its centroid lies; the upper left one of
 * equals. Null without cells.
 */
export function densestSquare(cells: CellColumns, sizeUm: number): RectUm | null {
  const stepUm = sizeUm / STEPS;
  const squares = new Map<string, number>();
  for (const [key, n] of transcriptsPerBin(cells, stepUm)) {
    const [by, bx] = parse(key);
    // Every square that holds the bin gets its transcripts.
    for (let dy = 0; dy < STEPS; dy++)
      for (let dx = 0; dx < STEPS; dx++) {
        const square = `${by - dy} ${bx - dx}`;
        squares.set(square, (squares.get(square) ?? 0) + n);
      }
  }
  let best: { by: number; bx: number; n: number } | null = null;
  for (const [key, n] of squares) {
    const [by, bx] = parse(key);
    if (best === null || n > best.n || (n === best.n && (by < best.by || (by === best.by && bx < best.bx))))
      best = { by, bx, n };
  }
  if (best === null) return null;
  const [x0, y0] = [best.bx * stepUm, best.by * stepUm];
  return { x0, y0, x1: x0 + sizeUm, y1: y0 + sizeUm };
}

function transcriptsPerBin({ x, y, transcripts }: CellColumns, stepUm: number): Map<string, number> {
  const bins = new Map<string, number>();
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(x[i] + y[i])) continue;
    const key = `${Math.floor(y[i] / stepUm)} ${Math.floor(x[i] / stepUm)}`;
    bins.set(key, (bins.get(key) ?? 0) + transcripts[i]);
  }
  return bins;
}

const parse = (key: string): number[] => key.split(' ').map(Number);
