import type { RectUm } from '@spatile/formats/space';

/** Microns around the square that was judged, so that its outer cells are seen whole. */
const MARGIN_UM = 6;
/** F1 of several results on one grid of squares, row by row from the top left. */
export interface SquareScores {
  x0: number;
  y0: number;
  sizeUm: number;
  columns: number;
  rows: number;
  /** By result, then by square; NaN where there is none, or too few transcripts. */
  f1: readonly ArrayLike<number>[];
}

export interface CloseWindow {
  id: string;
  title: string;
  /** What is shown, in microns, and the square of the grid within. */
  frame: RectUm;
  square: number;
}

/**
 * The squares with the lowest, the median and the highest mean F1 over the results, and with several results that in which
 * they differ most; fewer where one square would be shown twice. The first of equals is taken.
 */
export function chooseWindows(scores: SquareScores): CloseWindow[] {
  const squares = usableSquares(scores);
  if (squares.length === 0) return [];
  const chosen: CloseWindow[] = [];
  const add = (id: string, title: string, square: number): void => {
    if (!chosen.some((window) => window.square === square))
      chosen.push({ id, title, square, frame: frameOf(scores, square) });
  };
  const ordered = squares.slice().sort((a, b) => a.mean - b.mean || a.square - b.square);
  add('worst', 'The worst square', ordered[0].square);
  add('typical', 'A typical square', ordered[(ordered.length - 1) >> 1].square);
  add('best', 'The best square', ordered[ordered.length - 1].square);
  if (scores.f1.length > 1) {
    const widest = squares.reduce((most, each) => (each.spread > most.spread ? each : most));
    if (widest.spread > 0) add('split', 'Where the results differ most', widest.square);
  }
  return chosen;
}

function usableSquares({
  f1,
  columns,
  rows,
}: SquareScores): { square: number; mean: number; spread: number }[] {
  return Array.from({ length: columns * rows }, (_, square) => {
    const values = f1.map((of) => of[square]);
    return {
      square,
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      spread: Math.max(...values) - Math.min(...values),
    };
  }).filter(({ mean }) => Number.isFinite(mean));
}

function frameOf({ x0, y0, sizeUm, columns }: SquareScores, square: number): RectUm {
  const left = x0 + (square % columns) * sizeUm;
  const top = y0 + Math.floor(square / columns) * sizeUm;
  return {
    x0: left - MARGIN_UM,
    y0: top - MARGIN_UM,
    x1: left + sizeUm + MARGIN_UM,
    y1: top + sizeUm + MARGIN_UM,
  };
}
