import type { Window } from './input.ts';

/**
 * Most pixels a fully convolutional network sees at once: its memory is 60 MiB and, by measure, 125 to 250 MiB per megapixel.
 */
const MAX_PIXELS = 3 * 1024 * 1024;

/** A strip of a tile: the rows it answers for and the window the network sees for them. */
export interface Strip {
  firstRow: number;
  endRow: number;
  window: Window;
}

/**
 * Cuts a tile into strips of rows that each fit the memory. A strip sees `margin` more rows above and below, as far as the
 * tile goes, so that with a margin of the receptive field its answer is that of the whole tile, bit for bit.
 *
 * `step`: origin, height and width of every window are multiples of it.
 */
export function strips(rows: number, columns: number, step: number, margin: number): Strip[] {
  const up = (n: number): number => Math.ceil(n / step) * step;
  const width = up(columns);
  const halo = up(margin);
  const most = Math.floor(MAX_PIXELS / width / step) * step;
  if (up(rows) <= most) {
    return [{ firstRow: 0, endRow: rows, window: { row: 0, column: 0, rows: up(rows), columns: width } }];
  }
  const core = Math.max(step, most - 2 * halo);
  const cut: Strip[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += core) {
    const endRow = Math.min(rows, firstRow + core);
    const row = Math.max(0, firstRow - halo);
    const end = Math.min(up(rows), up(endRow) + halo);
    cut.push({ firstRow, endRow, window: { row, column: 0, rows: end - row, columns: width } });
  }
  return cut;
}
